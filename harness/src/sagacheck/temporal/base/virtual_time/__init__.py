"""The event loop whose time jumps, and what real time it waits for."""

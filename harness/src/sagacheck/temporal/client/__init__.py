"""Clients of the simulated service: the SDK's own, and a faster one for two of its calls."""

"""What every other part of the simulated Temporal builds on, and what needs none of them."""

"""The invariants, a file for each family."""

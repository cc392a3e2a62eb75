"""A trip that returns how it went, as a sentence."""

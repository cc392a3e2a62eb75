"""Commands that serve fakes, and their options."""

"""The command ``orders``: what a person types, and what it says."""

from orders.cli.commands import commands, main

__all__ = ["commands", "main"]

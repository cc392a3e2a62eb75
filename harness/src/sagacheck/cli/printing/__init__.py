"""What searches, simulations and lists look like in a terminal, and as JSON."""

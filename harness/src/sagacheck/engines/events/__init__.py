"""What clients, operators and services do to an order that is played, and their answers."""

"""A restaurant: an update places the order and answers."""

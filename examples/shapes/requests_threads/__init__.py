"""An order of flowers, by blocking ``requests`` in threads."""

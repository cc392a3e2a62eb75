"""A purchase whose workflow takes six positional arguments."""

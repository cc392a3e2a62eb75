"""The attempts of activities in a worker, those of local activities among them."""

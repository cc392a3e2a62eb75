"""Reading and writing YAML, with places."""

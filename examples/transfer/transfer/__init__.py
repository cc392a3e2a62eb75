"""A transfer of money between two accounts."""

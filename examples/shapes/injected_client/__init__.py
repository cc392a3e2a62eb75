"""A transfer of money, by a class of activities with an injected client."""

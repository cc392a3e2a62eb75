"""A purchase order that a manager approves before each step."""

"""A booking of tickets, in SQLite through an async driver."""

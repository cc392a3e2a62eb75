"""The server engine: a real Temporal server."""

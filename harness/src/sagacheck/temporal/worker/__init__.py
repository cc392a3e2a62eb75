"""What a worker does: it runs workflow code and activity functions, and replays what it evicted."""

"""What a scenario file may say, as models."""

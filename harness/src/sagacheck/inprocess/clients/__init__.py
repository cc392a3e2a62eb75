"""HTTP clients beside httpx whose requests the caller's world answers, where a team uses them."""

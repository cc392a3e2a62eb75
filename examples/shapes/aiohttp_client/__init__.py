"""A weekend, by aiohttp."""

"""A subscription, by a blocking client library in ``asyncio.to_thread``."""

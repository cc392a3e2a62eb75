"""A rental with a child workflow and activities on task queues of their own."""

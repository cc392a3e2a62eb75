"""The same world served over HTTP, with control routes, a write-ahead log and recovery."""

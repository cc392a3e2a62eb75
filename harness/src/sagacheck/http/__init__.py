"""The same world served over HTTP, with control routes, a write-ahead log and recovery."""

from sagacheck.http.command import serve_command

__all__ = ["serve_command"]

"""The server: runs of workflows, their histories, and what their commands and tasks do to them.

Files that are cited are those of the repository ``temporalio/temporal``.
"""

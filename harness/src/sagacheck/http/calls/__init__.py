"""Calls of workers in other processes."""

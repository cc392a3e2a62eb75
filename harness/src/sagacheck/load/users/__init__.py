"""Simulated users: which orders they place, what they do to them, and what they learn.

Modules are imported one by one: `customer` imports Locust, which patches the whole process.
"""

"""Simulated users: the orders that they place, their actions, and the answers that they get.

Modules are imported one by one: `customer` imports Locust, which patches the whole process.
"""

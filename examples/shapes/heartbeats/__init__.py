"""A shipment whose packing heartbeats."""

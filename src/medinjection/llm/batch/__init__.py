"""A provider's batch interface: many requests in one file, answered later at a lower price."""

"""Asking language models: one description of a model, the client, batches, journals, limits, servers of open models."""

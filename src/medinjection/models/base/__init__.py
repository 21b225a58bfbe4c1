"""Base models: fetched, loaded, and merged with an adapter."""

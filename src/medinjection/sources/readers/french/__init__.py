"""Upstreams in French, one module for each."""

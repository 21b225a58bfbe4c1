"""Upstreams in English, one module for each."""

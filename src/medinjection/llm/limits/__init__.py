"""Limits that hold over all jobs of a run: money, and requests and tokens per minute."""

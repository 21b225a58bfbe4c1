"""Upstream sources: the registry, fetching their files, and one reader per source, which turns them into records."""

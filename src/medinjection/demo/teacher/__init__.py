"""The scripted teacher: an answering machine that speaks through litellm like any provider."""

"""Putting questions to a language model: requests, conversations, prompts, shards."""

"""The small bilingual knowledge base, and its facts in words."""

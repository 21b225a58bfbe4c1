"""Quality of the synthetic items, as LLM judges see it."""

"""Scores of open answers: text metrics and LLM judges."""

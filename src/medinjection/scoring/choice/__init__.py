"""Scores of multiple-choice answers."""

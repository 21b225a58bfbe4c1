"""Answers that can be given to another site without the texts of the questions, and joined there with its own copy."""

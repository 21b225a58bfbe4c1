"""Scores of parts of the questions: by specialty, with or without a clinical case, negated stems, and so on."""

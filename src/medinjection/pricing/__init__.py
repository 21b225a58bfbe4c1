"""What language models will cost and have cost."""

"""How long open answers are, and whether longer ones are judged better."""

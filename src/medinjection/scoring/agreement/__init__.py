"""How far automatic scores of open answers agree with a physician, and what that makes the ratings worth."""

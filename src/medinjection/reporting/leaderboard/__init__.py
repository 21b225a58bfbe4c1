"""The leaderboard: models beside each other, as tables, a page, and a block for a model's card."""

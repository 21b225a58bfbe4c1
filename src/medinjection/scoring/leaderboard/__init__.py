"""Models beside each other: one line a model, and evaluations of several runs and machines in one place."""

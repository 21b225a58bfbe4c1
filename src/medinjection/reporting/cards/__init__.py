"""The data card and the model cards."""

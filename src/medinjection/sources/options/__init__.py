"""Answer options in the forms in which upstream writes them."""

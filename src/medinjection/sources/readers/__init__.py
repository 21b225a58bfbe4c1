"""One module for each upstream: from its files to raw items."""

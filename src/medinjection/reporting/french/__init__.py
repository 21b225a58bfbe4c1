"""French, the other language of the pages."""

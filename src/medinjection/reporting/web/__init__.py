"""What the pages of a run share: colours, tables, zoom, and the scripts for them."""

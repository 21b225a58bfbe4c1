"""The page and the csv on which a physician rates answers."""

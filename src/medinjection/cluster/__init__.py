"""Running on a Slurm cluster: what a site calls things, what it offers, and going on after a kill."""

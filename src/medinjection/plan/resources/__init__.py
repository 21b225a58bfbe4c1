"""What the jobs of a run ask of a cluster, how many there are, and how long they take."""

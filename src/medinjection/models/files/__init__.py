"""What lies in a model's folder: adapters, stamps of unfinished work, facts of the run."""

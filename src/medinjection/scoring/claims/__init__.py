"""The paper's claims as tested hypotheses, on a run's numbers and on the published ones."""

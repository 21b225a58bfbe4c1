"""Fingerprints of the code that a rule uses, so that an edit reruns what it concerns and no more."""

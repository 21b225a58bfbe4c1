"""The questions of an evaluation in the formats of other evaluation programs, so that others check our numbers."""

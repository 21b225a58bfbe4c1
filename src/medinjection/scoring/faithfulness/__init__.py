"""Whether an open answer keeps the numbers, units and negations of its reference: a screen, no clinical judgement."""

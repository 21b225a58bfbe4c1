"""The journal: every answer of a language model, written as it arrives, so that none is paid for twice."""

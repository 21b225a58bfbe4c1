"""The lenient reading of answers: text without decoration, patterns of lists and cues, claims, one set of letters."""

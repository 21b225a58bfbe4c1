"""Models that reason before they answer: what their reasoning looks like, and the answers that stand behind it."""

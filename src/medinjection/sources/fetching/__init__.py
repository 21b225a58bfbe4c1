"""Bringing upstream files into a folder, and proving that they are the right ones."""

"""The authors' own release, in both of its forms."""

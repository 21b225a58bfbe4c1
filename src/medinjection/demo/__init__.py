"""The demonstration: a knowledge base, and the corpora, teacher, server and tiny model made from it.

Its own programs, tests and benchmarks import it, nothing else does.
"""

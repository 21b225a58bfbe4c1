"""The training mixes: what each is made of, and drawing it from the components."""

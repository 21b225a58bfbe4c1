"""What a person is told of a run: how it differs from the paper's, its stand-ins, models about to be switched off."""

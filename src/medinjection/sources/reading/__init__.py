"""Reading upstream files, whatever their format."""

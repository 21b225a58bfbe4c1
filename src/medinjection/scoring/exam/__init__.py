"""Choice questions as a French medical examiner marks them, and answer keys that are suspect."""

"""Every key of the configuration: its type, its default, what it means; a module for each section."""

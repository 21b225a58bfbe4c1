"""A server for an open model, started inside the job that asks it."""

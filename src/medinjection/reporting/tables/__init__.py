"""The paper's tables beside the published values, and the audit of both."""

"""The scripted server over the loopback interface, for tests that put requests to it."""

from contextlib import contextmanager
from pathlib import Path

from medinjection.demo.server.process import scripted_server_process

KNOWLEDGE_BASE = Path(__file__).resolve().parents[2] / "resources" / "knowledge_base.yaml"


@contextmanager
def scripted_server(echo=False, faults=None, **numbers):
    """Give the running server: `.url` (with /v1), `.counts(ids=False)`, `.set_faults(shares)`."""
    with scripted_server_process(None if echo else KNOWLEDGE_BASE, faults, **numbers) as server:
        yield server

"""The scripted server over the loopback interface, for tests that put requests to it."""

import json
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from medinjection.demo.server.process import scripted_server_process
from support.waiting import PATIENCE_SECONDS

KNOWLEDGE_BASE = Path(__file__).resolve().parents[2] / "resources" / "knowledge_base.yaml"
TRANSLATE = "Translate the values of this JSON object from English into French."


@contextmanager
def scripted_server(echo=False, faults=None, **numbers):
    """Give the running server: `.url` (with /v1), `.counts(ids=False)`, `.set_faults(shares)`."""
    with scripted_server_process(None if echo else KNOWLEDGE_BASE, faults, **numbers) as server:
        yield server


def body(text, system=TRANSLATE):
    """Return the body of a request that has a question translated."""
    asked = json.dumps({"question": text})
    return {"model": "t", "messages": [{"role": "system", "content": system}, {"role": "user", "content": asked}]}


def post(url, data, headers=None, timeout=PATIENCE_SECONDS):
    """Post `data`, bytes or a value for JSON, and return the value that comes back."""
    content = data if isinstance(data, bytes) else json.dumps(data).encode()
    request = urllib.request.Request(url, data=content, headers=headers or {})
    with urllib.request.urlopen(request, timeout=timeout) as reply:
        return json.load(reply)


def get(url):
    """Return the bytes behind `url`."""
    with urllib.request.urlopen(url) as reply:
        return reply.read()

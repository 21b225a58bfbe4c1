"""Validate an RO-Crate without a network: `PYTHON validate_crate.py TERMS CACHE FOLDER`; PYTHON has roc-validator.

TERMS is a JSON file, address of a JSON-LD context -> the terms of it that our crates use. The validator takes contexts
from its cache, which is filled with them.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter, HTTPAdapter
from requests_cache import CachedSession
from urllib3 import HTTPResponse

PROFILE = "workflow-run-crate-0.5"


class _Contexts(BaseAdapter):
    """Answers with the contexts that are given, and with nothing else."""

    def __init__(self, contexts: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__()
        self._contexts = contexts

    def send(self, request: PreparedRequest, **_: object) -> Response:
        body = json.dumps({"@context": self._contexts[request.url]}).encode()
        headers = {"Content-Type": "application/ld+json"}
        raw = HTTPResponse(BytesIO(body), headers=headers, status=200, preload_content=False, request_url=request.url)
        return HTTPAdapter().build_response(request, raw)

    def close(self) -> None:
        pass


def main() -> None:
    """Fill the cache and run the validator; end with its status."""
    terms, cache, folder = map(Path, sys.argv[1:])
    contexts = json.loads(terms.read_text(encoding="utf-8"))
    session = CachedSession(str(cache), backend="sqlite", expire_after=-1)
    session.mount("https://", _Contexts(contexts))
    for address in contexts:
        session.get(address).raise_for_status()
    session.close()
    program = Path(sys.executable).with_name("rocrate-validator")
    command = [
        sys.executable,
        program,
        "-y",
        "validate",
        "--offline",
        "--cache-path",
        cache,
        "-p",
        PROFILE,
        "-f",
        "json",
        folder,
    ]
    sys.exit(subprocess.run(command).returncode)


if __name__ == "__main__":
    main()

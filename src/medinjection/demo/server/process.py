"""The scripted server as a process of its own, for the time of a `with` block."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SECONDS_TO_STOP = 10.0


class RunningServer:
    """A scripted server that runs: `url` (with /v1) is what a client is given as its endpoint."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._root = url.removesuffix("/v1")

    def counts(self, ids: bool = False) -> dict[str, Any]:
        """Return the server's own counts; with `ids` also how often each id was answered."""
        with urllib.request.urlopen(f"{self._root}/counts{'?ids=1' if ids else ''}") as reply:
            return json.load(reply)

    def set_faults(self, shares: Mapping[str, float]) -> None:
        """Replace the shares of faults."""
        urllib.request.urlopen(f"{self._root}/faults", data=json.dumps(dict(shares)).encode()).close()


@contextmanager
def scripted_server_process(
    knowledge: Path | str | None = None, faults: Mapping[str, float] | None = None, **numbers: float
) -> Iterator[RunningServer]:
    """Start the server on a free port, wait until it is ready, and stop it however the block ends.

    Args:
        knowledge: path of the knowledge base file; None answers everything with one short text.
        numbers: further flags of the program, such as latency=0.05.

    Raises:
        RuntimeError: the server ends before it is ready; what it said is on standard error.
    """
    command = [sys.executable, "-m", "medinjection.demo.server.http_server", "--with-parent"]
    command += ["--faults", json.dumps(dict(faults or {}))]
    command += ["--echo"] if knowledge is None else ["--knowledge", str(knowledge)]
    for name, value in numbers.items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().strip() if process.stdout else ""
            if not url:
                raise RuntimeError(f"the scripted server ended with status {process.wait()} before it was ready")
            yield RunningServer(url)
        finally:
            process.terminate()
            try:
                process.wait(_SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                process.kill()

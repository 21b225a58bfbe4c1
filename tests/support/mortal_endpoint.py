"""An OpenAI-compatible endpoint in a process of its own, which may die in the middle of its work."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.endpoint import serving
from support.waiting import wait_until


@contextmanager
def mortal_endpoint(folder: Path, port: int = 0, dies_at: int | None = None) -> Iterator["MortalEndpoint"]:
    """Give a running endpoint that answers B to everything.

    Args:
        folder: where it notes every text that it is asked.
        port: on which it listens; 0 for any that is free.
        dies_at: number of the request at which it kills itself, with all that it is answering then.
    """
    folder.mkdir()
    command = [sys.executable, "-m", "support.mortal_endpoint", folder, str(port), str(dies_at or 0)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[1], stdin=subprocess.PIPE) as process:
        try:
            wait_until((folder / "url").exists, "the endpoint listens")
            yield MortalEndpoint(process, folder)
        finally:
            process.kill()


class MortalEndpoint:
    """A running endpoint, or what it leaves behind."""

    def __init__(self, process: subprocess.Popen, folder: Path) -> None:
        self.url = (folder / "url").read_text(encoding="utf-8")
        self.port = int(self.url.split(":")[2].split("/")[0])
        self._process, self._asked = process, folder / "asked"

    def died(self) -> bool:
        return self._process.poll() == -signal.SIGKILL

    def asked(self) -> list[str]:
        """Return every text that it was asked, in order."""
        lines = self._asked.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]


def _serve(folder: Path, port: int, dies_at: int) -> None:
    def reply(messages, number):
        with open(folder / "asked", "a", encoding="utf-8") as asked:
            asked.write(json.dumps(messages[-1]["content"]) + "\n")
        if number == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return "B"

    with serving(reply, port) as endpoint:
        (folder / "url.partial").write_text(endpoint.url, encoding="utf-8")
        os.replace(folder / "url.partial", folder / "url")
        sys.stdin.read()  # ends with the process that started it


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))

"""Stand-ins for Slurm's commands, which say and do what a test tells them; the real ones are in tests/cluster."""

import os
from pathlib import Path


class FakeSlurm:
    """Programs in a folder that comes first in PATH; each writes down how it was called."""

    def __init__(self, folder: Path, monkeypatch) -> None:
        folder.mkdir()
        self.folder = folder
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.delenv("SLURM_JOB_ID", raising=False)

    def says(self, program: str, *texts: str, error: str = "", status: int = 0) -> None:
        """Let `program` say `texts`, the first time the first and from the last on always that."""
        for number, text in enumerate(texts or ("",)):
            (self.folder / f"{program}.{number}").write_text(text, encoding="utf-8")
        path = self.folder / program
        path.write_text(
            f"""#!/bin/sh
cd {self.folder}
calls=$(grep -c '^{program} ' calls 2>/dev/null)
echo {program} "$@" >> calls
last={max(len(texts), 1) - 1}
[ "${{calls:-0}}" -lt $last ] && last=${{calls:-0}}
cat {program}.$last
[ -z "{error}" ] || echo "{error}" >&2
exit {status}
""",
            encoding="utf-8",
        )
        path.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        """How the programs were called, in order."""
        path = self.folder / "calls"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

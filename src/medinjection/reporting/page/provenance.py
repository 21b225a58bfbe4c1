"""The page's section on where its numbers come from: versions, and each file's checksum and command."""

import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medinjection import __version__
from medinjection.records.files import sha256_of
from medinjection.reporting.facts import ModelFacts


def provenance_facts(models: Sequence[ModelFacts], files: Sequence[Path], command: str) -> dict[str, Any]:
    """Return what the template shows of programs and files.

    Args:
        files: what the page was made of, by the paths that Snakemake knows.
        command: makes the whole run again; with the path of a file before its flags, that file.
    """
    program, _, flags = command.partition(" ")
    return {
        "versions": _versions(models),
        "files": [
            {
                "name": f"{path.parent.name}/{path.name}",
                "sha256": sha256_of(path),
                "command": f"{program} {path} {flags}",
            }
            for path in sorted(set(files))
        ],
    }


def _versions(models: Sequence[ModelFacts]) -> list[tuple[str, str]]:
    """Return name and version of this package, of Python and of what the models were made with."""
    found = {"medinjection": {__version__}, "python": {platform.python_version()}}
    for model in models:
        said = model.run.get("versions", {})
        for name, version in said.items() if isinstance(said, dict) else ():
            found.setdefault(str(name), set()).add(str(version))
    return [(name, ", ".join(sorted(versions))) for name, versions in sorted(found.items())]

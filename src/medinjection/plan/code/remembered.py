"""Fingerprints kept between the calls of Snakemake: working them out takes longer than all the rest of planning."""

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from medinjection.plan.code.fingerprint import code_fingerprint

_FILE = "code_fingerprints.json"


class RememberedFingerprints:
    """Fingerprints of scripts, worked out once for each state of the code.

    They are kept in one file with the checksum of all code that they were worked out from; after any edit they are
    worked out anew. Where the file cannot be read or written they are worked out each time.
    """

    def __init__(self, script_folder: Path | str, source_root: Path | str, folder: Path | str) -> None:
        """Read what is remembered of this state of the code.

        Args:
            script_folder: the folder of the scripts.
            source_root: the folder that holds the package (`src`).
            folder: where they are kept.
        """
        self._scripts, self._sources = Path(script_folder), Path(source_root)
        self._file = Path(folder) / _FILE
        self._state = _state_of(self._scripts, self._sources)
        self._found: dict[str, str] = {}
        with suppress(OSError, ValueError, TypeError, KeyError):
            kept = json.loads(self._file.read_text(encoding="utf-8"))
            if kept["state"] == self._state:
                self._found = dict(kept["fingerprints"])

    def of(self, script: str, also: Sequence[str] = ()) -> str:
        """Return the fingerprint of a script of the folder; see `code_fingerprint`."""
        name = " ".join([script, *also])
        if name not in self._found:
            self._found[name] = code_fingerprint(self._scripts / script, self._sources, also)
            self._keep()
        return self._found[name]

    def _keep(self) -> None:
        """Write all that is known, under another name first: several processes may do so at once."""
        text = json.dumps({"state": self._state, "fingerprints": self._found}, indent=0, sort_keys=True)
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            descriptor, partial = tempfile.mkstemp(dir=self._file.parent, prefix=f".{_FILE}.")
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(partial, self._file)


def _state_of(*folders: Path) -> str:
    """Return the SHA-256 of the names and contents of all files below some folders, compiled ones apart."""
    digest = hashlib.sha256()
    for folder in folders:
        paths = sorted(path for path in folder.rglob("*") if path.suffix != ".pyc" and path.is_file())
        for path in paths:
            content = path.read_bytes()
            digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()

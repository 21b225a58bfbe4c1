"""Data beside a page. A browser lets a page opened from a file load no data, but scripts: each file is one call.

It hands over the name of the file, the kind of its content, and the content as base64 of gzip.
"""

import base64
import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from medinjection.records.files import write_text

# Name of the function of data.js that every file calls.
_RECEIVER = "received"


@dataclass(frozen=True, slots=True)
class Packs:
    """The folder of the data. Names may hold `/`."""

    folder: Path

    def write_json(self, name: str, value: object) -> None:
        """Write a value as JSON to `<name>.js`."""
        content = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        self._write(name, "json", content.encode("utf-8"))

    def write_array(self, name: str, values: np.ndarray) -> None:
        """Write an array of unsigned integers to `<name>.js`, row by row and with the lowest byte first."""
        kind = f"u{values.dtype.itemsize}"
        self._write(name, kind, np.ascontiguousarray(values, dtype=f"<{kind}").tobytes())

    def _write(self, name: str, kind: str, content: bytes) -> None:
        text = base64.b64encode(gzip.compress(content, compresslevel=6, mtime=0)).decode("ascii")
        write_text(self.folder / f"{name}.js", f'{_RECEIVER}("{name}","{kind}","{text}")\n')

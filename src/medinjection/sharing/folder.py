"""A shared folder: which records it is about, by id and hash of their texts, and which files it holds."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from medinjection.records.errors import InputError
from medinjection.records.files import sha256_of, write_text

RECORDS = "records.parquet"
MANIFEST = "manifest.json"
_LAYOUT = "medinjection-fr shared answers, layout 1"

# One row per evaluation record, in the order of the run; sealed: its licence does not let its texts be given away.
SHARED_RECORD_SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("task", pa.string(), nullable=False),
        pa.field("licence", pa.string(), nullable=False),
        pa.field("text_sha256", pa.string(), nullable=False),
        pa.field("sealed", pa.bool_(), nullable=False),
    ]
)


def write_manifest(folder: Path, about: Mapping[str, Any]) -> None:
    """Write the list of a shared folder's files with their sizes in bytes and SHA-256, and what `about` says of it."""
    files = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
        for path in _files(folder)
    }
    content = {"layout": _LAYOUT, **about, "files": files}
    write_text(folder / MANIFEST, json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n")


def check_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a shared folder.

    Raises:
        InputError: there is none, it is of another layout, or files are missing, changed or not listed.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read, expected the manifest of a shared folder ({error})") from error
    if not isinstance(manifest, dict) or manifest.get("layout") != _LAYOUT:
        raise InputError(f"{path}: expected layout {_LAYOUT!r}, as share_answers.py writes it")
    expected: dict[str, Any] = manifest["files"]
    found = {file.relative_to(folder).as_posix(): file for file in _files(folder)}
    if missing := sorted(expected.keys() - found):
        raise InputError(f"{folder}: {missing[0]} is missing ({len(missing)} such files); ask for the folder again")
    if unknown := sorted(found.keys() - expected.keys()):
        raise InputError(f"{folder}: {unknown[0]} is not in {MANIFEST} ({len(unknown)} such files)")
    for name, file in found.items():
        if (digest := sha256_of(file)) != expected[name]["sha256"]:
            raise InputError(f"{file}: sha256 {digest}, expected {expected[name]['sha256']} as {MANIFEST} says")
    return manifest


@contextmanager
def new_folder(folder: Path, replaces_shared: bool) -> Iterator[Path]:
    """Give an empty sibling of `folder` to fill; it takes the name `folder` only if the block ends without error.

    Args:
        replaces_shared: an earlier shared folder is replaced as a whole: a file that is no longer shared does not stay.

    Raises:
        InputError: `folder` holds something else.
    """
    earlier = replaces_shared and (folder / MANIFEST).is_file()
    if not earlier and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: is there already, expected a new or an empty folder")
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        yield partial
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and path != folder / MANIFEST]

"""The manifest of fetched files: written by fetching, checked before reading."""

import json
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from medinjection.records.errors import InputError
from medinjection.records.files import sha256_of, write_text
from medinjection.records.schema import content_hash
from medinjection.sources.registry import Source, SourceFile

MANIFEST = "manifest.json"


def write_manifest(folder: Path, source: Source, files: Sequence[tuple[SourceFile, Path]]) -> None:
    """Write `folder/manifest.json`: what each file is, and whether it is the one that the registry pins.

    `matches_registry` is null where the registry knows no checksum.

    Args:
        files: the entry of the registry, and the path in `folder` of a file that it stands for.
    """
    entries = []
    for file, path in files:
        digest = sha256_of(path)
        entries.append(
            {
                "name": path.relative_to(folder).as_posix(),
                "bytes": path.stat().st_size,
                "sha256": digest,
                "matches_registry": None if file.sha256 is None else digest == file.sha256,
            }
        )
    content = {
        "source": source.name,
        "upstream": source.upstream,
        "revision": source.revision,
        "licence": source.licence,
        "files": entries,
    }
    write_text(folder / MANIFEST, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def fetched_files(folder: Path, source: Source) -> tuple[SourceFile, ...]:
    """Return the files of `source` that the manifest in `folder` names; all of them where there is no manifest.

    A file that stands for a pattern of the registry comes as an entry of its own, with all else that the pattern says.

    Raises:
        InputError: the manifest is no such file, is of another source, or a file is not the one that was fetched.
    """
    entries = _entries(folder, source)
    if entries is None:
        return source.files
    found: list[tuple[int, str, SourceFile]] = []
    for entry in entries:
        name = entry["name"]
        position = next((i for i, file in enumerate(source.files) if _stands_for(file, name)), None)
        if position is None:
            raise InputError(
                f"{folder / MANIFEST}: {name!r} is no file of {source.name} in the registry; fetch the source again"
            )
        _require_unchanged(folder / name, entry["sha256"])
        found.append((position, name, _concrete(source.files[position], name)))
    return tuple(file for _, _, file in sorted(found, key=lambda item: item[:2]))


def _concrete(file: SourceFile, name: str) -> SourceFile:
    """Return the file that a pattern stands for: how many rows each of them has is not known."""
    return replace(file, name=name, records=None) if file.is_pattern else file


def _stands_for(file: SourceFile, name: str) -> bool:
    """Say whether `name` is the file's, or matches its pattern, in which `*` stays within one part of the path."""
    patterns, parts = file.name.split("/"), name.split("/")
    return file.name == name or (
        file.is_pattern and len(patterns) == len(parts) and ".." not in parts and all(map(fnmatchcase, parts, patterns))
    )


def fetched_revision(folder: Path, source: Source) -> str | None:
    """Return the revision to be named in records: the registry's, or `files:<hash>` of the files that were fetched.

    The hash stands where the registry pins no commit and where the files are not those that it pins: a user's own,
    shortened or rendered files are never taken for upstream's. Nor is what comes from elsewhere: from PubMed, which
    revises its citations, or from another address.
    """
    entries = _entries(folder, source)
    if entries is None or (source.revision and all(_is_pinned(source, entry) for entry in entries)):
        return source.revision
    return f"files:{content_hash([[entry['name'], entry['sha256']] for entry in entries])}"


def registered_rows(folder: Path, source: Source) -> int | None:
    """Return how many rows the registry counts in the fetched files; None where it counts none of theirs.

    Raises:
        InputError: as `fetched_files`, but for the content of the files, which is not looked at.
    """
    names = [entry["name"] for entry in _entries(folder, source) or ()]
    fetched = [file for file in source.files if any(_stands_for(file, name) for name in names)]
    return sum(file.records or 0 for file in fetched) or None


def other_files(folder: Path, source: Source) -> tuple[str, ...]:
    """Return the names of the fetched files that are not the ones that the registry pins by checksum.

    Raises:
        InputError: as `registered_rows`.
    """
    return tuple(entry["name"] for entry in _entries(folder, source) or () if entry["matches_registry"] is False)


def _is_pinned(source: Source, entry: dict[str, Any]) -> bool:
    """Say whether a fetched file is, as far as is known, the one at the registry's commit."""
    file = next((file for file in source.files if _stands_for(file, entry["name"])), None)
    elsewhere = file is not None and (file.pubmed or (file.url and str(source.revision) not in file.url))
    return entry["matches_registry"] is not False and not elsewhere


def _entries(folder: Path, source: Source) -> list[dict[str, Any]] | None:
    """Return what the manifest in `folder` says of each file; None where there is no manifest."""
    path = folder / MANIFEST
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        keys = ("name", "sha256", "matches_registry")
        entries = [{key: entry[key] for key in keys} for entry in content["files"]]
        name = content["source"]
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path}: not a manifest written by fetch_source: {_shown(error)}") from error
    if name != source.name:
        raise InputError(f"{path}: holds files of {name}, expected {source.name}")
    return entries


def _require_unchanged(path: Path, digest: str) -> None:
    found = sha256_of(path) if path.is_file() else "no file"
    if found != digest:
        raise InputError(f"{path}: found {found}, expected the sha256 {digest} of the manifest; fetch the source again")


def _shown(error: Any) -> str:
    return f"missing key {error}" if isinstance(error, KeyError) else str(error)

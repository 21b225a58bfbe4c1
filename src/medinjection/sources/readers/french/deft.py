"""DEFT 2021: French clinical cases of the CAS corpus; documents to generate from.

Format (the folder that is handed out after an agreement is signed): one case per file in DEFT-cas-cliniques/*.txt;
distribution-corpus.txt with four TAB columns, of which the first is the name of the case's file and the last "train
2021" or "test 2021"; evaluations/ref-*-deft2021.txt with three TAB columns, of which the first is that name with .ann
for .txt and the second a specialty. Without the distribution all cases take the split of the registry; without the
evaluations they have no specialties. Lines with other columns say nothing of the cases of 2021.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from medinjection.records.errors import InputError
from medinjection.records.schema import Document, InvalidRecord
from medinjection.sources.items import RawItem, convert, document, files_to_read, text_of
from medinjection.sources.reading.file_formats import Row, read_lines, read_text
from medinjection.sources.registry import Source, SourceFile

_DISTRIBUTION, _SPECIALTIES = "distribution", "specialties"
_SPLITS = {"train 2021": "train", "test 2021": "test"}


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the documents of the files in `folder` and a reject for each file that makes none."""
    parts: dict[str, str] | None = None
    specialties: dict[str, dict[str, None]] = {}
    texts = []
    for file, path in files_to_read(folder, source):
        if file.subset == _DISTRIBUTION:
            parts = {name: part for name, _, _, part in _columns(path, 4)}
            if not set(parts.values()) & set(_SPLITS):
                raise InputError(f"{path}: no row's fourth column is one of {', '.join(_SPLITS)}")
        elif file.subset == _SPECIALTIES:
            for name, specialty, _ in _columns(path, 3):
                specialties.setdefault(Path(name).stem, {})[specialty] = None
        else:
            texts.append((file, path))
    if not texts:
        raise InputError(f"{folder}: no file DEFT-cas-cliniques/*.txt, expected the texts of the cases")
    for file, path in texts:
        labels = "|".join(specialties.get(path.stem, {})) or None
        yield from convert(source, _rows(path), partial(_document, source, file, parts, labels), "name")


def _columns(path: Path, count: int) -> Iterator[list[str]]:
    """Yield the fields of each line that has so many. Raises InputError where none has: upstream has changed."""
    fitting = 0
    for row in read_lines(path):
        fields = [field.strip() for field in row.values.split("\t")]
        if len(fields) == count:
            fitting += 1
            yield fields
    if not fitting:
        raise InputError(f"{path}: no line has the {count} columns expected, separated by TAB")


def _rows(path: Path) -> Iterator[Row]:
    for row in read_text(path):
        yield replace(row, values={"name": path.stem, "text": row.values})


def _document(
    source: Source, file: SourceFile, parts: Mapping[str, str] | None, labels: str | None, row: Mapping[str, Any]
) -> Document:
    name, text = text_of(row, "name"), text_of(row, "text")
    if parts is not None:
        part = parts.get(f"{name}.txt")
        if part is None:
            raise InvalidRecord("the case is not in distribution-corpus.txt")
        if part not in _SPLITS:
            raise InvalidRecord(f"not sampled: the case is in the part {part[:40]}")
        file = replace(file, split=_SPLITS[part])
    return document(source, file, name, text, labels)

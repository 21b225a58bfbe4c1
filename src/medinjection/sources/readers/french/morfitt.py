"""MORFITT: abstracts of French biomedical articles with one or more of twelve labels; documents to generate from.

Format (github.com/qanastek/MORFITT): tab-separated, without quoting; the labels in `specialities` are joined by "|".
An abstract may be in two splits: it is left in both.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from medinjection.records.schema import Document
from medinjection.sources.items import RawItem, convert, document, files_to_read, optional_text_of, text_of
from medinjection.sources.reading.file_formats import read_tsv
from medinjection.sources.registry import Source, SourceFile

_COLUMNS = ("identifier", "abstract", "specialities")


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the documents of the files in `folder` and a reject for each row that makes none."""
    for file, path in files_to_read(folder, source):
        yield from convert(source, read_tsv(path, _COLUMNS), partial(_document, source, file), "identifier")


def _document(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Document:
    upstream_id, text = text_of(row, "identifier"), text_of(row, "abstract")
    return document(source, file, upstream_id, text, optional_text_of(row, "specialities"))

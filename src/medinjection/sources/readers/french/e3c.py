"""E3C, French part: clinical cases published in journals; documents to generate from.

Format (github.com/hltfbk/E3C-Corpus, folder data_collection/French): one JSON object per file, the case in `text`.
Layers 1 and 2 are 249 cases; layer 3, without annotations of any kind, is not read. The corpus is none of the paper's
sources: it stands in for those that cannot be had without an agreement.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from medinjection.records.schema import Document
from medinjection.sources.items import RawItem, convert, document, files_to_read, text_of
from medinjection.sources.reading.file_formats import read_json_value
from medinjection.sources.registry import Source, SourceFile


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the documents of the files in `folder` and a reject for each file that makes none."""
    for file, path in files_to_read(folder, source):
        yield from convert(source, read_json_value(path), partial(_document, source, file), "id")


def _document(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Document:
    return document(source, file, text_of(row, "id"), text_of(row, "text"))

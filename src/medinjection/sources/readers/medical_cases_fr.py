"""medical-cases-fr: French open questions on clinical cases of medical examinations.

Format (huggingface.co/datasets/mlabonne/medical-cases-fr): parquet, splits train and eval. Of its seven columns only
the names `Specialite` and `Serie` could be verified; `Enonce` (statement) and `Reponse` (answer) are the likely names
of two others. A file with other names is refused with a message that lists both.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from medinjection.records.schema import Record
from medinjection.sources.items import RawItem, convert, files_to_read, open_record, optional_text_of, text_of
from medinjection.sources.reading import read_parquet
from medinjection.sources.registry import Source, SourceFile

_COLUMNS = ("Specialite", "Serie", "Enonce", "Reponse")


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the records of the files in `folder` and a reject for each row that makes none."""
    for file, path in files_to_read(folder, source):
        yield from convert(source, read_parquet(path, _COLUMNS), partial(_record, source, file), None)


def _record(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    return open_record(
        source,
        file,
        None,
        question=text_of(row, "Enonce"),
        answer=text_of(row, "Reponse"),
        specialty_raw=optional_text_of(row, "Specialite"),
    )

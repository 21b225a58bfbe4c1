"""medical-mqca-fr: French multiple-choice questions of medical examinations, by the author of medical-cases-fr.

Format (huggingface.co/datasets/mlabonne/medical-mqca-fr): parquet, splits train and eval. No column name could be
verified. Those expected here are the likely ones; a file with other names is refused with a message that lists both.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from medinjection.records.schema import Record
from medinjection.sources.items import RawItem, choice_record, convert, files_to_read, optional_text_of, text_of
from medinjection.sources.lettered_options import letter_indices, options_present, split_letters
from medinjection.sources.reading import read_parquet
from medinjection.sources.registry import Source, SourceFile

OPTION_COLUMNS = ("A", "B", "C", "D", "E")
_COLUMNS = ("Specialite", "Question", *OPTION_COLUMNS, "Reponse")


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the records of the files in `folder` and a reject for each row that makes none."""
    for file, path in files_to_read(folder, source):
        yield from convert(source, read_parquet(path, _COLUMNS), partial(_record, source, file), None)


def _record(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    options = options_present(row, OPTION_COLUMNS)
    return choice_record(
        source,
        file,
        None,
        question=text_of(row, "Question"),
        options=options,
        answer_indices=letter_indices(split_letters(text_of(row, "Reponse")), len(options), "Reponse"),
        specialty_raw=optional_text_of(row, "Specialite"),
    )

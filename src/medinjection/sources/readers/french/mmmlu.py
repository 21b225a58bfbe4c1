"""MMMLU in French: MMLU's test questions with four options, translated by people; six medical subjects of 57.

Format (hub openai/MMMLU, test/mmlu_FR-FR.csv): CSV with a header; Question, A, B, C, D, Answer (a letter), Subject;
other columns are not read. There are no ids. No row was seen here: the columns are as helm (MMMLUScenario) and
OpenCompass read them. Questions of the other subjects are set aside as "not sampled".
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from medinjection.records.schema import InvalidRecord, Record
from medinjection.sources.items import RawItem, choice_record, convert, files_to_read, option_texts, text_of
from medinjection.sources.options.lettered_options import letter_index
from medinjection.sources.reading.file_formats import read_csv
from medinjection.sources.registry import Source, SourceFile

# Those of the source `mmlu`, which has the same questions in English.
SUBJECTS = (
    "anatomy",
    "clinical_knowledge",
    "college_biology",
    "college_medicine",
    "medical_genetics",
    "professional_medicine",
)
_OPTIONS = ("A", "B", "C", "D")


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the records of the files in `folder` and a reject for each row that makes none."""
    for file, path in files_to_read(folder, source):
        rows = read_csv(path, ("Question", *_OPTIONS, "Answer", "Subject"), has_header=True)
        yield from convert(source, rows, partial(_record, source, file), None)


def _record(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    subject = text_of(row, "Subject")
    if subject not in SUBJECTS:
        raise InvalidRecord(f"not sampled: subject {subject}")
    question, options = text_of(row, "Question"), option_texts(row, _OPTIONS)
    answer = letter_index(row, "Answer", len(_OPTIONS))
    return choice_record(source, file, None, question, options, [answer], specialty_raw=subject)

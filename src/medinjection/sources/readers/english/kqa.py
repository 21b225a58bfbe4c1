"""K-QA: questions that patients asked an online clinic, with answers written by physicians.

Format (github.com/Itaymanes/K-QA, dataset/questions_w_answers.jsonl): JSON lines; `Question` and `Free_form_answer`
make the record. Upstream gives neither id nor split: the id is a hash of both texts. Upstream's other file,
questions.jsonl, has questions without answers and is not read.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from medinjection.records.schema import Record
from medinjection.sources.items import RawItem, convert, files_to_read, open_record, text_of
from medinjection.sources.reading.file_formats import read_json_lines
from medinjection.sources.registry import Source, SourceFile


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the records of the file in `folder` and a reject for each row that makes none."""
    for file, path in files_to_read(folder, source):
        yield from convert(source, read_json_lines(path), partial(_record, source, file), None)


def _record(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    return open_record(source, file, None, question=text_of(row, "Question"), answer=text_of(row, "Free_form_answer"))

"""DiaMED: French clinical cases with a chapter of the ICD-10; documents to generate from.

Format (huggingface.co/datasets/Dr-BERT/DiaMED, data.zip): JSON arrays splits/train.json, splits/validation.json and
splits/test.json with the case in `clinical_case`, the chapter in `icd-10`, and figures that are not needed. The names
of the files and of their keys are those that the authors' loader reads. Like that loader, rows without a chapter, with
several cases or without annotation are left out. Copies of the loaded set as parquet have the chapter as its number.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from medinjection.records.schema import Document, InvalidRecord
from medinjection.sources.items import RawItem, convert, document, files_to_read, text_of, value_of
from medinjection.sources.reading.file_formats import read_json_array, read_parquet, require_keys
from medinjection.sources.registry import Source, SourceFile

_KEYS = ("identifier", "clinical_case", "icd-10")
_LEFT_OUT = ("Plusieurs cas cliniques", "Aucune annotation")
# First code of each chapter, in the order of the loader's classes.
_CHAPTERS = (
    *("A00-B99", "C00-D49", "D50-D89", "E00-E89", "F01-F99", "G00-G99", "H00-H59", "H60-H95", "I00-I99", "J00-J99"),
    *("K00-K95", "L00-L99", "M00-M99", "N00-N99", "O00-O9A", "P00-P96", "Q00-Q99", "R00-R99", "S00-T88", "U00-U85"),
    *("V00-Y99", "Z00-Z99"),
)


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the documents of the files in `folder` and a reject for each row that makes none."""
    for file, path in files_to_read(folder, source):
        rows = read_parquet(path, _KEYS) if path.suffix == ".parquet" else read_json_array(path)
        yield from convert(source, require_keys(path, rows, _KEYS), partial(_document, source, file), "identifier")


def _document(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Document:
    chapter = _chapter(value_of(row, "icd-10"))
    return document(source, file, text_of(row, "identifier"), text_of(row, "clinical_case"), chapter)


def _chapter(value: Any) -> str:
    """Return the codes of a chapter, such as C00-D49. Raises InvalidRecord where the row has none."""
    # JSON written by pandas has NaN where there is nothing; it is not equal to itself.
    if value is None or value != value or value == "nan":
        raise InvalidRecord("not sampled: no chapter of the ICD-10")
    if type(value) is int and 0 <= value < len(_CHAPTERS):
        return _CHAPTERS[value]
    label = text_of({"icd-10": value}, "icd-10")
    if any(mark in label for mark in _LEFT_OUT):
        raise InvalidRecord(f"not sampled: {next(mark for mark in _LEFT_OUT if mark in label)}")
    codes = label.split()[0]
    if codes not in _CHAPTERS:
        raise InvalidRecord(f"icd-10 is {label[:40]!r}, expected a chapter such as 'C00-D49  Neoplasms'")
    return codes

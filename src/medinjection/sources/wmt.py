"""WMT biomedical: English passages with their French translations, as instructions to translate.

Three forms (`subset` of the registry's files):
- `sentences` (github.com/fyvo/WMT-Biomed-Test): test sets of WMT 2016 to 2020, one sentence a line, `<set>.en` beside
  `<set>.fr`. A set's name tells in which direction its authors translated; here English is always the passage and
  French the answer.
- `cases` (github.com/biomedical-translation-corpora/corpora, ClinicalCasesWithEval.zip): five clinical cases of 2022,
  abstract (AB) and full text (FT). Their two sides have other lines, so that each is paired as a whole.
- `official` (the shared task's Medline test sets): `medline_<direction>_<language>.txt` with three TAB columns,
  document, number and sentence; `<direction>_align_validation.tsv` with four, status, document, and the numbers of the
  source and of the target sentences, joined by commas; where `<direction>_mapping.txt` is there, it gives for each
  document of the alignment its name in the texts.

Many lines are the marks of sections ("Abstract", "METHODS"), and a few pairs are not translations of each other.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from medinjection.records.errors import InputError
from medinjection.records.schema import InvalidRecord, Record
from medinjection.sources.items import RawItem, convert, files_to_read, open_record, text_of
from medinjection.sources.reading import Row, read_lines, read_text
from medinjection.sources.registry import Source, SourceFile

# A record shows its context, the English passage, before its question.
QUESTION = "Traduisez en français ce passage biomédical rédigé en anglais."

# At most so many words without a full stop on both sides are a section's mark or a heading, not a sentence.
_MARK_WORDS = 4
_SENTENCE_ENDS = (".", "?", "!", "…")
# French length by English length, in characters: outside these bounds a pair is misaligned; too short ones may be.
_RATIOS = (0.4, 2.5)
_RATIO_CHARACTERS = 20

_EN, _FR, _ALIGNMENT, _MAPPING = "en", "fr", "align_validation", "mapping"
_NAMES = {
    "sentences": re.compile(r"(?P<key>.+)\.(?P<role>en|fr)"),
    "cases": re.compile(r"(?P<key>.*(?:AB|FT))/(?P<role>EN|FR)(?:/[^/]+)?/(?P<number>\d+)"),
    "official": re.compile(
        r"(?P<key>.+)/(?:medline_)?(?P<number>en2fr|fr2en)_(?P<role>en|fr|align_validation|mapping)\.(?:txt|tsv)"
    ),
}

Group = Mapping[str, Path]


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the records of the files in `folder` and a reject for each pair that makes none."""
    readers = {"sentences": _sentences, "cases": _case, "official": _official}
    groups: dict[tuple[str, str], tuple[SourceFile, dict[str, Path]]] = {}
    for file, path in files_to_read(folder, source):
        name = path.relative_to(folder).as_posix()
        match = _NAMES[file.subset].fullmatch(name)
        if match is None:
            raise InputError(f"{path}: the name is not of the form {_NAMES[file.subset].pattern}")
        key = "/".join(part for part in (match["key"], match.groupdict().get("number")) if part)
        groups.setdefault((file.subset, key), (file, {}))[1][match["role"].lower()] = path
    for (subset, key), (file, group) in groups.items():
        missing = [role for role in _roles(subset) if role not in group]
        if missing:
            found = ", ".join(path.name for path in group.values())
            raise InputError(f"{folder}: {key}: no file with the side {', '.join(missing)}; found {found}")
        yield from convert(source, readers[subset](group), partial(_record, source, file, key), None)


def _roles(subset: str) -> tuple[str, ...]:
    return (_EN, _FR, _ALIGNMENT) if subset == "official" else (_EN, _FR)


def _sentences(group: Group) -> Iterator[Row]:
    """Yield the pairs of lines. Raises InputError where the sides have different numbers of lines."""
    english, french = list(read_lines(group[_EN])), list(read_lines(group[_FR]))
    if len(english) != len(french):
        raise InputError(
            f"{group[_EN]} has {len(english)} lines and {group[_FR].name} has {len(french)}, expected as many; "
            "is one of them cut short?"
        )
    for left, right in zip(english, french, strict=True):
        yield Row(left.file, left.number, {"id": str(left.number), "English": left.values, "French": right.values})


def _case(group: Group) -> Iterator[Row]:
    [english], [french] = read_text(group[_EN]), read_text(group[_FR])
    yield Row("/".join(group[_EN].parts[-3:]), 1, {"English": english.values, "French": french.values})


def _official(group: Group) -> Iterator[Row]:
    """Yield a pair for each row of the alignment; sides whose sentences are not in the texts are missing."""
    english, french = _numbered(group[_EN]), _numbered(group[_FR])
    sides = ("English", english), ("French", french)
    if group[_ALIGNMENT].name.startswith("fr2en"):
        sides = sides[::-1]
    names = dict(fields for _, fields in _columns(group[_MAPPING], 2)) if _MAPPING in group else {}
    for number, (status, name, *numbers) in _columns(group[_ALIGNMENT], 4):
        values: dict[str, Any] = {"id": str(number), "status": status}
        document = names.get(name, name)
        for (language, sentences), listed in zip(sides, numbers, strict=True):
            found = [sentences.get((document, part.strip())) for part in listed.split(",")]
            if None not in found:
                values[language] = " ".join(found)
        yield Row(group[_ALIGNMENT].name, number, values)


def _numbered(path: Path) -> dict[tuple[str, str], str]:
    return {(document, number): sentence for _, (document, number, sentence) in _columns(path, 3)}


def _columns(path: Path, count: int) -> Iterator[tuple[int, list[str]]]:
    """Yield number and fields of each line that is not blank. Raises InputError where a line has other columns."""
    for row in read_lines(path):
        if not row.values.strip():
            continue
        fields = [field.strip() for field in row.values.split("\t")]
        if len(fields) != count:
            raise InputError(
                f"{path}: line {row.number} has {len(fields)} column(s) ({row.values[:60]!r}), "
                f"expected {count} separated by TAB"
            )
        yield row.number, fields


def _record(source: Source, file: SourceFile, key: str, row: Mapping[str, Any]) -> Record:
    status = row.get("status", "OK")
    if status != "OK":
        raise InvalidRecord(f"not sampled: upstream marks the alignment as {status[:40]}")
    english, french = text_of(row, "English"), text_of(row, "French")
    longer = max(len(english), len(french))
    if longer > _RATIO_CHARACTERS and not _RATIOS[0] <= len(french) / len(english) <= _RATIOS[1]:
        raise InvalidRecord("misaligned: the lengths of the two sides differ too much for a translation")
    if _is_mark(english) and _is_mark(french):
        raise InvalidRecord("not sampled: mark of a section or heading, no sentence")
    upstream_id = f"{key}:{row['id']}" if "id" in row else key
    return open_record(source, file, upstream_id, QUESTION, french, context=english)


def _is_mark(text: str) -> bool:
    return len(text.split()) <= _MARK_WORDS and not text.endswith(_SENTENCE_ENDS)

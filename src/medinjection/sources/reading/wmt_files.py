"""The aligned files of the WMT biomedical task: which belong together, and the pairs in them.

Four forms:
- `sentences`: `<set>.en` beside `<set>.fr`, one sentence per line.
- `cases`: clinical cases, `<folder>/EN/<number>` beside `<folder>/FR/<version>/<number>`, each paired as a whole.
- `official`: `<direction>_<language>.txt` with `<direction>_align_validation.tsv`, perhaps `<direction>_mapping.txt`.
- `abstracts`: `<direction>_<language>.txt` of 2024, an abstract a line, not split into sentences. The organisers'
  folder has `en2fr_en.txt` and `fr2en_fr.txt`, what is to be translated. The names of the other sides, the references,
  were seen nowhere: they are expected as this scheme would have them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from medinjection.records.errors import InputError
from medinjection.sources.reading.file_formats import Row, read_lines, read_text

# The status of an alignment that upstream has found right.
ALIGNED = "OK"

_EN, _FR, _ALIGNMENT, _MAPPING = "en", "fr", "align_validation", "mapping"
_NAMES = {
    "sentences": re.compile(r"(?P<key>.+)\.(?P<role>en|fr)"),
    "cases": re.compile(r"(?P<key>.*(?:AB|FT))/(?P<role>EN|FR)(?:/[^/]+)?/(?P<number>\d+)"),
    "official": re.compile(
        r"(?P<key>.+)/(?:medline_)?(?P<number>en2fr|fr2en)_(?P<role>en|fr|align_validation|mapping)\.(?:txt|tsv)"
    ),
    "abstracts": re.compile(r"(?:(?P<key>.+)/)?(?P<number>en2fr|fr2en)_(?P<role>en|fr)\.txt"),
}

_OFFICIAL_LINE = re.compile(r"[^\t]+\t\d+\t")

Group = Mapping[str, Path]


def has_form(form: str, name: str) -> bool:
    """Say whether a file's name (its path below the corpus folder) is of a form."""
    return _NAMES[form].fullmatch(name) is not None


def grouped(folder: Path, files: Iterable[tuple[str | None, Path]]) -> Mapping[tuple[str, str], Group]:
    """Return (form, key) -> role -> path of the files that belong together, in the order of `files`.

    Args:
        files: form and path of each file, below `folder`.

    Raises:
        InputError: a form is unknown, a name does not have its form, or a side is missing.
    """
    groups: dict[tuple[str, str], dict[str, Path]] = {}
    for form, path in files:
        if form not in _NAMES:
            raise InputError(f"{path}: the registry's subset is {form!r}, expected one of {', '.join(_NAMES)}")
        match = _NAMES[form].fullmatch(path.relative_to(folder).as_posix())
        if match is None:
            raise InputError(f"{path}: the name is not of the form {_NAMES[form].pattern}")
        key = "/".join(part for part in (match["key"], match.groupdict().get("number")) if part)
        groups.setdefault((form, key), {})[match["role"].lower()] = path
    for (form, key), group in groups.items():
        roles = (_EN, _FR, _ALIGNMENT) if form == "official" else (_EN, _FR)
        if missing := [role for role in roles if role not in group]:
            found = ", ".join(path.name for path in group.values())
            raise InputError(f"{folder}: {key}: no file with the side {', '.join(missing)}; found {found}")
    return groups


def pairs(form: str, group: Group) -> Iterator[Row]:
    """Yield the pairs of a group: English and French, an id within the group and a status where there are such.

    A side whose sentences are not in the texts is missing.

    Raises:
        InputError: a file cannot be read, its sides have different numbers of lines, or a line has other columns.
    """
    read = {"sentences": _sentences, "cases": _case, "official": _official, "abstracts": _abstracts}
    return read[form](group)


def _sentences(group: Group) -> Iterator[Row]:
    english, french = list(read_lines(group[_EN])), list(read_lines(group[_FR]))
    if len(english) != len(french):
        raise InputError(
            f"{group[_EN]} has {len(english)} lines and {group[_FR].name} has {len(french)}, expected as many; "
            "is one of them cut short?"
        )
    for left, right in zip(english, french, strict=True):
        yield Row(left.file, left.number, {"id": str(left.number), "English": left.values, "French": right.values})


def _abstracts(group: Group) -> Iterator[Row]:
    """Yield the pairs of lines. Raises InputError where a line is of the form `official`, with its three columns."""
    for row in _sentences(group):
        for language in ("English", "French"):
            if _OFFICIAL_LINE.match(row.values[language]):
                raise InputError(
                    f"{group[_EN]} and {group[_FR].name}: line {row.number} has document, number and sentence, "
                    "expected a whole abstract; files of this form need their alignment (layout wmt_biomedical)"
                )
        yield row


def _case(group: Group) -> Iterator[Row]:
    [english], [french] = read_text(group[_EN]), read_text(group[_FR])
    yield Row("/".join(group[_EN].parts[-3:]), 1, {"English": english.values, "French": french.values})


def _official(group: Group) -> Iterator[Row]:
    english, french = _numbered(group[_EN]), _numbered(group[_FR])
    sides = ("English", english), ("French", french)
    if group[_ALIGNMENT].name.startswith("fr2en"):
        sides = sides[::-1]
    names = dict(fields for _, fields in _columns(group[_MAPPING], 2)) if _MAPPING in group else {}
    for number, (status, name, *numbers) in _columns(group[_ALIGNMENT], 4):
        values: dict[str, Any] = {"id": str(number), "status": status}
        document = names.get(name, name)
        for (language, sentences), listed in zip(sides, numbers, strict=True):
            keys = [(document, part.strip()) for part in listed.split(",")]
            if all(key in sentences for key in keys):
                values[language] = " ".join(sentences[key] for key in keys)
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

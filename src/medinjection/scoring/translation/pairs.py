"""Test sets of English-French translation: segments with their reference, and given outputs of systems.

Three layouts:
- `wmt_biomedical`: the aligned files of the WMT biomedical task (`sources.reading.wmt_files`), each pair a segment.
- `wmt_abstracts`: the files of WMT 2024, on which the paper's Table 3 is: whole abstracts, one a line, each a segment.
- `clinical_cases`: a folder AB or FT of ClinicalCasesWithEval (five cases of 2022, abstracts and full texts), with
  `EN/<document>`, the reference, and the outputs of systems, one sentence a line. A side is one file for each document
  (`FR/<side>/<document>` or `<document>.ospl`), or `FR/<side>.ospl` with a blank line between documents. The reference
  is DeepL's output (DL) post-edited by a translator (AN), then by a clinician (AN_CG or CG): it favours DL, and AN,
  which is between the two, is no system.
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from fnmatch import fnmatch
from itertools import groupby
from pathlib import Path

from medinjection.records.conservation import Reject
from medinjection.records.errors import InputError
from medinjection.records.files import write_text
from medinjection.records.sampling import ranked
from medinjection.records.text import is_blank
from medinjection.scoring.translation.case_alignment import common_segments
from medinjection.sources.reading.file_formats import read_json_lines, read_lines, require_keys
from medinjection.sources.reading.wmt_files import ALIGNED, grouped, has_form, pairs

STAGE = "read_test_set"
_logger = logging.getLogger(__name__)

_REFERENCES = ("AN_CG", "CG")
_NO_SYSTEMS = ("AN", *_REFERENCES)
# What the free version of DeepL writes below a text.
_NOTICE = "Traduit avec www.DeepL.com/"


@dataclass(frozen=True, slots=True)
class Segment:
    """One English text, its French reference, and what given systems made of it: name of the system -> French text."""

    segment_id: str
    source: str
    reference: str
    outputs: Mapping[str, str] = field(default_factory=dict)


def read_test_set(
    folder: Path, layout: str, files: str, given: Mapping[str, Path], limit: int | None, seed: int
) -> tuple[list[Segment], list[Reject]]:
    """Read a test set; return its segments in the order of its files, and what is set aside.

    Texts are as upstream has them, without white space at their ends.

    Args:
        layout: "wmt_biomedical", "wmt_abstracts" or "clinical_cases".
        files: pattern of the paths below `folder` that the first two layouts read, such as "*en2fr*".
        given: system -> text file with its output, one line for each segment, also for those set aside.
        limit: keep at most this many segments, those first by a keyed hash of their ids.

    Raises:
        InputError: nothing to read, a side is missing, two systems have one name, or a given file has other lines.
    """
    forms = {"wmt_biomedical": ("sentences", "official"), "wmt_abstracts": ("abstracts",)}
    items = _aligned(folder, files, forms[layout]) if layout in forms else _cases(folder)
    segments: list[Segment] = []
    rejects: list[Reject] = []
    for item in _with_given(list(items), given):
        if isinstance(item, Reject):
            rejects.append(item)
        else:
            segments.append(item)
    if limit is not None and limit < len(segments):
        chosen = {segment.segment_id for segment in ranked(segments, f"limit {seed}", lambda s: s.segment_id)[:limit]}
        rejects += [_reject(s.segment_id, "not sampled", s.source) for s in segments if s.segment_id not in chosen]
        segments = [segment for segment in segments if segment.segment_id in chosen]
    return segments, rejects


def write_segments(path: Path | str, segments: Sequence[Segment]) -> None:
    """Write segments as JSON lines, atomically."""
    write_text(path, "".join(json.dumps(asdict(segment), ensure_ascii=False) + "\n" for segment in segments))


def read_segments(path: Path | str) -> list[Segment]:
    """Read what `write_segments` wrote. Raises InputError where the file is missing, empty or not such a file."""
    rows = require_keys(Path(path), read_json_lines(Path(path)), [each.name for each in fields(Segment)])
    return [Segment(**row.values) for row in rows]


def _aligned(folder: Path, files: str, forms: Sequence[str]) -> Iterator[Segment | Reject]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    named = [(path.relative_to(folder).as_posix(), path) for path in paths]
    wanted = [(name, path) for name, path in named if fnmatch(name, files)]
    groups = grouped(folder, [(form, path) for name, path in wanted for form in forms if has_form(form, name)])
    if not groups:
        expected = "<direction>_en.txt and <direction>_fr.txt" if "abstracts" in forms else "<set>.en and <set>.fr"
        found = ", ".join(name for name, _ in named[:20]) or "no file"
        raise InputError(f"{folder}: no aligned files that match {files!r}, expected {expected}; found {found}")
    for (form, key), group in groups.items():
        for row in pairs(form, group):
            segment_id = f"{key}:{row.values['id']}"
            english, french = (row.values.get(language, "").strip() for language in ("English", "French"))
            status = row.values.get("status", ALIGNED)
            if status != ALIGNED:
                yield _reject(segment_id, f"not sampled: upstream marks the alignment as {status[:40]}", english)
            elif is_blank(english) or is_blank(french):
                yield _reject(segment_id, "a side is empty", english or french)
            else:
                yield Segment(segment_id, english, french)


def _cases(folder: Path) -> Iterator[Segment]:
    """Yield the segments that the English text, the reference and every system have in common, case by case."""
    english = {path.name: _lines(path) for path in _entries(folder / "EN") if path.is_file()}
    names = sorted({path.name.removesuffix(".ospl") for path in _entries(folder / "FR")})
    reference = next((name for name in _REFERENCES if name in names), None)
    if not english or reference is None:
        raise InputError(
            f"{folder}: expected English texts in EN and the reference {' or '.join(_REFERENCES)} in FR; "
            f"found {len(english)} English texts and {', '.join(names)}"
        )
    if blank := [name for name, lines in english.items() if not lines]:
        raise InputError(f"{folder / 'EN' / blank[0]}: the file has blank lines only")
    sides = {
        name: _side(folder / "FR" / name, list(english))
        for name in names
        if name == reference or name not in _NO_SYSTEMS
    }
    for document, source in english.items():
        translations = {}
        for name, documents in sides.items():
            translations[name] = [line for line in documents[document] if not line.startswith(_NOTICE)]
            if left_out := len(documents[document]) - len(translations[name]):
                _logger.warning("%s: %s: %d line(s) left out: notice of the program", name, document, left_out)
        number = 1
        for segment in common_segments(source, translations):
            texts = {name: " ".join(lines) for name, lines in segment.items()}
            source_text, reference_text = texts.pop(""), texts.pop(reference)
            yield Segment(f"{document}:{number}", source_text, reference_text, texts)
            number += len(segment[""])


def _side(path: Path, documents: Sequence[str]) -> dict[str, list[str]]:
    """Return document -> lines that are not blank, of `<path>.ospl` where it has a block a document, else of a folder.

    Raises:
        InputError: neither has all documents.
    """
    whole = path.with_name(f"{path.name}.ospl")
    if whole.is_file():
        lines = [row.values.strip() for row in read_lines(whole)]
        blocks = [list(block) for filled, block in groupby(lines, key=bool) if filled]
        if len(blocks) == len(documents):
            return dict(zip(documents, blocks, strict=True))
    found = {}
    for document in documents:
        file = next((f for f in (path / document, path / f"{document}.ospl") if f.is_file()), None)
        lines = _lines(file) if file else []
        if not lines:
            raise InputError(f"{path}: no text of document {document}, expected {document} or {document}.ospl")
        found[document] = lines
    return found


def _with_given(items: list[Segment | Reject], given: Mapping[str, Path]) -> list[Segment | Reject]:
    """Add given outputs to the segments, line by line."""
    for system, path in given.items():
        lines = [row.values.strip() for row in read_lines(path)]
        if len(lines) != len(items):
            raise InputError(f"{path}: {len(lines)} lines, expected one for each of the {len(items)} segments")
        taken = next((i.segment_id for i in items if isinstance(i, Segment) and system in i.outputs), None)
        if taken:
            raise InputError(f"{path}: the test set has outputs of {system!r} already; choose another name")
        items = [
            replace(item, outputs={**item.outputs, system: line}) if isinstance(item, Segment) else item
            for item, line in zip(items, lines, strict=True)
        ]
    return items


def _entries(folder: Path) -> list[Path]:
    """Return what is in a folder, by name. Raises InputError where there is no such folder."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    return sorted(folder.iterdir())


def _lines(path: Path) -> list[str]:
    return [line for row in read_lines(path) if (line := row.values.strip())]


def _reject(segment_id: str, reason: str, raw: str) -> Reject:
    return Reject(segment_id, STAGE, reason, raw)


def write_translations(path: Path | str, translations: Mapping[str, str]) -> None:
    """Write segment id -> French text as JSON lines, atomically."""
    rows = ({"segment_id": segment_id, "output": text} for segment_id, text in translations.items())
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def read_translations(path: Path | str) -> dict[str, str]:
    """Read what `write_translations` wrote. Raises InputError where the file is missing, empty or not such a file."""
    rows = require_keys(Path(path), read_json_lines(Path(path)), ["segment_id", "output"])
    return {row.values["segment_id"]: row.values["output"] for row in rows}

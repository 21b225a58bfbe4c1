"""Measure how well options that refer to other options are found, on options that a reader labelled by hand.

    python benchmarks/option_references.py DATA_FOLDER

reads   tests/data/option_references.csv (no texts: where each option is, the SHA-256 of its text, its label) and, under
        DATA_FOLDER, upstream's files by the paths in that table; options whose file or record is not there are left out
prints  counts by source, precision and recall, each disagreement, and as its last line one JSON object; status 1 where
        fewer than 100 labelled options are found, 2 without a usable folder

An option `refers` where nobody can understand it without reading the others of its question: "All of the above", "A et
C", "Aucune". Letters and numbers of a list in the question itself ("I and III only") refer to no option; short texts
that could be both ("None") are labelled as referring. Drawn: all options of records in the order of a keyed hash
(`random record`), and options that hold words or letters of any such wording (`keywords`), few of each equal text. One
reader labelled them before running the program on them, those that are not plain by themselves beside the question and
its other options. A third of the records, by a hash of their id, is held out: its disagreements, printed only with
--held-out, were not looked at when the patterns changed. Its texts had been read to label them, though, and the rule on
bare lists of letters comes from that reading. As forms were drawn rather than records, and few options refer, the
figures say how many forms are known, not how often a record is marked rightly.
"""

import argparse
import csv
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medinjection.records.errors import InputError
from medinjection.records.sampling import unit_interval
from medinjection.records.schema import LETTERS
from medinjection.sources.options.option_references import referring_options

LABELS_PATH = Path(__file__).resolve().parents[1] / "tests" / "data" / "option_references.csv"
REFERS, STANDS_ALONE = "refers", "stands alone"
FEWEST = 100


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled option beside what the program says of it."""

    source: str
    record: str
    text: str
    held_out: bool
    labelled: bool
    found: bool


def read_labels(path: Path = LABELS_PATH) -> list[dict[str, str]]:
    """Return the rows of the table of labels: source, file, record, letter, sha256, drawn, label."""
    with open(path, encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def read_options(source: str, path: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the id of each record of an upstream file and its options, in order."""
    with open(path, encoding="utf-8", newline="") as handle:
        if path.suffix == ".csv":
            for question, *options in csv.reader(handle):
                yield content_id(question, options[:-1]), options[:-1]
            return
        rows = json.load(handle) if source == "frenchmedmcqa" else [json.loads(line) for line in handle if line.strip()]
    for row in rows:
        options = options_of(row)
        named = row.get("id") or row.get("realidx") or row.get("question_id")
        yield str(named) if named is not None else content_id(row["question"], options), options


def options_of(row: dict[str, Any]) -> list[str]:
    """Return the options of a record, whichever of the sources' forms they have."""
    options = row.get("options", row.get("answers"))
    if options is None:
        keys = (f"{prefix}{letter}" for prefix in ("answer_", "op") for letter in "abcde")
        return [row[key] for key in keys if row.get(key) is not None]
    return list(options.values()) if isinstance(options, dict) else options


def content_id(question: str, options: Sequence[str]) -> str:
    """Return the id of a record that upstream gives none: the beginning of its hash."""
    return _hash("\n".join((question, *options)))


def judge(folder: Path) -> list[Judged]:
    """Return each labelled option that is found under `folder`, with what the program says of it.

    Raises:
        InputError: `folder` is no folder.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder, expected the one with upstream's files")
    labels = read_labels()
    options = {}
    for source, name in sorted({(row["source"], row["file"]) for row in labels}):
        if (folder / name).is_file():
            options |= {(name, record): texts for record, texts in read_options(source, folder / name)}
    judged = []
    for row in labels:
        texts = options.get((row["file"], row["record"]), [])
        index = LETTERS.index(row["letter"])
        if index < len(texts) and _hash(texts[index]) == row["sha256"]:
            held_out = unit_interval("option references", row["record"]) < 1 / 3
            found = referring_options(texts)[index]
            item = (row["source"], row["record"], texts[index], held_out, row["label"] == REFERS, found)
            judged.append(Judged(*item))
    return judged


def precision_and_recall(judged: Sequence[Judged]) -> tuple[float, float]:
    """Return which share of the options found refers, and which share of those that refer is found (1 of none)."""
    right = sum(item.found and item.labelled for item in judged)
    found, labelled = sum(item.found for item in judged), sum(item.labelled for item in judged)
    return right / found if found else 1.0, right / labelled if labelled else 1.0


def figures(judged: Sequence[Judged]) -> dict[str, float | int]:
    """Return precision and recall, of all and of what is held out."""
    precision, recall = precision_and_recall(judged)
    held_out = precision_and_recall([item for item in judged if item.held_out])
    values = {"precision": precision, "recall": recall, "labelled": len(judged)}
    values |= {"held_out_precision": held_out[0], "held_out_recall": held_out[1]}
    return {name: round(value, 4) for name, value in values.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of upstream's files, one folder a source")
    parser.add_argument("--held-out", action="store_true", help="also print the disagreements that are held out")
    arguments = parser.parse_args()
    try:
        judged = judge(arguments.folder)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    for source in sorted({item.source for item in judged}):
        of_source = [item for item in judged if item.source == source]
        refer = sum(item.labelled for item in of_source)
        print(f"{source:15}{len(of_source):5} options, {refer:3} refer, {sum(i.found for i in of_source):3} found")
    for item in judged:
        if item.found != item.labelled and (arguments.held_out or not item.held_out):
            said = "found, but stands alone" if item.found else "missed"
            print(f"{said}: {item.source} {item.record}: {item.text[:100]!r}")
    missing = len(read_labels()) - len(judged)
    if missing:
        print(f"{missing} labelled options are not there, or have another text than the labelled one")
    print(json.dumps(figures(judged)))
    return 0 if len(judged) >= FEWEST else 1


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


if __name__ == "__main__":
    sys.exit(main())

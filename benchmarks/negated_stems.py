"""Measure how well negated stems are found, on real stems that a reader labelled by hand.

    python benchmarks/negated_stems.py DATA_FOLDER

reads   tests/data/negated_stems.csv (no texts: where each stem is, the SHA-256 of its text, its label) and, under
        DATA_FOLDER, upstream's files by the paths in that table; stems whose file or record is not there are left out
prints  counts by way of drawing, precision and recall, each disagreement, and as its last line one JSON object; status
        1 where fewer than 100 labelled stems are found, 2 without a usable folder

A stem is `negated` where it asks for what is false, does not apply or is the exception ("laquelle est fausse ?",
"toutes sauf une", "lequel n'est pas ..."); what it asks for may be a harm or a ban ("contre-indiqué", "à éviter")
without being negated. Drawn: all stems in the order of a keyed hash (`random`), and stems that hold any word of
negation, error or lack, in the order of their files (`keywords`). One reader labelled them before running the program
on them; one pattern ("cochez les pathologies qui ne sont pas ...") was added after that run, which missed this stem
alone.
"""

import argparse
import csv
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from medinjection.scoring.slices.negation import is_negated

LABELS_PATH = Path(__file__).resolve().parents[1] / "tests" / "data" / "negated_stems.csv"
NEGATED = "negated"
FEWEST = 100


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled stem beside what the program says of it."""

    drawn: str
    text: str
    labelled: bool
    found: bool


def judge(folder: Path) -> list[Judged]:
    """Return each labelled stem that is found under `folder`, with what the program says of it."""
    with open(LABELS_PATH, encoding="utf-8", newline="") as handle:
        labels = list(csv.DictReader(handle))
    texts: dict[tuple[str, str], str] = {}
    for name in sorted({row["file"] for row in labels}):
        if (folder / name).is_file():
            texts |= {(name, str(row["id"])): row["question"] for row in _rows(folder / name)}
    judged = []
    for row in labels:
        text = texts.get((row["file"], row["record"]))
        if text is not None and hashlib.sha256(text.encode("utf-8")).hexdigest()[:16] == row["sha256"]:
            judged.append(Judged(row["drawn"], text, row["label"] == NEGATED, is_negated(text)))
    return judged


def figures(judged: Sequence[Judged]) -> dict[str, float | int]:
    """Return precision and recall, of all stems and of those drawn at random (1 where there is nothing to divide)."""
    values: dict[str, float | int] = {"labelled": len(judged)}
    for prefix, chosen in (("", judged), ("random_", [item for item in judged if item.drawn == "random"])):
        right = sum(item.found and item.labelled for item in chosen)
        found, labelled = sum(item.found for item in chosen), sum(item.labelled for item in chosen)
        values[f"{prefix}precision"] = round(right / found if found else 1.0, 4)
        values[f"{prefix}recall"] = round(right / labelled if labelled else 1.0, 4)
    return values


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of upstream's files, one folder a source")
    arguments = parser.parse_args()
    if not arguments.folder.is_dir():
        print(f"{arguments.folder}: no such folder, expected the one with upstream's files", file=sys.stderr)
        return 2
    judged = judge(arguments.folder)
    for drawn in sorted({item.drawn for item in judged}):
        chosen = [item for item in judged if item.drawn == drawn]
        negated, found = sum(item.labelled for item in chosen), sum(item.found for item in chosen)
        print(f"{drawn:10}{len(chosen):5} stems, {negated:3} negated, {found:3} found")
    for item in judged:
        if item.found != item.labelled:
            print(f"{'found, but plain' if item.found else 'missed'}: {item.text[-100:]!r}")
    print(json.dumps(figures(judged)))
    return 0 if len(judged) >= FEWEST else 1


def _rows(path: Path) -> list[dict[str, str]]:
    text = path.read_text(encoding="utf-8")
    rows: list[dict[str, str]]
    rows = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines() if line]
    return rows


if __name__ == "__main__":
    sys.exit(main())

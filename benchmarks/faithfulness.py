"""Measure the screen for clinical faithfulness on labelled pairs of a reference and an answer.

    python benchmarks/faithfulness.py [--pairs 10] [--show]

reads   faithfulness_labels.jsonl beside it: 100 pairs in French, each labelled with what the answer changes, drops or
        adds of its reference. 60 were written and labelled before the screen existed (part "before"), 40 after it,
        without running it (part "blind"); no label was changed since, but the screen was mended on the first 60
prints  precision and recall of each kind of finding, the parts apart, and as its last line one JSON object; with
        --show each pair on which screen and label differ

A label is a kind and what became of it, once a pair however often. The pairs were made up and labelled by the writer of
the screen; no physician checked them, and they are no sample of what models answer.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

from medinjection.scoring.faithfulness.comparison import compare
from medinjection.scoring.faithfulness.findings import KEPT, UNCLEAR

LABELS = Path(__file__).with_name("faithfulness_labels.jsonl")
PARTS = ("before", "blind", "last")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, help="so many pairs of each part (default: all)")
    parser.add_argument("--show", action="store_true", help="print the pairs that are read otherwise than labelled")
    arguments = parser.parse_args()

    pairs = [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]
    figures: dict[str, object] = {}
    for part in PARTS:
        of_part = [pair for pair in pairs if pair["part"] == part][: arguments.pairs]
        counts = Counter(count for pair in of_part for count in outcomes(pair, arguments.show))
        figures[part] = {"pairs": len(of_part), **table(part, counts)}
    print(json.dumps(figures))


def outcomes(pair: dict, show: bool) -> list[tuple[str, str]]:
    """Return (finding, "true" / "false" / "missed") for each finding of a pair that is labelled or reported."""
    findings = compare(pair["reference"], pair["answer"])
    found = {f"{one.kind}:{one.fate}" for one in findings if one.fate not in (KEPT, UNCLEAR)}
    labelled = set(pair["findings"])
    if show and found != labelled:
        print(f"{pair['id']}: {pair['reference']}\n    {pair['answer']}")
        print(f"    labelled {sorted(labelled)}, found {sorted(found)}")
        print("    " + "; ".join(f"{f.kind} {f.fate}: {f.reference!r} > {f.answer!r}" for f in findings))
    kinds = [("true", found & labelled), ("false", found - labelled), ("missed", labelled - found)]
    return [(name, outcome) for outcome, names in kinds for name in sorted(names)]


def table(part: str, counts: Counter[tuple[str, str]]) -> dict[str, object]:
    """Print the counts of a part, and return them with precision and recall."""
    print(f"\n{part:<20}{'true':>8}{'false':>8}{'missed':>8}{'precision':>11}{'recall':>9}")
    names = sorted({name for name, _ in counts})
    groups = {"any changed": [n for n in names if n.endswith(":changed")], "all": names}
    figures = {}
    for name, members in {**{name: [name] for name in names}, **groups}.items():
        true, false, missed = (sum(counts[m, outcome] for m in members) for outcome in ("true", "false", "missed"))
        precision, recall = share(true, true + false), share(true, true + missed)
        figures[name] = {"true": true, "false": false, "missed": missed, "precision": precision, "recall": recall}
        shown = ["-" if value is None else f"{value:.3f}" for value in (precision, recall)]
        print(f"{name:<20}{true:>8}{false:>8}{missed:>8}{shown[0]:>11}{shown[1]:>9}")
    return figures


def share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


if __name__ == "__main__":
    main()

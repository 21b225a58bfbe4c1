"""Measure the screen for clinical faithfulness on labelled pairs of a reference and an answer.

    python benchmarks/faithfulness.py [--pairs 10] [--translations DATA_FOLDER] [--show]

reads   faithfulness_labels.jsonl beside it: 140 pairs in French, each labelled with what the answer changes, drops or
        adds of its reference. Part "before" (60) was written and labelled before the screen existed. Part "blind" (40)
        and part "last" (40) were written after it, without running it on them; "last" also after the screen was mended
        by what "blind" had shown. What the screen reported when it first ran on these two stands in `first_run`: it was
        mended since, so only those figures say what it does on pairs that it does not know. No label was changed
        wmt_biomedical/ClinicalCasesWithEval under DATA_FOLDER, where one is named: clinical cases of WMT 2022, each
        sentence in a human French reference and four systems' translations, which say the same in other words
prints  precision and recall of each kind of finding, the parts apart, and as its last line one JSON object; with
        --show each pair on which screen and label differ; of the translations how many are flagged

A label is a kind and what became of it, once a pair however often. The pairs were made up and labelled by the writer of
the screen; no physician checked them, and they are no sample of what models answer.
"""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from medinjection.scoring.faithfulness.comparison import compare
from medinjection.scoring.faithfulness.findings import ADDED, CHANGED, DROPPED, KINDS, Finding
from medinjection.scoring.faithfulness.scores import contradicts
from medinjection.scoring.translation.pairs import read_test_set

CASES = "wmt_biomedical/ClinicalCasesWithEval"
LABELS = Path(__file__).with_name("faithfulness_labels.jsonl")
PARTS = ("before", "blind", "last")
REPORTED = (CHANGED, DROPPED, ADDED)
OUTCOMES = ("true", "false", "missed")
Counts = Counter[tuple[str, str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, help="so many pairs of each part (default: all)")
    parser.add_argument("--show", action="store_true", help="print the pairs that are read otherwise than labelled")
    parser.add_argument("--translations", type=Path, help="folder with WMT's clinical cases to screen too")
    arguments = parser.parse_args()

    pairs = [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]
    figures: dict[str, object] = {}
    for part in PARTS:
        of_part = [pair for pair in pairs if pair["part"] == part][: arguments.pairs]
        first = [pair for pair in of_part if "first_run" in pair]
        if first:
            counts = Counter(count for pair in first for count in outcomes(pair["findings"], pair["first_run"]))
            figures[f"{part}_first_run"] = table(f"{part}, first run", len(first), counts)
        counts = Counter(count for pair in of_part for count in outcomes(pair["findings"], read(pair, arguments.show)))
        figures[part] = table(part, len(of_part), counts)
    if arguments.translations:
        figures["translations"] = flagged_translations(arguments.translations / CASES, arguments.show)
    print(json.dumps(figures))


def flagged_translations(folder: Path, show: bool) -> dict[str, int]:
    """Screen each translation of a system against the human one of the same sentence."""
    pairs = flagged = 0
    for kind in ("AB", "FT"):
        segments, _ = read_test_set(folder / kind, "clinical_cases", "*", {}, None, 0)
        for segment in segments:
            for text in segment.outputs.values():
                findings = [finding for finding in compare(segment.reference, text) if contradicts(finding)]
                pairs, flagged = pairs + 1, flagged + bool(findings)
                if show and findings:
                    print(f"\n{segment.reference}\n    {text}\n    " + "; ".join(map(said, findings)))
    print(f"\ntranslations of the same sentences: {pairs}, flagged: {flagged}")
    return {"pairs": pairs, "flagged": flagged}


def read(pair: dict, show: bool) -> list[str]:
    """Return what the screen reports of a pair."""
    findings = compare(pair["reference"], pair["answer"])
    found = sorted({f"{one.kind}:{one.fate}" for one in findings if one.fate in REPORTED})
    if show and found != sorted(pair["findings"]):
        print(
            f"\n{pair['id']}: {pair['reference']}\n    {pair['answer']}\n    labelled {pair['findings']}, found {found}"
        )
        print("    " + "; ".join(map(said, findings)))
    return found


def said(finding: Finding) -> str:
    return f"{finding.kind} {finding.fate}: {finding.reference!r} > {finding.answer!r}"


def outcomes(labelled: Sequence[str], found: Sequence[str]) -> list[tuple[str, str]]:
    """Return each finding that is labelled or reported, with how these agree."""
    sets = (set(found) & set(labelled), set(found) - set(labelled), set(labelled) - set(found))
    return [(name, outcome) for outcome, names in zip(OUTCOMES, sets, strict=True) for name in sorted(names)]


def table(title: str, pairs: int, counts: Counts) -> dict[str, object]:
    """Print the counts of a part, and return them with precision and recall."""
    print(f"\n{f'{title} ({pairs})':<24}{'true':>8}{'false':>8}{'missed':>8}{'precision':>11}{'recall':>9}")
    names = [f"{kind}:{fate}" for kind in KINDS for fate in REPORTED]
    lines = {name: [name] for name in names if any(counts[name, outcome] for outcome in OUTCOMES)}
    lines |= {f"any:{fate}": [name for name in names if name.endswith(fate)] for fate in REPORTED} | {"all": names}
    figures: dict[str, object] = {"pairs": pairs}
    for name, members in lines.items():
        true, false, missed = (sum(counts[member, outcome] for member in members) for outcome in OUTCOMES)
        shares = {"precision": share(true, true + false), "recall": share(true, true + missed)}
        figures[name] = {"true": true, "false": false, "missed": missed, **shares}
        shown = "".join(f"{'-' if value is None else f'{value:.3f}':>10}" for value in shares.values())
        print(f"{name:<24}{true:>8}{false:>8}{missed:>8} {shown}")
    return figures


def share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


if __name__ == "__main__":
    main()

"""How each judge scores the synthetic items, and whether judges agree (paper section 3.4, Figure 3)."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from medinjection.records.errors import InputError
from medinjection.records.files import read_table
from medinjection.scoring.quality.agreement import judges_agreement
from medinjection.scoring.quality.scales import BEST_SCORES, QUALITY_SCHEMA, SCORES, kind_of

QUALITY_COLUMNS = ("kind", "judge", "items", "unparsed", *(f"count_{score}" for score in SCORES), "mean", "majority")
AGREEMENT_COLUMNS = ("kind", "judge", "other_judge", "items", "same", "kappa", "spearman")

# judge -> record id -> score, None where the judge's text is no score.
_Scored = Mapping[str, Mapping[str, int | None]]


def quality_rows(
    files: Mapping[str, Path | str],
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Return rows of QUALITY_COLUMNS for each kind and judge, and of AGREEMENT_COLUMNS for each kind and two judges.

    `count_<n>` are the items with the score n, None beyond the scale of the kind; `mean` is over the items that have a
    score; `majority` is the score of more than half of all items, None where there is no such score.

    Args:
        files: judge -> its parquet file of scores, in the order in which they are shown.

    Raises:
        InputError: a file is missing or not what it should be, a score is outside its scale, or two judges did not
            judge the same items.
    """
    scored: dict[str, dict[str, dict[str, int | None]]] = {kind: {} for kind in BEST_SCORES}
    judged = {}
    for judge, path in files.items():
        lines = read_table(path, QUALITY_SCHEMA).to_pylist()
        judged[judge] = {line["record_id"] for line in lines}
        for kind, best in BEST_SCORES.items():
            of_kind = {line["record_id"]: line["score"] for line in lines if kind_of(line["task"]) == kind}
            if outside := sorted({score for score in of_kind.values() if score is not None} - {*range(1, best + 1)}):
                raise InputError(f"{path}: found the score {outside[0]} of a {kind} item, expected 1 to {best}")
            scored[kind][judge] = of_kind
    _require_same_items(judged)
    rows = [_judge_row(kind, judge, of_kind) for kind in BEST_SCORES for judge, of_kind in scored[kind].items()]
    return rows, [pair for kind in BEST_SCORES for pair in _agreement_rows(kind, scored[kind])]


def _judge_row(kind: str, judge: str, scores: Mapping[str, int | None]) -> dict[str, object]:
    counts = Counter(score for score in scores.values() if score is not None)
    total = sum(score * count for score, count in counts.items())
    return {
        "kind": kind,
        "judge": judge,
        "items": len(scores),
        "unparsed": len(scores) - counts.total(),
        **{f"count_{score}": counts[score] if score <= BEST_SCORES[kind] else None for score in SCORES},
        "mean": total / counts.total() if counts else None,
        "majority": next((score for score in SCORES if 2 * counts[score] > len(scores)), None),
    }


def _agreement_rows(kind: str, scored: _Scored) -> list[dict[str, object]]:
    with_score = {judge: {i: s for i, s in scores.items() if s is not None} for judge, scores in scored.items()}
    rows: list[dict[str, object]] = []
    for pair in judges_agreement(with_score):
        cells = (kind, pair.first, pair.second, pair.items, pair.same, pair.kappa, pair.spearman)
        rows.append(dict(zip(AGREEMENT_COLUMNS, cells, strict=True)))
    return rows


def _require_same_items(judged: Mapping[str, set[str]]) -> None:
    first, *others = judged
    for other in others:
        if apart := sorted(judged[first] ^ judged[other]):
            raise InputError(
                f"record {apart[0]} is judged by {first} or by {other}, not by both ({len(apart)} such), "
                "expected the same items"
            )

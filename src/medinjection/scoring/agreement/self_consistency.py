"""How far a judge agrees with itself when it is asked again in another way."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from medinjection.scoring.agreement.judge_pairs import cohen_kappa
from medinjection.scoring.open.judged_again import WAYS
from medinjection.scoring.proportions import wilson_interval

_SHARES = ("agreement", "zero_to_one", "one_to_zero")
CONSISTENCY_COLUMNS = (
    "judge",
    "way",
    "asked",
    "unread_first",
    "unread_again",
    "n",
    *(f"{name}{part}" for name in _SHARES for part in ("", "_ci_low", "_ci_high")),
    "cohen_kappa",
    "undefined",
)


def consistency_rows(judge: str, table: pa.Table) -> list[dict[str, object]]:
    """Return a row of CONSISTENCY_COLUMNS for each way in which a judge was asked again.

    Shares are of the `n` answers that have a score both times, with 95 % intervals of Wilson (scipy): `agreement` of
    those with the same score, `zero_to_one` and `one_to_zero` of those whose score turned; the three add up to 1.
    `unread_*` are answers of which the judge's text was no score.

    Args:
        table: of AGAIN_SCHEMA.
    """
    rows = []
    for way in WAYS:
        of_way = table.filter(pc.equal(table["way"], way))
        pairs = list(zip(of_way["first_score"].to_pylist(), of_way["score"].to_pylist(), strict=True))
        both = [(first, again) for first, again in pairs if first is not None and again is not None]
        row: dict[str, object] = dict.fromkeys(CONSISTENCY_COLUMNS, "")
        row |= {"judge": judge, "way": way, "asked": len(pairs), "n": len(both)}
        row |= {"unread_first": sum(first is None for first, _ in pairs)}
        row |= {"unread_again": sum(again is None for _, again in pairs)}
        rows.append(row | _of(both))
    return rows


def _of(both: Sequence[tuple[int, int]]) -> dict[str, object]:
    if not both:
        return {"undefined": "no answer with a score both times"}
    counts = (
        sum(first == again for first, again in both),
        sum(first < again for first, again in both),
        sum(first > again for first, again in both),
    )
    cells: dict[str, object] = {}
    for name, count in zip(_SHARES, counts, strict=True):
        low, high = wilson_interval(count, len(both))
        cells |= {name: count / len(both), f"{name}_ci_low": low, f"{name}_ci_high": high}
    kappa = cohen_kappa(*zip(*both, strict=True))
    if kappa is None:
        return cells | {"undefined": f"kappa: {both[0][0]} throughout, both times"}
    return cells | {"cohen_kappa": kappa}

"""Do models that write longer answers score higher (paper, Figure 5)? One point per model."""

from collections.abc import Mapping
from math import log10

import numpy as np

from medinjection.scoring.rankings import kendall, spearman

ASSOCIATION_COLUMNS = (
    "judge",
    "left_out",
    "models",
    "spearman_rho",
    "spearman_p",
    "kendall_tau_b",
    "kendall_p",
    "slope",
    "intercept",
    "undefined",
)


def association_rows(
    judge: str, lengths: Mapping[str, float], scores: Mapping[str, float | None]
) -> list[dict[str, object]]:
    """Return rows of ASSOCIATION_COLUMNS for one judge: of all models, then without each of them (`left_out`).

    The coefficients are of mean length and mean score; `slope` and `intercept` are the least-squares line of the score
    over the decimal logarithm of the length. Where lengths or scores are all equal, there are none.

    Args:
        lengths: model -> mean length of its answers; a model whose answers are all empty has no logarithm and no point.
        scores: model -> mean score by the judge, None where no judgement could be read: no point either.
    """
    points: dict[str, tuple[float, float]] = {}
    for model, length in lengths.items():
        score = scores[model]
        if length > 0 and score is not None:
            points[model] = (length, score)
    rows = []
    for left_out in ("", *points):
        chosen = [point for model, point in points.items() if model != left_out]
        row: dict[str, object] = dict.fromkeys(ASSOCIATION_COLUMNS, "")
        row |= {"judge": judge, "left_out": left_out, "models": len(chosen)}
        rows.append(row | _association(chosen))
    return rows


def _association(points: list[tuple[float, float]]) -> dict[str, object]:
    of_ranks = (spearman(points), kendall(points)) if len(points) > 1 else (None, None)
    if of_ranks[0] is None or of_ranks[1] is None:
        return {"undefined": "fewer than 2 models" if len(points) < 2 else "all lengths or all scores equal"}
    slope, intercept = np.polyfit([log10(length) for length, _ in points], [score for _, score in points], 1)
    names = ("spearman_rho", "spearman_p", "kendall_tau_b", "kendall_p", "slope", "intercept")
    return dict(zip(names, (*of_ranks[0], *of_ranks[1], float(slope), float(intercept)), strict=True))

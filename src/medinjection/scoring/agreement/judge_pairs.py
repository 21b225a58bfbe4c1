"""Judge against judge: how alike two judges score the same open answers, and on which side they differ."""

from collections.abc import Sequence
from itertools import combinations
from statistics import fmean

from medinjection.scoring.agreement.rated_accuracy import ALL_MODELS
from medinjection.scoring.agreement.scorers import Answer, Scorer

PAIR_COLUMNS = (
    "first",
    "second",
    "model",
    "answers",
    "unread_first",
    "unread_second",
    "n",
    "agreement",
    "cohen_kappa",
    "pearson_r",
    "spearman_rho",
    "kendall_tau_b",
    "mean_difference",
    "undefined",
)


def judge_pair_rows(judges: Sequence[Scorer], models: Sequence[str]) -> list[dict[str, object]]:
    """Return rows of PAIR_COLUMNS: for every two judges one per model, then one of all models together.

    Every number is of the `n` answers that both gave a score: `agreement` is the share of equal scores, `cohen_kappa`
    unweighted, `mean_difference` the first judge's mean less the second's. `unread_*` are answers of which a judge's
    text is no score. Of scores 0 and 1 the three correlations are one number, the phi coefficient. What is not defined
    is empty, and `undefined` says why.

    Args:
        judges: each with the scores of all answers of all models.
        models: in the order of the rows.
    """
    rows = []
    for first, second in combinations(judges, 2):
        for model in models:
            answers = [answer for answer in first.scores if answer[0] == model]
            rows.append({"first": first.name, "second": second.name, "model": model} | _of(answers, first, second))
        every = {"first": first.name, "second": second.name, "model": ALL_MODELS}
        rows.append(every | _of([*first.scores], first, second))
    return rows


def cohen_kappa(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Return Cohen's kappa, unweighted, of two lists of scores; None where both are one same score throughout."""
    from sklearn.metrics import cohen_kappa_score

    if len({*first, *second}) == 1:
        return None
    # As labels: scikit-learn takes numbers with a fraction for measurements.
    return float(cohen_kappa_score([f"{score:g}" for score in first], [f"{score:g}" for score in second]))


def _of(answers: Sequence[Answer], first: Scorer, second: Scorer) -> dict[str, object]:
    cells: dict[str, object] = dict.fromkeys(PAIR_COLUMNS[3:], "")
    given = [(first.scores[answer], second.scores[answer]) for answer in answers]
    both = [(one, other) for one, other in given if one is not None and other is not None]
    cells |= {"answers": len(given), "n": len(both)}
    cells |= {"unread_first": sum(one is None for one, _ in given)}
    cells |= {"unread_second": sum(other is None for _, other in given)}
    if not both:
        return cells | {"undefined": "no answer that both scored"}
    left, right = ([float(score) for score in side] for side in zip(*both, strict=True))
    cells["agreement"] = sum(one == other for one, other in both) / len(both)
    cells["mean_difference"] = fmean(left) - fmean(right)
    kappa = cohen_kappa(left, right)
    cells["cohen_kappa"] = "" if kappa is None else kappa
    constant = [
        f"{judge.name} gave {side[0]:g} throughout"
        for judge, side in ((first, left), (second, right))
        if len(set(side)) == 1
    ]
    if constant:
        return cells | {"undefined": "; ".join(constant)}
    return cells | _correlations(left, right)


def _correlations(left: Sequence[float], right: Sequence[float]) -> dict[str, object]:
    from scipy.stats import kendalltau, pearsonr, spearmanr

    names = {"pearson_r": pearsonr, "spearman_rho": spearmanr, "kendall_tau_b": kendalltau}
    return {name: float(of(left, right).statistic) for name, of in names.items()}

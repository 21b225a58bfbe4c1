"""Table 4 in numbers: how each score correlates with the ratings, and whether two scores differ in it."""

from collections.abc import Sequence
from itertools import combinations

from medinjection.scoring.agreement.coefficients import MINIMUM, Coefficient, correlate
from medinjection.scoring.agreement.scorers import NO_VARIANT, Ratings, Scorer
from medinjection.scoring.agreement.williams import williams
from medinjection.scoring.choice.intervals import derived_seed
from medinjection.scoring.choice.paired import holm

_OF_COEFFICIENT = ("", "_p", "_ci_low", "_ci_high")
_NAMES = ("pearson_r", "spearman_rho", "kendall_tau_b")
CORRELATION_COLUMNS = (
    "kind",
    "scorer",
    "variant",
    "rated",
    "n",
    *(f"{name}{part}" for name in _NAMES for part in _OF_COEFFICIENT),
    "pearson_r_p_holm",
    "undefined",
    "family",
    "raters",
    "simulated_raters",
)
COMPARISON_COLUMNS = (
    "first",
    "first_variant",
    "second",
    "second_variant",
    "n",
    "r_first",
    "r_second",
    "r_between",
    "t",
    "df",
    "p_value",
    "p_holm",
    "undefined",
    "family",
)
# Variants of the paper's lines: judges have none, metrics their usual form.
_PAPER_VARIANTS = (NO_VARIANT, "default")


def correlation_rows(ratings: Ratings, scorers: Sequence[Scorer], seed: int) -> list[dict[str, object]]:
    """Return a row of CORRELATION_COLUMNS per scorer.

    Answers that the scorer gave no score are left out: `n` of the `rated` answers remain. Where there is no
    correlation, the cells are empty and `undefined` says why. `pearson_r_p_holm` is Holm's correction over the
    p-values of Pearson's r in the family: the paper's lines (judges, and metrics in their default form), or the rest.
    """
    rows: list[dict[str, object]] = []
    for scorer in scorers:
        scored, rated = _both(ratings, scorer)
        found = correlate(scored, rated, derived_seed(str(seed), "correlation", scorer.name, scorer.variant))
        cells: dict[str, object] = dict.fromkeys(CORRELATION_COLUMNS, "")
        cells |= {"kind": scorer.kind, "scorer": scorer.name, "variant": scorer.variant}
        cells |= {"rated": len(ratings.means), "n": len(scored), "raters": len(ratings.raters)}
        cells |= {"simulated_raters": len(ratings.simulated), "family": _family([scorer])}
        if isinstance(found, str):
            cells["undefined"] = found
        else:
            for name, value in zip(_NAMES, (found.pearson, found.spearman, found.kendall), strict=True):
                cells |= _cells(name, value)
        rows.append(cells)
    _correct(rows, "pearson_r_p", "pearson_r_p_holm")
    return rows


def comparison_rows(ratings: Ratings, scorers: Sequence[Scorer]) -> list[dict[str, object]]:
    """Return a row of COMPARISON_COLUMNS for every two scorers: Williams' test over the answers that both scored.

    `p_holm` is Holm's correction over the pairs of the family, as in `correlation_rows`.
    """
    rows: list[dict[str, object]] = []
    for first, second in combinations(scorers, 2):
        cells: dict[str, object] = dict.fromkeys(COMPARISON_COLUMNS, "")
        cells |= {"first": first.name, "first_variant": first.variant}
        cells |= {"second": second.name, "second_variant": second.variant, "family": _family([first, second])}
        rows.append(cells | _compared(ratings, first, second))
    _correct(rows, "p_value", "p_holm")
    return rows


def _both(ratings: Ratings, scorer: Scorer) -> tuple[list[float], list[float]]:
    """Return the scores of the answers that have one, and their ratings."""
    pairs = [(score, mean) for answer, mean in ratings.means.items() if (score := scorer.scores[answer]) is not None]
    return [score for score, _ in pairs], [mean for _, mean in pairs]


def _compared(ratings: Ratings, first: Scorer, second: Scorer) -> dict[str, object]:
    from scipy.stats import pearsonr

    columns: list[list[float]] = [[], [], []]
    for answer, mean in ratings.means.items():
        one, other = first.scores[answer], second.scores[answer]
        if one is not None and other is not None:
            for column, value in zip(columns, (one, other, mean), strict=True):
                column.append(value)
    n = len(columns[0])
    if n <= MINIMUM:
        return {"n": n, "undefined": f"{MINIMUM} or fewer answers that both scored"}
    if any(len(set(column)) == 1 for column in columns):
        return {"n": n, "undefined": "all scores or all ratings equal"}
    ones, others, means = columns
    pairs = ((ones, means), (others, means), (ones, others))
    r_first, r_second, between = (float(pearsonr(*pair).statistic) for pair in pairs)
    found: dict[str, object] = {"n": n, "r_first": r_first, "r_second": r_second, "r_between": between}
    test = williams(r_first, r_second, between, n)
    if test is None:
        return found | {"undefined": "the two scores are one up to scale"}
    return found | {"t": test.t, "df": test.df, "p_value": test.p_value}


def _cells(name: str, found: Coefficient) -> dict[str, object]:
    values = (found.value, found.p_value, found.ci_low, found.ci_high)
    return {f"{name}{part}": "" if v is None else v for part, v in zip(_OF_COEFFICIENT, values, strict=True)}


def _family(scorers: Sequence[Scorer]) -> str:
    of_paper = all(scorer.variant in _PAPER_VARIANTS for scorer in scorers)
    return "judges and default metrics" if of_paper else "with other variants of metrics"


def _correct(rows: Sequence[dict[str, object]], given: str, corrected: str) -> None:
    """Fill in Holm's correction of each family, and say behind the family's name how many tests it has."""
    for family in dict.fromkeys(row["family"] for row in rows):
        members = [row for row in rows if row["family"] == family]
        tested = [(row, value) for row in members if isinstance(value := row[given], float)]
        for (row, _), value in zip(tested, holm([value for _, value in tested]), strict=True):
            row[corrected] = value
        for row in members:
            row["family"] = f"{family} ({len(tested)} tests)"

"""Mean accuracy of each model as physicians see it, from few ratings and a judge's scores of all answers."""

from collections.abc import Mapping, Sequence

import numpy as np

from medinjection.records.errors import InputError
from medinjection.scoring.agreement.powered import MINIMUM, ROUNDING, Stratum, best_power, even_variance, powered_mean
from medinjection.scoring.agreement.scorers import Answer, Ratings, Scorer

ALL_MODELS = "all models"
# With fewer ratings too few of a good judge's errors are among them to be counted, and intervals cover too seldom: of
# 1,000 simulated ones of 12 ratings about 650, of 60 about 930 (tests/unit/test_rated_accuracy.py).
FEWEST = 60
EVEN, BY_DISAGREEMENT = "even", "by disagreement"
RATED_COLUMNS = (
    "judge",
    "model",
    "method",
    "draw",
    "rated",
    "answers",
    "unread",
    "mean",
    "ci_low",
    "ci_high",
    "power",
    "ratings_worth",
    "undefined",
)


def rated_accuracy(
    ratings: Ratings,
    judges: Sequence[Scorer],
    groups: Mapping[str, str],
    models: Sequence[str],
    fewest: int = FEWEST,
) -> list[dict[str, object]]:
    """Return rows of RATED_COLUMNS: for each judge and model, and all rated models together, three estimates.

    `ratings` is the plain mean of the ratings, `ppi` prediction-powered inference, `ppi_tuned` the same with the
    weight of the scores that is best here (`power`). `ratings_worth` is how many evenly drawn ratings would give, by
    their plain mean, an interval as narrow. Every method weighs the groups by their answers, not by how many were
    rated. Ratings of answers that were drawn with unequal probabilities (`draw`) are weighted by one over them. A
    judgement that could not be read (`unread`) counts as 0, which the ratings correct as they correct every other
    score.

    Args:
        judges: with the scores of all answers of all models.
        models: in the order of the rows.
        fewest: number of ratings from which on the two methods that use scores have an interval.
        groups: record -> the group in which rated answers were drawn by chance, such as questions or translations.

    Raises:
        InputError: a rated answer is not among the judge's.
    """
    rows = []
    for judge in judges:
        if missing := [answer for answer in ratings.means if answer not in judge.scores]:
            raise InputError(
                f"judge {judge.name}: no judgement of record {missing[0][1]} by {missing[0][0]}, which is rated"
            )
        for model in models:
            answers = [answer for answer in judge.scores if answer[0] == model]
            rows += _of_model(ratings, judge, model, answers, groups, fewest)
        # A model that nobody rated is no part of what ratings were drawn from.
        if len(rated := {model for model, _ in ratings.means}) > 1:
            answers = [answer for answer in judge.scores if answer[0] in rated]
            rows += _of_model(ratings, judge, ALL_MODELS, answers, groups, fewest)
    return rows


def _of_model(
    ratings: Ratings, judge: Scorer, model: str, answers: Sequence[Answer], groups: Mapping[str, str], fewest: int
) -> list[dict[str, object]]:
    rated = [answer for answer in answers if answer in ratings.means]
    unread = sum(judge.scores[answer] is None for answer in answers)
    key: dict[str, object] = dict.fromkeys(RATED_COLUMNS, "")
    key |= {"judge": judge.name, "model": model, "rated": len(rated), "answers": len(answers), "unread": unread}
    key["draw"] = BY_DISAGREEMENT if ratings.probabilities else EVEN
    strata = _strata(ratings, judge, answers, groups)
    few = [group for group, stratum in strata.items() if len(stratum.ratings) < MINIMUM]
    if few:
        reason = f"fewer than {MINIMUM} ratings of {', '.join(few)}"
        return [key | {"method": method, "undefined": reason} for method in ("ratings", "ppi", "ppi_tuned")]
    found = list(strata.values())
    plain = even_variance(found)
    powers = {"ratings": 0.0, "ppi": 1.0, "ppi_tuned": best_power(found)}
    rows = []
    for method, power in powers.items():
        estimate = powered_mean(found, power)
        row = key | {"method": method, "power": power, "mean": estimate.mean}
        if method != "ratings" and len(rated) < fewest:
            row["undefined"] = f"fewer than {fewest} ratings: no interval"
        elif estimate.interval is None:
            row["undefined"] = "ratings without spread: no interval"
        else:
            low, high = estimate.interval
            # A share: what the normal distribution leaves below 0 or above 1 is no possible value.
            row["ci_low"], row["ci_high"] = max(low, 0.0), min(high, 1.0)
            # Without spread in the ratings alone there is nothing to compare with.
            row["ratings_worth"] = len(rated) * plain / estimate.variance if plain > ROUNDING else ""
        rows.append(row)
    return rows


def _strata(
    ratings: Ratings, judge: Scorer, answers: Sequence[Answer], groups: Mapping[str, str]
) -> dict[str, Stratum]:
    strata = {}
    for group in sorted({groups[record] for _, record in answers}):
        members = [answer for answer in answers if groups[answer[1]] == group]
        rated = [answer for answer in members if answer in ratings.means]
        others = [answer for answer in members if answer not in ratings.means]
        strata[group] = Stratum(
            np.array([ratings.means[answer] for answer in rated], float),
            np.array([judge.scores[answer] or 0.0 for answer in rated], float),
            np.array([judge.scores[answer] or 0.0 for answer in others], float),
            np.array([ratings.probabilities[answer] for answer in rated], float) if ratings.probabilities else None,
        )
    return strata

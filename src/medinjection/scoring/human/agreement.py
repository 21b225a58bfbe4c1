"""How far raters agree: percent, Cohen's kappa and Krippendorff's alpha; a value that is not defined says why."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from itertools import combinations

Ratings = Mapping[str, Mapping[str, int]]

AGREEMENT_COLUMNS = ("statistic", "raters", "items", "value", "note", "simulated", "signature")
EQUIVALENT, PERCENT, KAPPA, ALPHA = "equivalent", "percent", "cohen_kappa", "krippendorff_alpha"


def agreement_rows(
    ratings: Ratings, simulated: Sequence[str] = (), shown: int | None = None
) -> list[dict[str, object]]:
    """Return rows of AGREEMENT_COLUMNS: a row per rater, two per pair of raters, and one for all of them.

    - `equivalent`: percentage of a rater's ratings that are 1;
    - `percent`: percentage of the items that both rated on which two raters say the same;
    - `cohen_kappa`: Cohen (1960), unweighted, of the items that both rated;
    - `krippendorff_alpha`: Krippendorff (2004), nominal, of all raters and every item that two of them rated.

    `items` is how many items a value rests on. A value that is not defined is None, and `note` says why: two raters
    who gave one same rating throughout leave no chance agreement to compare with. `simulated` is "yes" where a rater
    is a program, and `note` says so too.

    Args:
        ratings: rater -> item -> 0 or 1; a rater may leave items out.
        simulated: the raters that are programs.
        shown: number of items that raters were shown, to say how many each left out.
    """
    rows = [_of_one(rater, given, shown) for rater, given in ratings.items()]
    for first, second in combinations(ratings, 2):
        both = [item for item in ratings[first] if item in ratings[second]]
        pairs = [(ratings[first][item], ratings[second][item]) for item in both]
        rows += _of_two(first, second, pairs)
    rows.append(_of_all(ratings))
    for row in rows:
        programs = [rater for rater in str(row["raters"]).split(" ") if rater in simulated]
        row["simulated"] = "yes" if programs else "no"
        if programs:
            said = f"simulated ratings, made up by a program ({', '.join(programs)}): no person has read the answers"
            row["note"] = "; ".join(filter(None, [said, str(row["note"])]))
    return rows


def _row(
    statistic: str, raters: Sequence[str], items: int, value: float | None, note: str, by: str
) -> dict[str, object]:
    values = (statistic, " ".join(raters), items, value, note, "", by)
    return dict(zip(AGREEMENT_COLUMNS, values, strict=True))


def _of_one(rater: str, given: Mapping[str, int], shown: int | None) -> dict[str, object]:
    notes = []
    if shown is not None and len(given) < shown:
        notes.append(f"{shown - len(given)} of {shown} answers not rated")
    if len(set(given.values())) == 1:
        notes.append(f"{rater} gave {next(iter(given.values()))} throughout")
    value = 100 * sum(given.values()) / len(given) if given else None
    return _row(EQUIVALENT, [rater], len(given), value, "; ".join(notes), "mean of ratings, in percent")


def _of_two(first: str, second: str, pairs: Sequence[tuple[int, int]]) -> list[dict[str, object]]:
    from sklearn.metrics import cohen_kappa_score

    by = f"scikit-learn {version('scikit-learn')}: cohen_kappa_score, unweighted"
    raters = [first, second]
    if not pairs:
        note = "no answer that both rated"
        return [
            _row(PERCENT, raters, 0, None, note, "share of equal ratings, in percent"),
            _row(KAPPA, raters, 0, None, note, by),
        ]
    left, right = zip(*pairs, strict=True)
    percent = 100 * sum(a == b for a, b in pairs) / len(pairs)
    constant = [(name, given[0]) for name, given in ((first, left), (second, right)) if len(set(given)) == 1]
    note = "; ".join(f"{name} gave {rating} throughout" for name, rating in constant)
    if len({*left, *right}) == 1:
        kappa, note = None, f"kappa is not defined: both gave {left[0]} throughout"
    else:
        kappa = float(cohen_kappa_score(left, right))
        note = f"{note}: kappa is 0 whatever the other says" if constant and not kappa else note
    return [
        _row(PERCENT, raters, len(pairs), percent, "", "share of equal ratings, in percent"),
        _row(KAPPA, raters, len(pairs), kappa, note, by),
    ]


def _of_all(ratings: Ratings) -> dict[str, object]:
    from nltk.metrics.agreement import AnnotationTask

    by = f"NLTK {version('nltk')}: AnnotationTask.alpha, nominal"
    counts: dict[str, int] = {}
    for given in ratings.values():
        for item in given:
            counts[item] = counts.get(item, 0) + 1
    shared = {item for item, count in counts.items() if count > 1}
    triples = [
        (rater, item, rating) for rater, given in ratings.items() for item, rating in given.items() if item in shared
    ]
    values = {rating for *_, rating in triples}
    if len(ratings) < 2:
        alpha, note = None, "one rater: nothing to compare"
    elif not triples:
        alpha, note = None, "no answer that two raters rated"
    elif len(values) == 1:
        alpha, note = None, f"alpha is not defined: every rating is {values.pop()}"
    else:
        alpha, note = float(AnnotationTask(triples).alpha()), ""
    return _row(ALPHA, list(ratings), len(shared), alpha, note, by)

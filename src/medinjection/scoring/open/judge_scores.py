"""What the judges of open answers say of each model: the mean of their scores, and how many could be read."""

from collections.abc import Collection, Sequence
from pathlib import Path
from statistics import fmean

from medinjection.records.errors import InputError
from medinjection.records.files import read_columns

JUDGE_COLUMNS = ("judge", "model", "answers", "parsed", "mean", "parse_rate")


def judge_rows(
    judge: str, folder: Path | str, models: Sequence[str], answered: Collection[str]
) -> list[dict[str, object]]:
    """Return a row of JUDGE_COLUMNS per model for the judgements in one judge's folder.

    `mean` is over the judgements that could be read, None where none could; `parse_rate` is their share of all.

    Args:
        answered: ids of the records whose answers are scored, which every model's judgements must be of.

    Raises:
        InputError: a model has no file there, the file lacks a column, its judgements are not exactly one for each
            answer, or a score is outside 0 to 1.
    """
    rows: list[dict[str, object]] = []
    for model in models:
        path = Path(folder) / f"{model}.parquet"
        if not path.is_file():
            raise InputError(f"{path}: no such file, expected the judgements of model {model}")
        table = read_columns(path, None, ("record_id", "score"))
        _check_judged(table["record_id"].to_pylist(), answered, f"{path}: judge {judge}, model {model}")
        scores = table["score"].to_pylist()
        parsed = [score for score in scores if score is not None]
        if wrong := [score for score in parsed if not 0 <= score <= 1]:
            raise InputError(f"{path}: a score is {wrong[0]!r}, expected 0 to 1")
        mean = fmean(parsed) if parsed else None
        share = len(parsed) / len(scores) if scores else None
        rows.append(dict(zip(JUDGE_COLUMNS, (judge, model, len(scores), len(parsed), mean, share), strict=True)))
    return rows


def _check_judged(judged: Sequence[str], answered: Collection[str], place: str) -> None:
    """Check that every answer is judged once: a mean over some of them would be one of other questions."""
    counts = f"{len(judged)} judgements, expected one for each of the {len(answered)} answers that are scored"
    expected, found = set(answered), set(judged)
    if missing := sorted(expected - found):
        raise InputError(f"{place}: {counts}; none of record {missing[0]} ({len(missing)} such records)")
    if unknown := sorted(found - expected):
        raise InputError(f"{place}: {counts}; record {unknown[0]} is none of these ({len(unknown)} such records)")
    if len(judged) > len(found):
        raise InputError(f"{place}: {counts}; some records are judged more than once")

"""What the judges of open answers say of each model: the mean of their scores, and how many could be read.

A judge's texts are read twice: strictly, and as the authors' released program reads them.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from statistics import fmean

from medinjection.records.errors import InputError
from medinjection.records.files import read_columns
from medinjection.scoring.open.readings import read_score_as_released

JUDGE_COLUMNS = (
    "judge",
    "model",
    "answers",
    "parsed",
    "mean",
    "parse_rate",
    "parsed_released",
    "mean_released",
    "parse_rate_released",
)


def judge_rows(
    judge: str, folder: Path | str, models: Sequence[str], answered: Collection[str]
) -> list[dict[str, object]]:
    """Return a row of JUDGE_COLUMNS per model for the judgements in one judge's folder.

    `mean` is over the judgements that could be read, None where none could; `parse_rate` is their share of all. The
    columns `*_released` say the same of the texts as `read_score_as_released` reads them.

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
        table = read_columns(path, None, ("record_id", "score", "raw_output"))
        _check_judged(table["record_id"].to_pylist(), answered, f"{path}: judge {judge}, model {model}")
        scores = table["score"].to_pylist()
        if wrong := [score for score in scores if score is not None and not 0 <= score <= 1]:
            raise InputError(f"{path}: a score is {wrong[0]!r}, expected 0 to 1")
        released = [read_score_as_released(text or "") for text in table["raw_output"].to_pylist()]
        cells = (judge, model, len(scores), *_summary(scores), *_summary(released))
        rows.append(dict(zip(JUDGE_COLUMNS, cells, strict=True)))
    return rows


def _summary(scores: Sequence[float | None]) -> tuple[int, float | None, float | None]:
    """Return how many scores there are, their mean, and their share of all."""
    parsed = [score for score in scores if score is not None]
    return len(parsed), fmean(parsed) if parsed else None, len(parsed) / len(scores) if scores else None


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

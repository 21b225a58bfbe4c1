"""Table 6: open questions by text metrics and LLM judges (paper section 5.2)."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from statistics import fmean

import pyarrow.parquet as pq

from medinjection.records.errors import InputError
from medinjection.reporting.reading import check_models, number, read_rows
from medinjection.reporting.tables.layouts import TABLE_6
from medinjection.reporting.tables.table import ResultTable, Row

# csv column -> (metric, variant) of scores/open.csv; a metric that no run computes leaves its cells empty.
_METRICS = {
    "bleu": ("bleu", ("default", "-")),
    "rouge2": ("rouge2", ("default",)),
    "meteor": ("meteor", ("default",)),
    "bertscore_f1": ("bertscore_f1", ("default", "-")),
    "rouge2_fr": ("rouge2", ("fr",)),
}


def read_open_scores(path: Path | str) -> dict[tuple[str, str, str], float]:
    """Read scores/open.csv over all sources: (model, metric, variant) -> value of 0 to 100."""
    values = {}
    for row in read_rows(path, ("model", "source", "metric", "variant", "value", "n", "signature")):
        key = (row["model"], row["metric"], row["variant"])
        value = number(row["value"], path, ", ".join(key))
        if row["source"] == "all" and value is not None:
            if key in values:
                raise InputError(f"{path}: {', '.join(key)} occurs twice for the source all")
            values[key] = value
    return values


def read_judgements(
    folder: Path | str, models: Sequence[str], answered: Collection[str], judge: str
) -> dict[str, tuple[float | None, float | None]]:
    """Read one judge's folder: model -> mean score over the judgements that could be read, and the percentage read.

    Args:
        answered: ids of the records whose answers are scored, which every model's judgements must be of.
        judge: name of the judge, for messages.

    Raises:
        InputError: a model has no file there, the file lacks a column, its judgements are not exactly one for each
            answer, or a score is outside 0 to 1.
    """
    judged = {}
    for model in models:
        path = Path(folder) / f"{model}.parquet"
        if not path.is_file():
            raise InputError(f"{path}: no such file, expected the judgements of model {model}")
        if absent := [name for name in ("record_id", "score") if name not in pq.read_schema(path).names]:
            raise InputError(f"{path}: no column {absent[0]}")
        table = pq.read_table(path, columns=["record_id", "score"])
        _check_judged(table["record_id"].to_pylist(), answered, f"{path}: judge {judge}, model {model}")
        scores = table["score"].to_pylist()
        parsed = [score for score in scores if score is not None]
        if wrong := [score for score in parsed if not 0 <= score <= 1]:
            raise InputError(f"{path}: a score is {wrong[0]!r}, expected 0 to 1")
        share = 100 * len(parsed) / len(scores) if scores else None
        judged[model] = (fmean(parsed) if parsed else None, share)
    return judged


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


def table_6(
    scores: Mapping[tuple[str, str, str], float],
    judges: Mapping[str, Mapping[str, tuple[float | None, float | None]]],
    published: Mapping[str, Mapping[str, str]],
    models: Sequence[str],
    path: Path | str = "scores",
) -> ResultTable:
    """Return Table 6.

    Args:
        scores: as `read_open_scores` returns them.
        judges: judge -> what `read_judgements` returns; the first is the one of the paper's column.
        published: the paper's Table 6 as `read_published` returns it.
        path: file of the scores, for messages.

    Raises:
        InputError: a model has no score.
    """
    check_models(models, (model for model, _, _ in scores), path)
    rows = []
    for model in models:
        ours: dict[str, float | None] = {
            key: next((scores[model, metric, v] for v in variants if (model, metric, v) in scores), None)
            for key, (metric, variants) in _METRICS.items()
        }
        for place, (judge, judged) in enumerate(judges.items()):
            column, rate = _judge_columns(judge, place)
            ours[column], ours[rate] = judged[model]
        rows.append(Row(model, ours, published.get(model, {})))
    columns = [name for place, judge in enumerate(judges) for name in _judge_columns(judge, place)]
    extra = ("rouge2_fr", *(name for name in columns if name != "llm_judge"))
    return ResultTable(TABLE_6, tuple(rows), extra)


def _judge_columns(judge: str, place: int) -> tuple[str, str]:
    return ("llm_judge", "judge_parse_rate") if place == 0 else (f"judge_{judge}", f"judge_{judge}_parse_rate")

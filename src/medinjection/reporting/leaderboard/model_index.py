"""The block of results in a model's card, `model-index`, as the Hub reads it."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import yaml

from medinjection.reporting.leaderboard.grids import Row
from medinjection.reporting.reading import number
from medinjection.reporting.remark import NO_REMARK, Remark

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

_TASK, _TASK_NAME = "question-answering", "French medical choice questions"
_MARK = "Mark of the French medical exam, out of 20"
# Column of scores/leaderboard.csv, a share -> name of its metric.
_OVERALL = {"exact_match": "Exact match", "hamming": "Hamming score (intersection over union of the sets of options)"}


def model_index(
    model: str, exam: Iterable[Row], board: Iterable[Row], datasets: Mapping[str, str], remark: Remark = NO_REMARK
) -> str:
    """Return the YAML block that a lab pastes into its model's card, with `---` above and below.

    It has the mark of each source and of all sources together, and the exact match and Hamming score of all, by
    decoding, over every order.

    Args:
        exam: rows of `scoring.exam.scores.EXAM_COLUMNS`, of all models.
        board: rows of `scoring.leaderboard.board.BOARD_COLUMNS`, of all models.
        datasets: source -> id of its data set on the Hub; a source without one keeps its name.

    Raises:
        InputError: a cell is no number.
    """
    from huggingface_hub.repocard_data import eval_results_to_model_index

    results = [
        _result(row, "mark", 1, "exam_mark", _MARK, row["source"], datasets)
        for row in exam
        if row["model"] == model and row["task"] == "all" and row["orders"] == "all"
    ]
    results += [
        _result(row, name, 100, name, f"{said}, %", "all", datasets)
        for row in board
        if row["model"] == model
        for name, said in _OVERALL.items()
    ]
    index: dict[str, Any] = {"model-index": eval_results_to_model_index(model, results)}
    said = f"# {remark}\n" if str(remark) else ""
    return f"---\n{said}{yaml.safe_dump(index, allow_unicode=True, sort_keys=False, width=1000)}---\n"


def _result(
    row: Row, column: str, scale: float, metric: str, said: str, source: str, datasets: Mapping[str, str]
) -> "EvalResult":
    from huggingface_hub import EvalResult

    def value(name: str) -> float | None:
        found = number(row[name], "leaderboard", f"{row['model']}: {name}")
        return None if found is None else round(scale * found, 2)

    return EvalResult(
        task_type=_TASK,
        task_name=_TASK_NAME,
        dataset_type=datasets.get(source, source),
        dataset_name="All sources" if source == "all" else source,
        dataset_split="test",
        metric_type=metric,
        metric_name=f"{said} ({row['decoding']} decoding)",
        metric_value=value(column),
        metric_args={
            "decoding": row["decoding"],
            "questions": int(row["n"]),
            "interval_95": [value(f"{column}_ci_low"), value(f"{column}_ci_high")],
            "chance": value(f"chance_{column}"),
        },
    )

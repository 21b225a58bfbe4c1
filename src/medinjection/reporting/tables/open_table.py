"""Table 6: open questions by text metrics and LLM judges (paper section 5.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from medinjection.records.csv_rows import read_rows
from medinjection.records.errors import InputError
from medinjection.reporting.reading import check_models, number
from medinjection.reporting.tables.layouts import TABLE_6
from medinjection.reporting.tables.table import RELEASED, ResultTable, Row
from medinjection.scoring.open.averages import ALL, TEXT_COLUMNS, shown_average
from medinjection.scoring.open.judge_scores import JUDGE_COLUMNS

# csv column -> (metric, variant) of scores/open.csv; a metric that a run does not compute leaves its cells empty.
_PUBLISHED = {
    "bleu": ("bleu", "default"),
    "rouge2": ("rouge2", "default"),
    "meteor": ("meteor", "default"),
    "bertscore_f1": ("bertscore_f1_rescaled", "default"),
}
# The same of columns that the paper does not have; those that a run does not compute are left out.
_OWN = {
    "bleu_fr": ("bleu", "fr"),
    "rouge2_fr": ("rouge2", "fr"),
    "meteor_fr": ("meteor", "fr"),
    "bertscore_f1_fr": ("bertscore_f1_rescaled", "fr"),
    "bertscore_f1_raw": ("bertscore_f1", "default"),
}


def read_open_scores(path: Path | str) -> dict[tuple[str, str, str], float]:
    """Read scores/open.csv: (model, metric, variant) -> value of 0 to 100, in the average beside the paper's."""
    values = {}
    for row in read_rows(path, TEXT_COLUMNS):
        key = (row["model"], row["metric"], row["variant"])
        value = number(row["value"], path, ", ".join(key))
        if (row["source"], row["average"]) == (ALL, shown_average(row["metric"])) and value is not None:
            if key in values:
                raise InputError(f"{path}: {', '.join(key)} occurs twice for all answers")
            values[key] = value
    return values


def answers_behind(scores: Path | str, judges: Path | str) -> dict[tuple[str, str], int]:
    """Return how many answers each number of Table 6 is over, by model and csv column.

    A judge's mean is over the judgements that could be read, its parse rate over all.

    Args:
        scores: scores/open.csv.
        judges: scores/judges.csv; no such file is no judge.

    Raises:
        InputError: as `read_rows`, or a cell is no number.
    """
    columns = {key: column for column, key in (_PUBLISHED | _OWN).items()}
    found = {}
    for row in read_rows(scores, TEXT_COLUMNS):
        column = columns.get((row["metric"], row["variant"]))
        if column and (row["source"], row["average"]) == (ALL, shown_average(row["metric"])):
            found[row["model"], column] = _count(row, "n", scores)
    rows = read_rows(judges, JUDGE_COLUMNS) if Path(judges).is_file() else []
    places = {judge: place for place, judge in enumerate(dict.fromkeys(row["judge"] for row in rows))}
    for row in rows:
        mean, rate, *_ = _judge_columns(row["judge"], places[row["judge"]])
        found[row["model"], mean] = _count(row, "parsed", judges)
        found[row["model"], rate] = _count(row, "answers", judges)
    return found


@dataclass(frozen=True, slots=True)
class JudgeScore:
    """What a judge says of a model: mean score over the judgements that could be read, and their share of all.

    `*_released`: the same, read as the released program reads.
    """

    mean: float | None
    parse_rate: float | None
    mean_released: float | None
    parse_rate_released: float | None


def read_judge_scores(path: Path | str) -> dict[str, dict[str, JudgeScore]]:
    """Read scores/judges.csv: judge, in their order -> model -> what it says.

    Raises:
        InputError: as `read_rows`, or a cell is no number, or a line occurs twice.
    """
    judges: dict[str, dict[str, JudgeScore]] = {}
    for row in read_rows(path, JUDGE_COLUMNS):
        of_judge = judges.setdefault(row["judge"], {})
        place = f"{row['judge']}, {row['model']}"
        if row["model"] in of_judge:
            raise InputError(f"{path}: {place} occurs twice")
        names = ("mean", "parse_rate", "mean_released", "parse_rate_released")
        numbers = (number(row[name], path, f"{place}: {name}") for name in names)
        of_judge[row["model"]] = JudgeScore(*numbers)
    return judges


def table_6(
    scores: Mapping[tuple[str, str, str], float],
    judges: Mapping[str, Mapping[str, JudgeScore]],
    published: Mapping[str, Mapping[str, str]],
    models: Sequence[str],
    path: Path | str = "scores",
) -> ResultTable:
    """Return Table 6.

    Args:
        scores: as `read_open_scores` returns them.
        judges: as `read_judge_scores` returns them; the first judge is the one of the paper's column.
        published: the paper's Table 6 as `read_published` returns it.
        path: file of the scores, for messages.

    Raises:
        InputError: a model has no score, or a judge has none of it.
    """
    check_models(models, (model for model, _, _ in scores), path)
    rows = []
    for model in models:
        ours: dict[str, float | None] = {
            key: scores.get((model, metric, variant)) for key, (metric, variant) in (_PUBLISHED | _OWN).items()
        }
        for place, (judge, judged) in enumerate(judges.items()):
            check_models([model], judged, f"judge {judge}")
            said = judged[model]
            values = (said.mean, _percent(said.parse_rate), said.mean_released, _percent(said.parse_rate_released))
            ours |= dict(zip(_judge_columns(judge, place), values, strict=True))
        rows.append(Row(model, ours, published.get(model, {})))
    columns = [name for place, judge in enumerate(judges) for name in _judge_columns(judge, place)]
    own = (key for key in _OWN if any(row.ours[key] is not None for row in rows))
    extra = (*own, *(name for name in columns if name != "llm_judge"))
    return ResultTable(TABLE_6, tuple(rows), extra)


def _judge_columns(judge: str, place: int) -> tuple[str, ...]:
    """Return a judge's csv columns: mean and parse rate, read strictly, then both as the released program reads."""
    strict = ("llm_judge", "judge_parse_rate") if place == 0 else (f"judge_{judge}", f"judge_{judge}_parse_rate")
    return (*strict, *(f"{name}{RELEASED}" for name in strict))


def _count(row: Mapping[str, str], name: str, path: Path | str) -> int:
    return int(number(row[name], path, f"{row['model']}: {name}") or 0)


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share

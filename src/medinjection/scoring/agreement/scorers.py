"""The rated answers of a run, and the scores that judges and text metrics gave the same answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from medinjection.records.errors import InputError
from medinjection.records.files import read_columns

JUDGE = "judge"
METRIC = "metric"
NO_VARIANT = "-"
# A linear function of bertscore_f1, which it would only repeat.
_LEFT_OUT = ("bertscore_f1_rescaled",)

# Model and record: one answer.
Answer = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Ratings:
    """The rated answers, in their order: each one's mean rating (0 to 1) over its raters.

    Attributes:
        raters: who rated.
        simulated: those of them that are programs.
        probabilities: of being drawn, of each rated answer; empty where all answers of a group were as likely.
    """

    means: Mapping[Answer, float]
    raters: tuple[str, ...]
    simulated: tuple[str, ...]
    probabilities: Mapping[Answer, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scorer:
    """What gives answers a score: a judge (without a variant) or a text metric; None where an answer got none."""

    kind: str
    name: str
    variant: str
    scores: Mapping[Answer, float | None]


def read_mean_ratings(path: Path | str) -> Ratings:
    """Read human/ratings.parquet.

    Raises:
        InputError: the file cannot be read, lacks a column, has no rating, or a rater rated an answer twice or neither
            0 nor 1; an answer's probability is none, or only some answers have one.
    """
    table = read_columns(path, None, ("model", "record_id", "rater", "rating", "simulated", "probability"))
    given: dict[Answer, dict[str, int]] = {}
    simulated: dict[str, bool] = {}
    for row in table.to_pylist():
        of_answer = given.setdefault((row["model"], row["record_id"]), {})
        place = f"{path}: rater {row['rater']}, model {row['model']}, record {row['record_id']}"
        if row["rater"] in of_answer:
            raise InputError(f"{place}: rated twice, expected one rating of an answer by each rater")
        if row["rating"] not in (0, 1):
            raise InputError(f"{place}: rating is {row['rating']!r}, expected 0 or 1")
        of_answer[row["rater"]] = row["rating"]
        simulated[row["rater"]] = simulated.get(row["rater"], False) or row["simulated"]
    if not given:
        raise InputError(f"{path}: no rating, expected at least one")
    said = {(row["model"], row["record_id"]): row["probability"] for row in table.to_pylist()}
    chances = {answer: chance for answer, chance in said.items() if chance is not None}
    if chances and (len(chances) < len(given) or not all(0 < chance <= 1 for chance in chances.values())):
        raise InputError(f"{path}: probability: expected a number above 0, up to 1, for every rated answer or for none")
    means = {answer: sum(of_answer.values()) / len(of_answer) for answer, of_answer in given.items()}
    programs = tuple(rater for rater, made_up in simulated.items() if made_up)
    return Ratings(means, tuple(simulated), programs, chances)


def read_judge(judge: str, folder: Path | str, answers: Sequence[Answer]) -> Scorer:
    """Read what a judge said of some answers; text that is no score counts as none.

    Raises:
        InputError: a file cannot be read or lacks a column, an answer is judged twice, or one was not judged.
    """
    scores: dict[Answer, float | None] = {}
    for model in dict.fromkeys(model for model, _ in answers):
        path = Path(folder) / f"{model}.parquet"
        table = _of_records(read_columns(path, None, ("record_id", "score")), answers)
        found = _by_answer(table.append_column("model", pa.array([model] * len(table), pa.string())), path)
        for answer in (answer for answer in answers if answer[0] == model):
            if answer not in found:
                raise InputError(f"{path}: no judgement of record {answer[1]}, expected one of each answer")
            scores[answer] = found[answer]
    return Scorer(JUDGE, judge, NO_VARIANT, scores)


def read_metrics(path: Path | str, answers: Sequence[Answer]) -> list[Scorer]:
    """Read scores/open_answers.parquet for some answers: a scorer for each metric and variant, in their order.

    Raises:
        InputError: the file cannot be read or lacks a column, or an answer has no score, or two, of a metric.
    """
    table = _of_records(read_columns(path, None, ("model", "record_id", "metric", "variant", "score")), answers)
    scorers = []
    for metric, variant in dict.fromkeys(
        zip(*(table[name].to_pylist() for name in ("metric", "variant")), strict=True)
    ):
        if metric in _LEFT_OUT:
            continue
        chosen = pc.and_(pc.equal(table["metric"], metric), pc.equal(table["variant"], variant))
        found = _by_answer(table.filter(chosen), f"{path}: {metric}, {variant}")
        if missing := [answer for answer in answers if answer not in found]:
            model, record = missing[0]
            raise InputError(f"{path}: {metric}, {variant}: no score of record {record} by {model}, which is rated")
        scorers.append(Scorer(METRIC, metric, variant, {answer: found[answer] for answer in answers}))
    return scorers


def _of_records(table: pa.Table, answers: Sequence[Answer]) -> pa.Table:
    wanted = pa.array(sorted({record for _, record in answers}), pa.string())
    return table.filter(pc.is_in(table["record_id"], value_set=wanted))


def _by_answer(table: pa.Table, place: Path | str) -> dict[Answer, float | None]:
    found: dict[Answer, float | None] = {}
    for row in table.to_pylist():
        answer = (row["model"], row["record_id"])
        if answer in found:
            raise InputError(f"{place}: record {answer[1]} by {answer[0]} is scored twice")
        found[answer] = row["score"]
    return found

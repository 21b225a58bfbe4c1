"""Answers to open questions with what judges say of them."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection.records.errors import InputError
from medinjection.records.files import read_columns
from medinjection.reporting.explorer.packs import Packs
from medinjection.reporting.explorer.questions import PART, Questions
from medinjection.scoring.files import errors_naming, open_predictions_of

# What stands for a judge's text that is no score, and for an answer that was not judged.
NO_SCORE, NOT_JUDGED = 2, 3


def write_open_answers(
    files: Mapping[str, Path],
    judgements: Mapping[str, Path],
    numbers: Mapping[str, int],
    questions: Questions,
    packs: Packs,
) -> None:
    """Write the answers of every model, one model at a time.

    `open/judged-<number>.js` has for each judge and question 0, 1, NO_SCORE or NOT_JUDGED;
    `open/said-<number>-<part>.js` for each question the answer, its length in tokens and whether it was finished, null
    where there is none.

    Args:
        files: model -> its predictions.
        judgements: judge -> folder of its `<model>.parquet`.
        numbers: model -> its number in names of files.

    Raises:
        InputError: a file is missing or of another schema, or a record is not among the questions.
    """
    for (model, path), (_, predictions) in zip(
        files.items(), open_predictions_of([*files.values()], [*files]), strict=True
    ):
        with errors_naming(path):
            places = questions.places(predictions["record_id"])
        for part, said in enumerate(_said(predictions, places, len(questions))):
            packs.write_json(f"open/said-{numbers[model]}-{part}", said)
        judged = [_scores(judge / f"{model}.parquet", questions) for judge in judgements.values()]
        packs.write_array(f"open/judged-{numbers[model]}", np.array(judged, dtype=np.uint8))


def _said(predictions: pa.Table, places: np.ndarray, count: int) -> Iterator[list[list[object] | None]]:
    """Yield the answers, a part of the questions after the other."""
    row_of = np.full(count, -1)
    row_of[places] = np.arange(len(places))
    table = predictions.select(["output", "output_tokens", "finished"])
    for first in range(0, count, PART):
        rows = row_of[first : first + PART]
        answers = iter(table.take(pa.array(rows[rows >= 0])).to_pylist())
        yield [[*next(answers).values()] if row >= 0 else None for row in rows]


def _scores(path: Path, questions: Questions) -> np.ndarray:
    judged = read_columns(path, None, ("record_id", "score"))
    scores = np.full(len(questions), NOT_JUDGED, dtype=np.uint8)
    with errors_naming(path):
        places = questions.places(judged["record_id"])
        if wrong := {*pc.unique(judged["score"]).to_pylist()} - {0, 1, None}:
            raise InputError(f"a score is {min(wrong)}, expected 0, 1 or null")
    scores[places] = judged["score"].fill_null(NO_SCORE).to_numpy()
    return scores

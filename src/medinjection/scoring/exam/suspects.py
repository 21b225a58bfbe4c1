"""Answer keys that are suspect: strong models agree on another answer, whatever the order of the options."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection.prediction.schema import GREEDY
from medinjection.records.errors import InputError
from medinjection.records.schema import LETTERS
from medinjection.scoring.choice.scores import option_sets
from medinjection.scoring.exam.errata import VERDICT_COLUMNS, Verdict

# Columns of RECORD_SCHEMA that a person needs to judge a key.
QUESTION_COLUMNS = ("id", "context", "question", "options")
SUSPECT_COLUMNS = (
    "record_id",
    "source",
    "task",
    "context",
    "question",
    "options",
    "key",
    "agreed",
    "share",
    "models",
    "orders",
    *VERDICT_COLUMNS[1:],
)


@dataclass(frozen=True, slots=True)
class Agreement:
    """When a key is suspect.

    `min_share` of the answers of at least `min_models` models, over all orders, must be one and the same other answer.
    """

    min_models: int = 2
    min_share: float = 1.0


class AnswerCounts:
    """The greedy answers of several models to each question, over all orders, counted file by file."""

    def __init__(self) -> None:
        self._models: list[str] = []
        self._answers: dict[str, Counter[int]] = defaultdict(Counter)
        self._known: dict[str, tuple[str, str, int]] = {}
        self._orders: dict[str, set[tuple[int, ...]]] = defaultdict(set)

    def add(self, predictions: pa.Table) -> None:
        """Count the answers of one more model, a table of CHOICE_SCHEMA."""
        greedy = predictions.filter(pc.equal(predictions["decoding"], GREEDY))
        if not len(greedy):
            return
        self._models.append(greedy["model"][0].as_py())
        columns = (greedy[name].to_pylist() for name in ("record_id", "source", "task", "option_order"))
        sets = (option_sets(greedy, name).tolist() for name in ("predicted_indices", "gold_indices"))
        for record_id, source, task, order, predicted, gold in zip(*columns, *sets, strict=True):
            self._answers[record_id][predicted] += 1
            self._known[record_id] = (source, task, gold)
            self._orders[record_id].add(tuple(order))

    def rows(
        self, questions: pa.Table, agreement: Agreement, verdicts: Mapping[str, Verdict]
    ) -> list[dict[str, object]]:
        """Return rows of SUSPECT_COLUMNS, by record id, with the verdict of a person where there is one.

        `key` and `agreed` are letters of the published order, `share` the share of the answers that agree, `orders`
        in how many different orders the options were shown: one order alone cannot tell agreement from a common
        preference for a letter.

        Args:
            questions: a table with QUESTION_COLUMNS.

        Raises:
            InputError: a suspect question is not among the questions.
        """
        if len(self._models) < agreement.min_models:
            return []
        found = {
            record_id: (answer, count / counts.total())
            for record_id, counts in sorted(self._answers.items())
            for answer, count in counts.most_common(1)
            if answer and answer != self._known[record_id][2] and count >= agreement.min_share * counts.total()
        }
        texts = _texts(questions, found)
        rows: list[dict[str, object]] = []
        for record_id, (answer, share) in found.items():
            source, task, gold = self._known[record_id]
            text, verdict = texts[record_id], verdicts.get(record_id)
            options = " | ".join(
                f"({letter}) {option}" for letter, option in zip(LETTERS, text["options"], strict=False)
            )
            said = (verdict.verdict, verdict.by, verdict.date, verdict.reason) if verdict else ("", "", "", "")
            cells = (text["context"] or "", text["question"], options, _letters(gold), _letters(answer), share)
            values = (record_id, source, task, *cells, " ".join(self._models), len(self._orders[record_id]), *said)
            rows.append(dict(zip(SUSPECT_COLUMNS, values, strict=True)))
        return rows


def _texts(questions: pa.Table, wanted: Iterable[str]) -> dict[str, dict[str, Any]]:
    ids = list(wanted)
    chosen = questions.filter(pc.is_in(questions["id"], pa.array(ids, pa.string())))
    texts = {row["id"]: row for row in chosen.select(QUESTION_COLUMNS).to_pylist()}
    if missing := [record_id for record_id in ids if record_id not in texts]:
        raise InputError(f"record {missing[0]} was answered, but is not among the questions")
    return texts


def _letters(options: int) -> str:
    return "".join(LETTERS[i] for i in np.flatnonzero([options >> i & 1 for i in range(options.bit_length())]))

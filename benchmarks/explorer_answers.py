"""Answers for `explorer.py`: drawn at random to rendered questions, in the files that a run has."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from choice_material import KNOWLEDGE_BASE
from rendered_records import render

from medinjection.prediction.schema import CHOICE_SCHEMA, DECODINGS, OPEN_SCHEMA, REASONING_SCHEMA
from medinjection.records.files import read_columns, read_records, write_records, write_table
from medinjection.records.schema import LETTERS, Record
from medinjection.scoring.open.judges import JUDGEMENT_SCHEMA

WORDS_AROUND = 12
WORDS_OF_AN_ANSWER = 60
WORDS_OF_A_REASONING = 400


def write_answers(folder: Path, questions: int, models: int, orders: int, thinking: int) -> list[str]:
    """Write questions, predictions and judgements into a folder, and return the names of the models.

    The first `thinking` models reason before each answer.
    """
    # Copies are planted among the records: more than are needed, so that enough are left.
    render(folder / "rendered", KNOWLEDGE_BASE, 2 * questions, seed=1)
    records = [record for path in sorted(folder.glob("rendered/*/*.parquet")) for record in read_records(path)]
    opened = [record for record in records if record.task == "oeq"][: questions // 10]
    choice = [record for record in records if record.task != "oeq"][: questions - len(opened)]
    write_records(folder / "choice.parquet", choice)
    write_records(folder / "open.parquet", opened)
    drawn = np.random.default_rng(1)
    words = np.array(" ".join(record.question for record in choice[:500]).split())
    difficulty = drawn.random(len(choice))
    names = [f"model-{number}" for number in range(models)]
    for model, skill in zip(names, np.linspace(0.3, 0.8, models), strict=True):
        chances = np.clip(skill - 0.4 * (difficulty - 0.5), 0, 1)
        write_table(folder / model / "choice.parquet", _choice(model, choice, chances, orders, words, drawn))
        write_table(folder / model / "open.parquet", _open(model, opened, words, drawn))
        judged = {
            "record_id": [record.id for record in opened],
            "score": drawn.integers(0, 2, len(opened)),
            "raw_output": ["1"] * len(opened),
        }
        write_table(folder / "judge" / f"{model}.parquet", pa.table(judged, schema=JUDGEMENT_SCHEMA))
    for model in names[:thinking]:
        shown = read_columns(
            folder / model / "choice.parquet", CHOICE_SCHEMA, ("record_id", "option_order", "decoding")
        )
        write_table(folder / model / "reasoning.parquet", _reasoning(model, shown, words, drawn))
    return names


def _reasoning(model: str, shown: pa.Table, words: np.ndarray, drawn: np.random.Generator) -> pa.Table:
    asked = shown.filter(pc.equal(shown["decoding"], DECODINGS[0]))
    count = len(asked)
    columns = {
        "model": [model] * count,
        "record_id": asked["record_id"],
        "kind": ["choice"] * count,
        "option_order": asked["option_order"],
        "reasoning": [" ".join(drawn.choice(words, WORDS_OF_A_REASONING)) for _ in range(count)],
        "reasoning_tokens": [WORDS_OF_A_REASONING] * count,
        "finished": [True] * count,
    }
    return pa.table(columns, schema=REASONING_SCHEMA)


def _choice(
    model: str,
    records: Sequence[Record],
    chances: np.ndarray,
    orders: int,
    words: np.ndarray,
    drawn: np.random.Generator,
) -> pa.Table:
    """Return answers in all orders, greedy ones in a sentence; the constrained ones are mostly the same."""
    rows = []
    for record, chance in zip(records, chances, strict=True):
        count = len(record.options)
        for order in range(orders):
            shown = [int(position) for position in (drawn.permutation(count) if order else range(count))]
            greedy = record.answer_indices if drawn.random() < chance else (int(drawn.integers(count)),)
            constrained = greedy if drawn.random() < 0.9 else (int(drawn.integers(count)),)
            said = " ".join(drawn.choice(words, WORDS_AROUND))
            for decoding, answer in zip(DECODINGS, (greedy, constrained), strict=True):
                letters = ", ".join(sorted(LETTERS[shown.index(option)] for option in answer))
                rows.append(
                    {
                        "model": model,
                        "record_id": record.id,
                        "source": record.source,
                        "task": record.task,
                        "order": order,
                        "decoding": decoding,
                        "option_order": shown,
                        "raw_output": f"Réponse : {letters}. {said}" if decoding == "greedy" else letters,
                        "predicted_indices": list(answer),
                        "letter_logprobs": [-1.0] * count,
                        "gold_indices": list(record.answer_indices),
                    }
                )
    return pa.Table.from_pylist(rows, schema=CHOICE_SCHEMA)


def _open(model: str, records: Sequence[Record], words: np.ndarray, drawn: np.random.Generator) -> pa.Table:
    said = [" ".join(drawn.choice(words, WORDS_OF_AN_ANSWER)) for _ in records]
    columns = {
        "model": [model] * len(records),
        "record_id": [record.id for record in records],
        "source": [record.source for record in records],
        "output": said,
        "output_tokens": [WORDS_OF_AN_ANSWER] * len(records),
        "reference_tokens": [WORDS_OF_AN_ANSWER] * len(records),
        "finished": [True] * len(records),
    }
    return pa.table(columns, schema=OPEN_SCHEMA)

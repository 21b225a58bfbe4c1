"""A model's answers to choice questions: every order of the options, both decodings."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from medinjection.prediction.chunks import Chunks
from medinjection.prediction.decoding import ChoiceAnswer, ChoicePrompt, answer_choice_prompts
from medinjection.prediction.orders import option_order, to_published
from medinjection.prediction.parsing import parse_letters
from medinjection.prediction.schema import CHOICE_SCHEMA, DECODINGS
from medinjection.prediction.thinking.reasoning import Reasoner
from medinjection.records.errors import InputError
from medinjection.records.question_prompts import QuestionPrompts
from medinjection.records.schema import CHOICE_TASKS, LETTERS, Record

_MAX_PERMUTATIONS = 127


def predict_choice(
    model: Any,
    tokenizer: Any,
    records: Sequence[Record],
    model_name: str,
    permutations: int,
    seed: int,
    batch_size: int,
    chunks: Chunks | None = None,
    max_over_length_share: float = 0.0,
    *,
    prompts: QuestionPrompts,
    reasoner: Reasoner | None = None,
) -> pa.Table:
    """Return a model's answers as a table of CHOICE_SCHEMA, by record (in the order given), order and decoding.

    Orders are 0, the published one, and 1 to `permutations`, random (paper section 4.3). Orders of a record that show
    the same options in the same places are answered once.

    Args:
        chunks: keeps answers, and has those of an earlier job.
        max_over_length_share: share of the records that may be too long for the model's context: their raw outputs are
            empty, and so are their log-probabilities.
        prompts: how a question is put.
        reasoner: lets the model reason about each question before it answers; None: it answers at once.

    Raises:
        InputError: a record is no choice question, more prompts than that do not fit the model's context, or the model
            is one that `PromptBatch` cannot read.
    """
    if not 0 <= permutations <= _MAX_PERMUTATIONS:
        raise InputError(f"{permutations} permutations, expected 0 to {_MAX_PERMUTATIONS}")
    asked: dict[tuple[int, tuple[int, ...]], ChoicePrompt] = {}
    shown: list[tuple[int, int, tuple[int, ...]]] = []
    for place, record in enumerate(records):
        letters = _letters_of(record)
        for order in range(permutations + 1):
            permutation = option_order(record.id, len(letters), order, seed, record.shufflable)
            shown.append((place, order, permutation))
            if (place, permutation) not in asked:
                chat = prompts.messages(record, permutation)
                asked[place, permutation] = ChoicePrompt(record.id, chat, letters, record.task, order=permutation)
    chats, description = list(asked.values()), f"choice questions, {model_name}"
    if reasoner is not None:
        chats = reasoner.reasoned(chats, "choice", max_over_length_share)
    ending = reasoner.marks.ending if reasoner else ""
    answers = answer_choice_prompts(
        model, tokenizer, chats, batch_size, description, chunks, max_over_length_share, ending
    )
    answer_of = dict(zip(asked, answers, strict=True))
    rows = [
        _row(model_name, records[place], order, permutation, decoding, answer_of[place, permutation])
        for place, order, permutation in shown
        for decoding in DECODINGS
    ]
    return pa.Table.from_pylist(rows, schema=CHOICE_SCHEMA)


def _letters_of(record: Record) -> str:
    if record.task not in CHOICE_TASKS:
        raise InputError(f"{record.id}: task {record.task}, expected {' or '.join(CHOICE_TASKS)}")
    if len(record.options) > len(LETTERS):
        raise InputError(f"{record.id}: {len(record.options)} options, expected at most {len(LETTERS)}, one per letter")
    return LETTERS[: len(record.options)]


def _row(
    model_name: str, record: Record, order: int, permutation: tuple[int, ...], decoding: str, answer: ChoiceAnswer
) -> dict[str, Any]:
    raw = getattr(answer, decoding)
    predicted = parse_letters(raw, LETTERS[: len(permutation)], record.task)
    return {
        "model": model_name,
        "record_id": record.id,
        "source": record.source,
        "task": record.task,
        "order": order,
        "decoding": decoding,
        "option_order": permutation,
        "raw_output": raw,
        "predicted_indices": to_published(predicted, permutation),
        "letter_logprobs": answer.letter_logprobs,
        "gold_indices": record.answer_indices,
    }

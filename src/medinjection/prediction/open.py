"""A model's greedy answers to open questions."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from medinjection.prediction.batch import end_token_ids
from medinjection.prediction.chunks import Chunks
from medinjection.prediction.greedy import continue_prompts
from medinjection.prediction.prompts import Prompt, answer_texts, context_length, encode_prompts
from medinjection.prediction.schema import OPEN_SCHEMA
from medinjection.prediction.thinking.reasoning import Reasoner
from medinjection.records.chat import assistant_turn
from medinjection.records.errors import InputError
from medinjection.records.question_prompts import QuestionPrompts
from medinjection.records.schema import Record

_logger = logging.getLogger(__name__)


def predict_open(
    model: Any,
    tokenizer: Any,
    records: Sequence[Record],
    model_name: str,
    max_new_tokens: int,
    batch_size: int,
    chunks: Chunks | None = None,
    max_over_length_share: float = 0.0,
    *,
    prompts: QuestionPrompts,
    reasoner: Reasoner | None = None,
) -> pa.Table:
    """Return a model's answers as a table of OPEN_SCHEMA, one row per record, in the order given.

    An answer is the likeliest token again and again; of equally likely ones, that with the lowest id. Prompts that
    begin alike, such as questions of one clinical case, share a batch, which reads what they begin with once. That and
    the batch size change the rounding of numbers and nothing else: in float32 the last digits, so that an answer may
    differ only where two tokens are that near; in bfloat16 an answer between near ties may be another one.

    Args:
        max_new_tokens: maximum number of tokens of an answer (the paper's evaluation: 512); fewer where the model's
            context ends earlier, which is logged and leaves `finished` False.
        chunks: keeps answers, and has those of an earlier job.
        max_over_length_share: maximum share of the records that are too long for the model's context: no token answers
            them.
        prompts: how a question is put.
        reasoner: lets the model reason about each question before it answers; None: it answers at once.

    Raises:
        InputError: a record is no open question, more prompts than that do not fit the model's context, or the model
            is one that `PromptBatch` cannot read.
    """
    for record in records:
        if record.task != "oeq":
            raise InputError(f"{record.id}: task {record.task}, expected oeq")
    if max_new_tokens < 1:
        raise InputError(f"{max_new_tokens} new tokens, expected at least 1")
    if not records:
        return OPEN_SCHEMA.empty_table()
    chats = [Prompt(record.id, prompts.messages(record)) for record in records]
    if reasoner is not None:
        chats = reasoner.reasoned(chats, "open", max_over_length_share)
    encoded = encode_prompts(model, tokenizer, chats, max_over_length_share)
    description = f"open questions, {model_name}"
    chunks = Chunks() if chunks is None else chunks
    answers = answer_open_prompts(model, tokenizer, encoded, max_new_tokens, batch_size, chunks, description)
    outputs = [answers.get(place, []) for place in range(len(records))]
    ends = end_token_ids(model, tokenizer)
    texts = answer_texts(tokenizer, outputs)
    references = tokenizer([assistant_turn(record) for record in records], add_special_tokens=False)["input_ids"]
    rows = []
    for record, output, text, reference in zip(records, outputs, texts, references, strict=True):
        finished = bool(output) and output[-1] in ends
        rows.append(
            {
                "model": model_name,
                "record_id": record.id,
                "source": record.source,
                "output": text,
                "output_tokens": len(output) - finished,
                "reference_tokens": len(reference),
                "finished": finished,
            }
        )
    return pa.Table.from_pylist(rows, schema=OPEN_SCHEMA)


def answer_open_prompts(
    model: Any,
    tokenizer: Any,
    encoded: Mapping[int, np.ndarray],
    max_new_tokens: int,
    batch_size: int,
    chunks: Chunks,
    description: str,
) -> dict[int, list[int]]:
    """Return place -> tokens of the answer to each of the prompts, with the token that ends it where there is one.

    Args:
        encoded: place -> token ids, as `encode_prompts` returns them.

    Raises:
        InputError: the model is one that `PromptBatch` cannot read, or a single prompt does not fit into the memory.
    """
    context = context_length(model)
    limits = {
        i: max_new_tokens if context is None else min(max_new_tokens, context - len(ids)) for i, ids in encoded.items()
    }
    if cut := sum(limit < max_new_tokens for limit in limits.values()):
        _logger.warning("%d of %d prompts leave room for fewer than %d tokens", cut, len(limits), max_new_tokens)
    ends = end_token_ids(model, tokenizer)
    return continue_prompts(model, encoded, limits, ends, batch_size, chunks, description)

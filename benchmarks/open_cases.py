"""Open questions of clinical cases, answered with what they begin with read once, and with each prompt read whole."""

import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from choice_material import KNOWLEDGE_BASE, counted, small_model
from training_variants import REGISTRY

from medinjection.demo.knowledge.facts import load_knowledge_base
from medinjection.demo.knowledge.wording import COURSE_WORDINGS, open_question, statement
from medinjection.prediction.batch import PromptBatch, continue_rows, end_token_ids
from medinjection.prediction.chunks import Chunks, work_off
from medinjection.prediction.open import answer_open_prompts
from medinjection.prediction.prompts import Prompt, context_length, encode_prompts
from medinjection.records.chat import messages
from medinjection.records.errors import InputError
from medinjection.records.schema import Record
from medinjection.sources.readers.by_name import reader_of
from medinjection.sources.registry import load_registry

SOURCE = "mediqal"
# Rendered questions: how many a case has, with how many sentences, and every how many of them there is none.
QUESTIONS_OF_A_CASE, SENTENCES, WITHOUT_CASE = (1, 8), (4, 20), 4
# Prompts that both ways answer before the clock runs.
WARM_UP = 8

Encoded = Mapping[int, np.ndarray]
Answers = dict[int, list[int]]


def read_open_questions(data: Path | None, count: int) -> list[Record]:
    """Return the first open questions of MediQAl, at most `count`; the questions of a case stand together.

    Args:
        data: folder of upstream's files; without it questions are rendered from the knowledge base.

    Raises:
        InputError: the folder has no open question of MediQAl.
    """
    if data is None:
        return _rendered(count)
    source = load_registry(REGISTRY)[SOURCE]
    read = reader_of(source)(data / SOURCE, source)
    found = [item for item in read if isinstance(item, Record) and item.task == "oeq"]
    if not found:
        raise InputError(f"{data / SOURCE}: no open question, expected those of MediQAl")
    return found[:count]


def _rendered(count: int) -> list[Record]:
    facts = load_knowledge_base(KNOWLEDGE_BASE).facts
    drawn = random.Random(0)
    records: list[Record] = []
    case_number = 0
    while len(records) < count:
        case_number += 1
        said = drawn.sample(facts, drawn.randint(*SENTENCES))
        case = " ".join(statement(fact, 0).fr for fact in said) if case_number % WITHOUT_CASE else None
        for _ in range(drawn.randint(*QUESTIONS_OF_A_CASE) if case else 1):
            fact = drawn.choice(facts)
            question = open_question(fact, drawn.choice(COURSE_WORDINGS)).fr
            answer = statement(fact, 0).fr
            name = f"{SOURCE}:{len(records)}"
            records.append(Record(name, "native", SOURCE, "test", "oeq", question, answer, "MIT", case))
    return records[:count]


def answer_apart(model: Any, tokenizer: Any, encoded: Encoded, new_tokens: int, batch_size: int) -> Answers:
    """Answer as `answer_open_prompts` did before prompts shared their beginnings: by length, each prompt read whole."""
    import torch

    ends, context = end_token_ids(model, tokenizer), context_length(model)
    room = {i: new_tokens if context is None else min(new_tokens, context - len(encoded[i])) for i in encoded}

    def answer(places: Sequence[int]) -> list[list[int]]:
        batch = PromptBatch(model, [encoded[i] for i in places])
        return continue_rows(batch, lambda logits: logits.argmax(dim=1), [room[i] for i in places], ends)

    order = sorted(encoded, key=lambda i: (-len(encoded[i]), i))
    with torch.inference_mode():
        return work_off(order, batch_size, answer, Chunks(), "each prompt whole")


def answer_shared(model: Any, tokenizer: Any, encoded: Encoded, new_tokens: int, batch_size: int) -> Answers:
    return answer_open_prompts(model, tokenizer, encoded, new_tokens, batch_size, Chunks(), "beginnings read once")


@dataclass(frozen=True, slots=True)
class Turn:
    """What one way took: CPU seconds, tokens that the model read, padding included, and its answers."""

    seconds: float
    tokens: int
    answers: Answers


def take_turn(answer: Callable[[int], Answers], model: Any, new_tokens: int) -> Turn:
    with counted(model) as read:
        started = time.process_time()
        answers = answer(new_tokens)
        seconds = time.process_time() - started
    return Turn(seconds, read.prefilled + read.decoded, answers)


def open_figures(golden: Path | None, records: Sequence[Record], new_tokens: int, batch_size: int) -> dict[str, Any]:
    """Compare both ways on the same questions; name on standard error the questions whose tokens differ."""
    import torch

    torch.set_num_threads(1)
    model, tokenizer = small_model(golden, records)
    encoded = encode_prompts(model, tokenizer, [Prompt(one.id, messages(one)) for one in records], 1.0)
    ways = [partial(way, model, tokenizer, encoded, batch_size=batch_size) for way in (answer_apart, answer_shared)]
    some = dict(list(encoded.items())[:WARM_UP])
    for way in (answer_apart, answer_shared):
        way(model, tokenizer, some, 1, batch_size)
    # With one new token nothing is read but the prompts.
    whole, shared = (take_turn(way, model, 1) for way in ways)
    whole_answers, shared_answers = (take_turn(way, model, new_tokens) for way in ways)
    differing = [place for place in encoded if whole_answers.answers[place] != shared_answers.answers[place]]
    for place in differing:
        both = (turn.answers[place] for turn in (whole_answers, shared_answers))
        print(f"{records[place].id} differs: {' and '.join(map(str, both))}", file=sys.stderr)
    return {
        "open_questions": len(encoded),
        "open_prompt_tokens": sum(map(len, encoded.values())),
        "open_tokens_read": shared.tokens,
        "open_tokens_read_whole": whole.tokens,
        "open_prefill_ratio": round(shared.tokens / whole.tokens, 3),
        "open_prefill_speedup": round(whole.seconds / shared.seconds, 2),
        "open_new_tokens": sum(map(len, shared_answers.answers.values())),
        "open_speedup": round(whole_answers.seconds / shared_answers.seconds, 2),
        "same_tokens": not differing,
        "open_batch_size": batch_size,
    }

"""What language models will cost, before anything is spent: requests counted, prompts measured, answers assumed.

The messages are those that the stages send. What a journal answers already is known and not to be paid again. Answers
that are asked again, because one was cut off or fails its check, come on top.
"""

import heapq
import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from medinjection.llm.client.keys import key_maker
from medinjection.llm.journal.care import each_line, journals_in
from medinjection.llm.journal.journal import short_key
from medinjection.pricing.requests import ExpectedRequest
from medinjection.pricing.work import Work

# Prompts of so many requests are measured; the others are taken to be as long on average.
SAMPLE = 2000
# What a system and a user message take beside their texts, as OpenAI counts: 3 tokens and the role for each, 3 for the
# answer's beginning (https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken).
_CHAT_TOKENS = 11


@dataclass(frozen=True, slots=True)
class Estimate:
    """What some work costs. Equal requests are one.

    Attributes:
        answered: requests that a journal answers already; their tokens and money are known.
        counted: prompts that were measured, of those to come; the others are taken to be as long.
        prompt_tokens, completion_tokens: of answered requests and of those to come.
        money: paid and to be paid; None where either is unknown.
        paid: what the answers to these requests have cost; None where an answer's price is unknown.
        to_pay: what those to come will cost; None where the language model's prices are unknown.
    """

    stage: str
    source: str
    teacher: str
    model: str
    mode: str
    requests: int
    answered: int
    counted: int
    prompt_tokens: int
    completion_tokens: int
    money: float | None
    paid: float | None
    to_pay: float | None
    basis: str


def estimate(work: Work, tokens: Callable[[str], int], sample: int = SAMPLE) -> Estimate:
    """Price some work.

    Args:
        tokens: counts the tokens of a text.
        sample: maximum of requests whose prompts are measured: those first by the hash of what they send.
    """
    llm = work.llm
    answered_before = _keys_in(work.journals)
    seen: set[bytes] = set()
    matched: set[bytes] = set()
    to_come = 0.0
    # A heap of the largest negated ranks holds the smallest ranks; the number decides between equal ranks.
    chosen: list[tuple[int, int, ExpectedRequest]] = []
    numbers = count()
    key_of_limit: dict[int | None, Callable[..., str]] = {}
    for expected in work.requests:
        limit = expected.max_tokens or llm.max_tokens
        if limit not in key_of_limit:
            key_of_limit[limit] = key_maker(llm.with_max_tokens(limit), work.schema)
        key = short_key(key_of_limit[limit](expected.messages))
        if expected.written:
            if key in seen:
                continue
            seen.add(key)
            if key in answered_before:
                matched.add(key)
                continue
        to_come += expected.times
        heapq.heappush(chosen, (-int.from_bytes(key), next(numbers), expected))
        if len(chosen) > sample:
            heapq.heappop(chosen)
    prompt, answer = _mean_tokens((expected for _, _, expected in chosen), work, tokens)
    prompt_to_come, answer_to_come = round(prompt * to_come), round(answer * to_come)
    known_prompt, known_answer, paid = _answered(work.journals, matched)
    to_pay = llm.cost(prompt_to_come, answer_to_come) if to_come else 0.0
    money = None if paid is None or to_pay is None else paid + to_pay
    return Estimate(
        stage=work.stage,
        source=work.source,
        teacher=work.name,
        model=llm.name,
        mode=llm.mode,
        requests=len(matched) + round(to_come),
        answered=len(matched),
        counted=len(chosen),
        prompt_tokens=known_prompt + prompt_to_come,
        completion_tokens=known_answer + answer_to_come,
        money=money,
        paid=paid,
        to_pay=to_pay,
        basis=work.basis,
    )


def _mean_tokens(sample: Iterable[ExpectedRequest], work: Work, tokens: Callable[[str], int]) -> tuple[float, float]:
    """Return the mean tokens of the prompts and of the answers of a sample."""
    fixed: dict[str, int] = {}
    form = work.llm.parameters(work.schema).get("response_format")
    overhead = _CHAT_TOKENS + (tokens(json.dumps(form)) if form else 0)
    weight = prompt = answer = 0.0
    for expected in sample:
        *before, user = (message["content"] for message in expected.messages)
        for text in before:
            if text not in fixed:
                fixed[text] = tokens(text)
        in_user = tokens(user)
        in_prompt = overhead + sum(fixed[text] for text in before) + in_user + expected.unwritten_tokens
        limit = expected.max_tokens or work.llm.max_tokens or math.inf
        in_answer = min(expected.growth * in_user + expected.answer_tokens + work.llm.reasoning_tokens, limit)
        weight += expected.times
        prompt += expected.times * in_prompt
        answer += expected.times * in_answer
    return (prompt / weight, answer / weight) if weight else (0.0, 0.0)


def _keys_in(folder: Path) -> set[bytes]:
    return {short_key(line.entry.key) for path in _journals(folder) for line in each_line(path) if line.entry}


def _answered(folder: Path, keys: set[bytes]) -> tuple[int, int, float | None]:
    """Return the prompt tokens, the answer tokens and the money of all answers to `keys`."""
    prompt = answer = 0
    paid: float | None = 0.0
    for path in _journals(folder) if keys else ():
        for line in each_line(path):
            if line.entry and short_key(line.entry.key) in keys:
                prompt += line.entry.prompt_tokens or 0
                answer += line.entry.completion_tokens or 0
                paid = None if paid is None or line.entry.cost is None else paid + line.entry.cost
    return prompt, answer, paid


def _journals(folder: Path) -> list[Path]:
    return journals_in(folder) if folder.is_dir() else []

"""Greedy answers of a model that is asked through an OpenAI-compatible endpoint: one too large for one process.

Prompts, orders and limits of tokens are those of `prediction.choice` and `prediction.open`. An endpoint chooses among
all tokens, so that there is no constrained decoding, and the letters' probabilities are not asked for.

A question is put once: asked again with a reason it would be another question. What cannot be used as an answer (an
empty text, reasoning that the limit cut off, a refusal, what a filter withholds) keeps the text that came, often none;
it stays in the table, names no option, and is counted in the log. So a table has as many rows as there are questions.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from medinjection.llm.client.client import Client
from medinjection.llm.client.conversation import NO_TOKEN_LEFT, Failure, InvalidAnswer, Request
from medinjection.llm.client.keys import key_maker
from medinjection.prediction.decoding import ChoicePrompt
from medinjection.prediction.orders import option_order, to_published
from medinjection.prediction.parsing import parse_letters
from medinjection.prediction.schema import CHOICE_SCHEMA, GREEDY, OPEN_SCHEMA
from medinjection.prediction.thinking.served import ServedAnswer, ServedReasoning
from medinjection.records.chat import assistant_turn
from medinjection.records.errors import InputError
from medinjection.records.question_prompts import QuestionPrompts
from medinjection.records.reasoning import after_reasoning
from medinjection.records.schema import CHOICE_TASKS, LETTERS, Record

_logger = logging.getLogger(__name__)

# Reasons of ending with which an answer is not whole.
_NOT_FINISHED = ("length", "content_filter", "refusal")


@dataclass(frozen=True, slots=True)
class ShownQuestion:
    """A choice question in one order: element i of `permutation` is the published position of the i-th option shown."""

    record: Record
    order: int
    permutation: tuple[int, ...]
    prompt: ChoicePrompt


@dataclass(frozen=True, slots=True)
class OpenPrompt:
    """An open question as it is put, and the maximum of tokens of its answer."""

    name: str
    messages: Sequence[dict[str, str]]
    max_new_tokens: int


def predict_served_choice(
    client: Client,
    records: Sequence[Record],
    model_name: str,
    orders: int,
    seed: int,
    *,
    prompts: QuestionPrompts,
    reasoning: ServedReasoning | None = None,
) -> pa.Table:
    """Return a served model's greedy answers as a table of CHOICE_SCHEMA, by record (in the order given) and order.

    `letter_logprobs` are empty lists. Orders of a record that show the same are asked once.

    Args:
        prompts: how a question is put.
        reasoning: what a model that reasons first may use for that, and where it is kept; None: it has no room for it.

    Raises:
        InputError: the endpoint is asked with a temperature, a record is no choice question or has too many options, or
            the endpoint answers nothing (see `Client.ask`).
    """
    _require_greedy(client)
    shown = list(shown_questions(records, orders, seed, prompts))
    answers = _answers(client, [question.prompt for question in shown], f"choice questions, {model_name}", reasoning)
    rows = []
    for question, sent in zip(shown, answers, strict=True):
        record, permutation, text = question.record, question.permutation, sent.text
        if reasoning is not None:
            text = reasoning.answer_of(sent, record.id, "choice", permutation)
        predicted = parse_letters(text, question.prompt.letters, record.task)
        rows.append(
            {
                "model": model_name,
                "record_id": record.id,
                "source": record.source,
                "task": record.task,
                "order": question.order,
                "decoding": GREEDY,
                "option_order": permutation,
                "raw_output": text,
                "predicted_indices": to_published(predicted, permutation),
                "letter_logprobs": (),
                "gold_indices": record.answer_indices,
            }
        )
    return pa.Table.from_pylist(rows, schema=CHOICE_SCHEMA)


def predict_served_open(
    client: Client,
    records: Sequence[Record],
    model_name: str,
    max_new_tokens: int,
    tokens: Callable[[str], int],
    *,
    prompts: QuestionPrompts,
    reasoning: ServedReasoning | None = None,
) -> pa.Table:
    """Return a served model's answers to open questions as a table of OPEN_SCHEMA, one row a record.

    Args:
        max_new_tokens: maximum of tokens of an answer.
        tokens: counts the tokens of a text, for `output_tokens` and `reference_tokens` alike: an endpoint does not show
            its own tokens, and whether it counts the one that ends an answer differs.
        prompts: how a question is put.
        reasoning: as `predict_served_choice`.

    Raises:
        InputError: as `predict_served_choice` does; a record is no open question.
    """
    _require_greedy(client)
    chats = list(_open_prompts(records, max_new_tokens, prompts))
    answers = _answers(client, chats, f"open questions, {model_name}", reasoning)
    if reasoning is not None:
        answers = [
            sent._replace(text=reasoning.answer_of(sent, record.id, "open"))
            for record, sent in zip(records, answers, strict=True)
        ]
    rows = [
        {
            "model": model_name,
            "record_id": record.id,
            "source": record.source,
            "output": sent.text,
            "output_tokens": tokens(sent.text),
            "reference_tokens": tokens(assistant_turn(record)),
            "finished": sent.ended,
        }
        for record, sent in zip(records, answers, strict=True)
    ]
    return pa.Table.from_pylist(rows, schema=OPEN_SCHEMA)


def prompts_asked(
    choice_records: Iterable[Record],
    open_records: Iterable[Record],
    orders: int,
    seed: int,
    max_new_tokens: int,
    prompts: QuestionPrompts,
) -> Iterator[ChoicePrompt | OpenPrompt]:
    """Yield the prompts that both predictions send, each once, for those who price them."""
    before: tuple[str, set[tuple[int, ...]]] = ("", set())
    for question in shown_questions(choice_records, orders, seed, prompts):
        if question.record.id != before[0]:
            before = (question.record.id, set())
        if question.permutation not in before[1]:
            before[1].add(question.permutation)
            yield question.prompt
    yield from _open_prompts(open_records, max_new_tokens, prompts)


def shown_questions(
    records: Iterable[Record], orders: int, seed: int, prompts: QuestionPrompts
) -> Iterator[ShownQuestion]:
    """Yield every record in order 0, the published one, and in `orders` permuted ones (paper section 4.3).

    Raises:
        InputError: a record is no choice question, or has too many options.
    """
    for record in records:
        if record.task not in CHOICE_TASKS:
            raise InputError(f"{record.id}: task {record.task}, expected {' or '.join(CHOICE_TASKS)}")
        if not 1 <= len(record.options) <= len(LETTERS):
            raise InputError(f"{record.id}: {len(record.options)} options, expected 1 to {len(LETTERS)}, one a letter")
        letters = LETTERS[: len(record.options)]
        for order in range(orders + 1):
            permutation = option_order(record.id, len(letters), order, seed, record.shufflable)
            prompt = ChoicePrompt(record.id, prompts.messages(record, permutation), letters, record.task)
            yield ShownQuestion(record, order, permutation, prompt)


def _open_prompts(records: Iterable[Record], max_new_tokens: int, prompts: QuestionPrompts) -> Iterator[OpenPrompt]:
    if max_new_tokens < 1:
        raise InputError(f"{max_new_tokens} new tokens, expected at least 1")
    for record in records:
        if record.task != "oeq":
            raise InputError(f"{record.id}: task {record.task}, expected oeq")
        yield OpenPrompt(record.id, prompts.messages(record), max_new_tokens)


def _require_greedy(client: Client) -> None:
    if (temperature := client.llm.temperature) != 0:
        found = "null" if temperature is None else f"{temperature:g}"
        raise InputError(f"{client.llm.name}: temperature {found}, expected 0: answers are greedy")


def _answers(
    client: Client,
    prompts: Sequence[ChoicePrompt | OpenPrompt],
    description: str,
    reasoning: ServedReasoning | None,
) -> list[ServedAnswer]:
    """Return what came to each of `prompts`, in their order.

    An answer that met its limit of tokens has not ended, nor has one that was refused, withheld or never given.
    """
    by_limit: dict[int, list[int]] = {}
    for place, prompt in enumerate(prompts):
        limit = prompt.max_new_tokens + (reasoning.max_tokens if reasoning else 0)
        by_limit.setdefault(limit, []).append(place)
    answers: dict[int, ServedAnswer] = {}
    failed: Counter[str] = Counter()
    for limit, places in sorted(by_limit.items()):
        limited = client.with_max_tokens(limit)
        key_of = key_maker(limited.llm)
        requests = [Request(tuple(prompts[place].messages)) for place in places]
        told = f"{description}, maximum {limit} token{'s' if limit > 1 else ''}"
        # An answer may well end at the limit: a letter is all that is asked for.
        outcomes = limited.ask(requests, _answered, told, attempts=1, accept_cut=True)
        for place, request, outcome in zip(places, requests, outcomes, strict=True):
            entry = client.journal.get(key_of(request.messages))
            ended = entry is not None and entry.finish_reason not in _NOT_FINISHED
            answers[place] = ServedAnswer(outcome.text, ended, entry.reasoning if entry else None)
            if isinstance(outcome, Failure):
                failed[outcome.reason] += 1
    reasons = "".join(f"; {count} times: {reason}" for reason, count in failed.most_common(3))
    say = _logger.warning if failed else _logger.info
    say("%s: %d answers, %d of them not usable%s", description, len(prompts), failed.total(), reasons)
    return [answers[place] for place in range(len(prompts))]


def _answered(text: str, _: object) -> str:
    """Return an answer as it is. Raises InvalidAnswer where it is reasoning alone."""
    if not (after_reasoning(text) or "").strip():
        raise InvalidAnswer(f"the answer is reasoning without an answer behind it. {NO_TOKEN_LEFT}")
    return text

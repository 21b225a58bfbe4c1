"""A judge asked again about some answers: does it say the same under another prompt, and in another order?

The prompt is a paraphrase of the paper's; the order is that of reference and candidate in the user message. Each text
keeps its name there: whether a candidate covers a reference is not the same question as the reverse.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from medinjection.llm.client.client import Client
from medinjection.llm.client.conversation import Request
from medinjection.llm.client.prompts import Prompt
from medinjection.records.errors import InputError
from medinjection.records.sampling import ranked
from medinjection.records.schema import Record
from medinjection.scoring.open.judges import judge_request
from medinjection.scoring.open.readings import read_score

_logger = logging.getLogger(__name__)

PARAPHRASE, SWAPPED = "paraphrase", "swapped"
WAYS = (PARAPHRASE, SWAPPED)

AGAIN_SCHEMA = pa.schema(
    [
        pa.field("model", pa.string(), nullable=False),
        pa.field("record_id", pa.string(), nullable=False),
        # PARAPHRASE or SWAPPED.
        pa.field("way", pa.string(), nullable=False),
        # What the judge said first, under the paper's prompt; null where that was no score.
        pa.field("first_score", pa.int8()),
        pa.field("score", pa.int8()),
        pa.field("raw_output", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class DrawnAnswer:
    """A model's answer about which judges are asked again."""

    model: str
    record_id: str
    output: str


def draw_again(outputs: Mapping[str, Sequence[tuple[str, str]]], size: int, seed: int) -> list[DrawnAnswer]:
    """Draw the answers about which judges are asked again: every answer is as likely, and every judge gets the same.

    Args:
        outputs: model -> record id and answer of each of its predictions.
        size: maximum number; a smaller sample is part of a larger one.
    """
    answers = [DrawnAnswer(model, *answer) for model, of_model in outputs.items() for answer in of_model]
    return ranked(answers, f"judges asked again:{seed}", lambda answer: f"{answer.model}\x00{answer.record_id}")[:size]


def messages_again(
    record: Record, candidate: str, prompt: Prompt, paraphrase: Prompt
) -> dict[str, tuple[dict[str, str], ...]]:
    """Return the messages of each of WAYS in which a judge is asked again about an answer."""
    return {
        PARAPHRASE: paraphrase.messages(judge_request(record, candidate)),
        SWAPPED: prompt.messages(judge_request(record, candidate, reference_first=True)),
    }


def judge_again(
    answers: Sequence[DrawnAnswer],
    first_scores: Mapping[tuple[str, str], int | None],
    records: Sequence[Record],
    prompt: Prompt,
    paraphrase: Prompt,
    judge: Client,
) -> pa.Table:
    """Have a judge score answers once more in each of WAYS; return a table of AGAIN_SCHEMA, answer by answer.

    Args:
        first_scores: what the judge said first, by model and record id.
        records: the open records that were asked.

    Raises:
        InputError: an answer is to a record that is not there, or was not judged before.
    """
    asked = {record.id: record for record in records}
    rows: list[dict[str, object]] = []
    requests: list[Request] = []
    for answer in answers:
        record, key = asked.get(answer.record_id), (answer.model, answer.record_id)
        place = f"model {answer.model}: answer to record {answer.record_id}"
        if record is None:
            raise InputError(f"{place}, which is no evaluation record")
        if key not in first_scores:
            raise InputError(f"{place}, which was not judged before")
        for way, messages in messages_again(record, answer.output, prompt, paraphrase).items():
            requests.append(Request(messages))
            cells = {"model": answer.model, "record_id": answer.record_id, "way": way}
            rows.append(cells | {"first_score": first_scores[key]})
    # As when they are asked first: once, and a score may end at the limit of tokens.
    outcomes = judge.ask(requests, lambda text, _: text, "judging again", attempts=1, accept_cut=True)
    for row, outcome in zip(rows, outcomes, strict=True):
        row |= {"score": read_score(outcome.text), "raw_output": outcome.text}
    _logger.info("%s: asked %d times again about %d answers", judge.llm.name, len(rows), len(answers))
    return pa.Table.from_pylist(rows, schema=AGAIN_SCHEMA)

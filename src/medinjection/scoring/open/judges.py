"""LLM judges of open answers (paper section 4.3.2): is a candidate answer equivalent to the ground truth?

The system prompt is that of Figure 14. The user message has the layout of the authors' released judge program,
`LLM-as-a-judge.py` of github.com/ikram28/MedInjection-FR (commit 6ef2e3b, read).
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import pyarrow as pa

from medinjection.llm.client.client import Client
from medinjection.llm.client.conversation import Request
from medinjection.llm.client.prompts import Prompt
from medinjection.records.chat import user_turn
from medinjection.records.errors import InputError
from medinjection.records.schema import Record
from medinjection.scoring.open.readings import read_score

_logger = logging.getLogger(__name__)

JUDGEMENT_SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("score", pa.int8()),
        pa.field("raw_output", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judge said of one answer: 1 equivalent, 0 not, None where its text is neither; and that text."""

    record_id: str
    score: int | None
    raw_output: str


def judge_answers(
    outputs: Mapping[str, Sequence[tuple[str, str]]], records: Sequence[Record], prompt: Prompt, judge: Client
) -> dict[str, list[Judgement]]:
    """Have a judge score the open answers of several models; return the judgements of each in the order of its outputs.

    A judge is asked once, as in the released run: text that is not a score counts as no score and is kept. Empty
    answers are judged like any other. Where two models answer a question in the same words, both get the one judgement.

    Args:
        outputs: model -> record id and candidate answer of each of its predictions.
        records: the open records that were asked, each with exactly one output of every model.

    Raises:
        InputError: outputs and records do not have the same ids, each once.
    """
    asked = {record.id: record for record in records}
    for model, answers in outputs.items():
        _require_same_ids(model, [record_id for record_id, _ in answers], asked)
    requests = (
        Request(prompt.messages(judge_request(asked[record_id], text)))
        for answers in outputs.values()
        for record_id, text in answers
    )
    total = sum(map(len, outputs.values()))
    # Under a limit of one token a score ends at the limit.
    outcomes = judge.ask(requests, lambda text, _: text, "judging", total, attempts=1, accept_cut=True)
    texts = iter([outcome.text for outcome in outcomes])
    judgements: dict[str, list[Judgement]] = {}
    for model, answers in outputs.items():
        found = [
            Judgement(record_id, read_score(text), text)
            for (record_id, _), text in zip(answers, islice(texts, len(answers)), strict=True)
        ]
        without = sum(judgement.score is None for judgement in found)
        _logger.info("%s: %d answers of %s judged, %d without a score", judge.llm.name, len(found), model, without)
        judgements[model] = found
    return judgements


def judge_request(record: Record, candidate: str, reference_first: bool = False) -> str:
    """Return the user message: the question as the model saw it, the candidate answer and the reference answer.

    As in the released program, none of them has outer white space, and the reference comes last.
    """
    answers = [f"Candidate_answer: {candidate.strip()}", f"Ground_truth: {record.answer.strip()}"]
    return "\n".join([f"Question: {user_turn(record).strip()}", *(answers[::-1] if reference_first else answers)])


def _require_same_ids(model: str, predicted: Sequence[str], asked: Mapping[str, Record]) -> None:
    seen = set(predicted)
    if len(seen) != len(predicted):
        twice = next(record_id for i, record_id in enumerate(predicted) if record_id in predicted[:i])
        raise InputError(f"predictions of {model}: record {twice} is answered twice, expected one answer a record")
    if unknown := [record_id for record_id in predicted if record_id not in asked]:
        raise InputError(
            f"predictions of {model}: record {unknown[0]} is not among the evaluation records ({len(unknown)} such)"
        )
    if absent := [record_id for record_id in asked if record_id not in seen]:
        raise InputError(
            f"predictions of {model}: record {absent[0]} of the evaluation records is not answered ({len(absent)} such)"
        )

"""Chats that are too long for training: what is cut off, and what always stays."""

import re
from collections.abc import Callable
from dataclasses import replace

from medinjection.records.errors import InputError
from medinjection.records.schema import Record

_TRIED = 8
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?…])\s+|\s*\n\s*")


def cut_prompt(record: Record, room: int, prompt_of: Callable[[Record], list[int]], advice: str) -> list[int]:
    """Return the tokens of the prompt of `record` without the beginning of its case, then of its question.

    The question's last sentence, the options and whatever the prompt says besides always stay. As few characters go as
    leave `room` tokens or fewer.

    Args:
        prompt_of: the tokens of a record's prompt.
        advice: end of the message where nothing more may be cut.

    Raises:
        InputError: the prompt is too long with all cut off that may be.
    """
    longest = _cuttable(record)

    def fits(cut: int) -> bool:
        return len(prompt_of(_without(record, cut))) <= room

    # Tokens may merge otherwise where a text begins elsewhere, so that their number does not always fall.
    high = next((cut for cut in range(longest, max(longest - _TRIED, 0), -1) if fits(cut)), None)
    if high is None:
        raise InputError(f"{record.id}: {advice}")
    low = 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    while high > 1 and fits(high - 1):
        high -= 1
    return prompt_of(_without(record, high))


def _cuttable(record: Record) -> int:
    """Return how many characters may go: the whole case, and the question up to its last sentence."""
    starts = [match.end() for match in _BETWEEN_SENTENCES.finditer(record.question.rstrip())]
    question = max(starts, default=0)
    if record.prompt is not None and record.question not in record.prompt.stem:
        question = 0
    return len(record.context or "") + question


def _without(record: Record, cut: int) -> Record:
    """Return `record` without the first `cut` characters of its case and question together."""
    context = record.context or ""
    rest = cut - len(context)
    if rest < 0:
        return replace(record, context=context[cut:])
    shorter = replace(record, context=None, question=record.question[rest:])
    if record.prompt is None:
        return shorter
    before, asked, after = record.prompt.stem.partition(record.question)
    return replace(shorter, prompt=replace(record.prompt, stem=f"{before}{asked[rest:]}{after}"))

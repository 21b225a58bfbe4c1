"""Training examples: chats as token ids, with a label for each token that is learnt."""

import logging
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, get_args

from medinjection.models.chat_template import ChatTemplate, read_chat_template, rendered, special_tokens
from medinjection.models.training.hyperparameters import Loss
from medinjection.progress import progress_bar
from medinjection.records.chat import assistant_turn, messages, user_turn
from medinjection.records.errors import InputError
from medinjection.records.schema import Record
from medinjection.records.text import is_blank

LOSSES: tuple[str, ...] = get_args(Loss)
IGNORED = -100

_TOKENISED_TOGETHER = 1024
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?…])\s+|\s*\n\s*")
_LEARNT_COLOUR, _PLAIN = "\x1b[1;32m", "\x1b[0m"

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Example:
    """Tokens of one chat; `labels` equal them where they are learnt and are IGNORED elsewhere.

    `cut` counts the tokens that were dropped from the beginning of the user's text to fit `max_length`.
    """

    record_id: str
    source: str
    input_ids: tuple[int, ...]
    labels: tuple[int, ...]
    cut: int = 0


@dataclass(frozen=True, slots=True)
class _Chat:
    """One record as the chat template renders it, its prompt and its answer tokenised apart."""

    record: Record
    prompt: str
    prompt_ids: list[int]
    answer_ids: list[int]

    @property
    def length(self) -> int:
        return len(self.prompt_ids) + len(self.answer_ids)


def make_examples(
    records: Sequence[Record], tokenizer: Any, loss: str, max_length: int, max_truncated_share: float = 0.0
) -> list[Example]:
    """Return one example per record, options in the published order, in the order given.

    A chat longer than `max_length` loses tokens from the beginning of the user's text: of its context first, then of
    its question. The question's last sentence, the options, the template and the whole answer always stay.

    Args:
        loss: "full" learns every token of the chat, as the authors' released script does (the chat template is the
            only thing that adds an end of turn); "completion" learns the answer and the end of its turn.
        max_length: maximum number of tokens of a chat.
        max_truncated_share: maximum share of the examples that are cut. None is by default: the paper (section 4.2)
            trains on its longest inputs without truncation.

    Raises:
        InputError: there is no record, a record has nothing to learn or writes a special token, too many chats are
            longer than `max_length`, one is too long even when cut, or the chat template breaks what training relies
            on (see `read_chat_template`). The message names the first record and, where there may be many, counts them.
    """
    if loss not in LOSSES:
        raise InputError(f"loss {loss!r}: expected one of {', '.join(LOSSES)}")
    if not records:
        raise InputError("no records to train on")
    if not 0 <= max_truncated_share <= 1:
        raise InputError(f"max_truncated_share {max_truncated_share}: expected a share from 0 to 1")
    template = read_chat_template(tokenizer)
    _check_texts(records, tokenizer)
    chats = _tokenised(records, tokenizer, template)
    _check_share(chats, max_length, max_truncated_share)
    examples = [_example(chat, tokenizer, template, loss, max_length) for chat in chats]
    for source, count in truncation_counts(examples).items():
        _logger.info("%s: %d examples, %d cut by %d tokens", source, *count.values())
    return examples


def truncation_counts(examples: Iterable[Example]) -> dict[str, dict[str, int]]:
    """Return, for each source in alphabetical order, its number of examples, of those cut, and of tokens dropped."""
    counts: dict[str, dict[str, int]] = {}
    for example in examples:
        count = counts.setdefault(example.source, {"examples": 0, "truncated": 0, "tokens_cut": 0})
        count["examples"] += 1
        count["truncated"] += example.cut > 0
        count["tokens_cut"] += example.cut
    return dict(sorted(counts.items()))


def marked_text(example: Example, tokenizer: Any, colour: bool = False) -> str:
    """Return the text of an example with its learnt tokens between ⟦ and ⟧ or, for a terminal, in green."""
    before, after = (_LEARNT_COLOUR, _PLAIN) if colour else ("⟦", "⟧")
    pieces = []
    tokens = zip(example.input_ids, example.labels, strict=True)
    for learnt, piece in groupby(tokens, key=lambda token: token[1] != IGNORED):
        text = tokenizer.decode([token for token, _ in piece], clean_up_tokenization_spaces=False)
        # A record must not steer the terminal.
        text = text.replace("\x1b", "␛")
        pieces.append(f"{before}{text}{after}" if learnt else text)
    return "".join(pieces)


def _check_texts(records: Sequence[Record], tokenizer: Any) -> None:
    """Refuse records with nothing to learn, or whose text would be read as the template's own tokens."""
    empty = [record.id for record in records if is_blank(assistant_turn(record))]
    if empty:
        raise InputError(f"{len(empty)} of {len(records)} records have no answer to learn; the first is {empty[0]}")
    special = re.compile("|".join(re.escape(text) for text in sorted(special_tokens(tokenizer).values()) if text))
    found = [
        (record.id, match.group())
        for record in records
        if (match := special.search(user_turn(record)) or special.search(assistant_turn(record)))
    ]
    if found:
        raise InputError(
            f"{len(found)} of {len(records)} records write a special token of {tokenizer.name_or_path} in their text, "
            f"which would end or begin a turn there; the first, {found[0][0]}, has {found[0][1]!r}: expected it "
            "written differently"
        )


def _tokenised(records: Sequence[Record], tokenizer: Any, template: ChatTemplate) -> list[_Chat]:
    """Return the chat of each record; prompt and answer apart, so that training and prediction read equal prompts."""

    def ids_of(texts: Iterable[str]) -> list[list[int]]:
        return tokenizer(list(texts), add_special_tokens=False)["input_ids"]

    # Some tokenizers put a space before any text: the answer is read after what precedes it in every chat.
    lead = template.after_question
    [lead_ids] = ids_of([lead])
    chats = []
    with progress_bar(len(records), "tokenising", unit="chats") as bar:
        for start in range(0, len(records), _TOKENISED_TOGETHER):
            part = records[start : start + _TOKENISED_TOGETHER]
            prompts, answers = zip(*(_rendered(record, tokenizer, template) for record in part), strict=True)
            answered = ids_of(f"{lead}{answer}" for answer in answers)
            for record, prompt, prompt_ids, answer, ids in zip(
                part, prompts, ids_of(prompts), answers, answered, strict=True
            ):
                # A token over the boundary would not be there in prediction.
                apart = ids[: len(lead_ids)] != lead_ids
                chat = _Chat(record, prompt, prompt_ids, ids_of([answer])[0] if apart else ids[len(lead_ids) :])
                _check_end(chat, tokenizer, template)
                chats.append(chat)
            bar.update(len(part))
    return chats


def _rendered(record: Record, tokenizer: Any, template: ChatTemplate) -> tuple[str, str]:
    """Return the prompt and what the model has to write, after checking that each holds the record's whole text."""
    asked, answer = messages(record), assistant_turn(record)
    prompt, chat = rendered(tokenizer, asked, answer)
    if not chat.startswith(prompt):
        raise InputError(
            f"{record.id}: the chat template of {tokenizer.name_or_path} renders the question differently once it is "
            "answered; expected a template whose prompt is the beginning of the whole chat"
        )
    written = chat[len(prompt) :]
    for part, text, before, after, expected in (
        ("question", prompt, template.before_question, template.after_question, asked[-1]["content"]),
        ("answer", written, template.before_answer, template.after_answer, answer),
    ):
        inner = text.removeprefix(before).removesuffix(after)
        if f"{before}{inner}{after}" != text or inner.strip() != expected.strip():
            raise InputError(
                f"{record.id}: the chat template of {tokenizer.name_or_path} changes the {part}: expected "
                f"{expected!r} between {before!r} and {after!r}, found {text!r}"
            )
    return prompt, written


def _check_end(chat: _Chat, tokenizer: Any, template: ChatTemplate) -> None:
    """Refuse an answer whose end of turn is not there exactly once, after at least one token of text."""
    count = chat.answer_ids.count(template.end_id)
    if count != 1 or chat.answer_ids[0] == template.end_id:
        raise InputError(
            f"{chat.record.id}: with the chat template of {tokenizer.name_or_path} the answer has {count} end tokens "
            f"({tokenizer.convert_ids_to_tokens(template.end_id)}), expected text and then one"
        )


def _check_share(chats: Sequence[_Chat], max_length: int, max_truncated_share: float) -> None:
    """Refuse more chats longer than `max_length` than may be cut."""
    too_long = [chat for chat in chats if chat.length > max_length]
    share = len(too_long) / len(chats)
    if share <= max_truncated_share:
        return
    longest = max(too_long, key=lambda chat: chat.length)
    sizes = Counter(chat.record.source for chat in chats)
    counts = sorted(Counter(chat.record.source for chat in too_long).items())
    raise InputError(
        f"{len(too_long)} of {len(chats)} chats are longer than max_length {max_length} "
        f"({', '.join(f'{source}: {count} of {sizes[source]}' for source, count in counts)}), expected at most a "
        f"share of {max_truncated_share:g}; the longest, {longest.record.id}, has {longest.length} tokens. Raise "
        f"training.max_length (to {longest.length} nothing is cut), or training.max_truncated_share "
        f"(to {math.ceil(share * 10_000) / 10_000:g}; the beginnings of contexts are lost)"
    )


def _example(chat: _Chat, tokenizer: Any, template: ChatTemplate, loss: str, max_length: int) -> Example:
    first, cut = _cut(chat, tokenizer, template, max_length) if chat.length > max_length else (0, 0)
    prompt_ids = (*chat.prompt_ids[:first], *chat.prompt_ids[first + cut :])
    input_ids = (*prompt_ids, *chat.answer_ids)
    labels = input_ids if loss == "full" else (IGNORED,) * len(prompt_ids) + tuple(chat.answer_ids)
    return Example(chat.record.id, chat.record.source, input_ids, labels, cut)


def _cut(chat: _Chat, tokenizer: Any, template: ChatTemplate, max_length: int) -> tuple[int, int]:
    """Return where the prompt's tokens are dropped, and how many.

    Only whole characters of the user's text go, so that what stays is text.
    """
    record = chat.record
    encoded = tokenizer(chat.prompt, add_special_tokens=False, return_offsets_mapping=True)
    starts, ends = zip(*encoded["offset_mapping"], strict=True)
    text_start, text_end = len(template.before_question), _kept_from(record, chat.prompt, template)
    # A token reaches from the end of the one before it: some tokenizers leave white space out of the offsets. Several
    # tokens of one character end together.
    reaches = zip((0, *ends), ends, strict=False)
    first = next(place for place, (begin, end) in enumerate(reaches) if begin >= text_start and end > text_start)
    surplus = chat.length - max_length
    for cut in range(surplus, len(ends) - first):
        if ends[first + cut - 1] > text_end:
            break
        if starts[first + cut] >= ends[first + cut - 1] and ends[first + cut] > ends[first + cut - 1]:
            return first, cut
    raise InputError(
        f"{record.id}: {chat.length} tokens, and too few of them may be cut for max_length {max_length}; the last "
        "sentence of the question, the options, the answer and the chat template always stay: raise "
        "training.max_length or leave the record out"
    )


def _kept_from(record: Record, prompt: str, template: ChatTemplate) -> int:
    """Return the position in `prompt` of the first character that always stays."""
    context = f"{record.context}\n" if record.context else ""
    starts = [match.end() for match in _BETWEEN_SENTENCES.finditer(record.question.rstrip())]
    kept = user_turn(record)[len(context) + max(starts, default=0) :].rstrip()
    # Counted from the end: a template may strip white space from what the user says.
    text = prompt.removesuffix(template.after_question).rstrip()
    return len(text) - len(kept)

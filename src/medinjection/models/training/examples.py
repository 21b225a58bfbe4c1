"""Training examples: chats as token ids, with a label for each token that is learnt."""

import logging
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any, get_args

from medinjection.models.chat_template import ChatTemplate, read_chat_template, rendered, special_tokens
from medinjection.models.training.hyperparameters import Loss
from medinjection.models.training.truncation import cut_prompt
from medinjection.progress import progress_bar
from medinjection.records.chat import assistant_turn
from medinjection.records.errors import InputError
from medinjection.records.question_prompts import QuestionPrompts
from medinjection.records.schema import Record
from medinjection.records.text import is_blank

LOSSES: tuple[str, ...] = get_args(Loss)
IGNORED = -100

_TOKENISED_TOGETHER = 1024
_LEARNT_COLOUR, _PLAIN = "\x1b[1;32m", "\x1b[0m"

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Example:
    """Tokens of one chat; `labels` equal them where they are learnt and are IGNORED elsewhere.

    `cut` counts the tokens that the chat lost to fit `max_length`.
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
    prompt_ids: list[int]
    answer_ids: list[int]

    @property
    def length(self) -> int:
        return len(self.prompt_ids) + len(self.answer_ids)


def make_examples(
    records: Sequence[Record],
    tokenizer: Any,
    loss: str,
    max_length: int,
    max_truncated_share: float = 0.0,
    *,
    prompts: QuestionPrompts,
) -> list[Example]:
    """Return one example per record, options in the published order, in the order given.

    A chat longer than `max_length` loses the beginning of its context first, then that of its question. The question's
    last sentence, the options, the templates and the whole answer always stay.

    Args:
        prompts: how a question is put.
        loss: "full" learns every token of the chat, as the authors' released script does (the chat template is the
            only thing that adds an end of turn); "completion" learns the answer and the end of its turn.
        max_length: maximum number of tokens of a chat.
        max_truncated_share: maximum share of the examples that are cut. None is by default: the paper (section 4.2)
            trains on its longest inputs without truncation.

    Raises:
        InputError: there is no record, a record has nothing to learn, it or a prompt writes a special token, too many
            chats are longer than `max_length`, one is too long even when cut, or the chat template breaks what training
            relies on (see `read_chat_template`). The message names the first record and, where there may be many,
            counts them.
    """
    if loss not in LOSSES:
        raise InputError(f"loss {loss!r}: expected one of {', '.join(LOSSES)}")
    if not records:
        raise InputError("no records to train on")
    if not 0 <= max_truncated_share <= 1:
        raise InputError(f"max_truncated_share {max_truncated_share}: expected a share from 0 to 1")
    asking = _Asking(tokenizer, prompts)
    _check_texts(records, asking)
    chats = _tokenised(records, asking)
    _check_share(chats, max_length, max_truncated_share)
    examples = [_example(chat, asking, loss, max_length) for chat in chats]
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


class _Asking:
    """How a model is asked: its tokenizer with the chat template, and the run's prompts."""

    def __init__(self, tokenizer: Any, prompts: QuestionPrompts) -> None:
        self.tokenizer = tokenizer
        self.prompts = prompts
        self.template_of = cache(lambda system: read_chat_template(tokenizer, system))
        # That of the run is read first: one that does not fit is refused before any record is.
        self.template_of(prompts.system)

    def template(self, asked: Sequence[dict[str, str]]) -> ChatTemplate:
        """Return what the chat template puts around the question of `asked`, a system prompt included."""
        return self.template_of(asked[0]["content"] if asked[0]["role"] == "system" else None)

    def ids_of(self, texts: Iterable[str]) -> list[list[int]]:
        return self.tokenizer(list(texts), add_special_tokens=False)["input_ids"]

    def prompt_ids(self, record: Record) -> list[int]:
        return self.ids_of([_rendered(record, self)[0]])[0]


def _check_texts(records: Sequence[Record], asking: _Asking) -> None:
    """Refuse records with nothing to learn, and texts that would be read as the template's own tokens."""
    empty = [record.id for record in records if is_blank(assistant_turn(record))]
    if empty:
        raise InputError(f"{len(empty)} of {len(records)} records have no answer to learn; the first is {empty[0]}")
    name = asking.tokenizer.name_or_path
    special = re.compile(
        "|".join(re.escape(text) for text in sorted(special_tokens(asking.tokenizer).values()) if text)
    )
    for key in ("choice", "open", "system"):
        if match := special.search(getattr(asking.prompts, key) or ""):
            raise InputError(
                f"prompts.{key}: its file writes {match.group()!r}, a special token of {name}, which would end or "
                "begin a turn there; expected plain text: the model's chat template marks the turns"
            )
    found = []
    for record in records:
        said = [turn["content"] for turn in asking.prompts.messages(record)]
        if match := special.search("\n".join([*said, assistant_turn(record)])):
            found.append((record.id, match.group()))
    if found:
        raise InputError(
            f"{len(found)} of {len(records)} records write a special token of {name} in their text, which would end or "
            f"begin a turn there; the first, {found[0][0]}, has {found[0][1]!r}: expected it written differently"
        )


def _tokenised(records: Sequence[Record], asking: _Asking) -> list[_Chat]:
    """Return the chat of each record; prompt and answer apart, so that training and prediction read equal prompts."""
    # Some tokenizers put a space before any text: the answer is read after what precedes it in every chat.
    lead = asking.template_of(asking.prompts.system).after_question
    [lead_ids] = asking.ids_of([lead])
    chats = []
    with progress_bar(len(records), "tokenising", unit="chats") as bar:
        for start in range(0, len(records), _TOKENISED_TOGETHER):
            part = records[start : start + _TOKENISED_TOGETHER]
            prompts, answers = zip(*(_rendered(record, asking) for record in part), strict=True)
            answered = asking.ids_of(f"{lead}{answer}" for answer in answers)
            for record, prompt_ids, answer, ids in zip(part, asking.ids_of(prompts), answers, answered, strict=True):
                # A token over the boundary would not be there in prediction.
                apart = ids[: len(lead_ids)] != lead_ids
                chat = _Chat(record, prompt_ids, asking.ids_of([answer])[0] if apart else ids[len(lead_ids) :])
                _check_end(chat, asking)
                chats.append(chat)
            bar.update(len(part))
    return chats


def _rendered(record: Record, asking: _Asking) -> tuple[str, str]:
    """Return the prompt and what the model has to write, after checking that each holds the record's whole text."""
    asked, answer = asking.prompts.messages(record), assistant_turn(record)
    template, name = asking.template(asked), asking.tokenizer.name_or_path
    prompt, chat = rendered(asking.tokenizer, asked, answer)
    if not chat.startswith(prompt):
        raise InputError(
            f"{record.id}: the chat template of {name} renders the question differently once it is answered; expected "
            "a template whose prompt is the beginning of the whole chat"
        )
    written = chat[len(prompt) :]
    for part, text, before, after, expected in (
        ("question", prompt, template.before_question, template.after_question, asked[-1]["content"]),
        ("answer", written, template.before_answer, template.after_answer, answer),
    ):
        inner = text.removeprefix(before).removesuffix(after)
        if f"{before}{inner}{after}" != text or inner.strip() != expected.strip():
            raise InputError(
                f"{record.id}: the chat template of {name} changes the {part}: expected {expected!r} between "
                f"{before!r} and {after!r}, found {text!r}"
            )
    return prompt, written


def _check_end(chat: _Chat, asking: _Asking) -> None:
    """Refuse an answer whose end of turn is not there exactly once, after at least one token of text."""
    end = asking.template_of(asking.prompts.system).end_id
    count = chat.answer_ids.count(end)
    if count != 1 or chat.answer_ids[0] == end:
        raise InputError(
            f"{chat.record.id}: with the chat template of {asking.tokenizer.name_or_path} the answer has {count} end "
            f"tokens ({asking.tokenizer.convert_ids_to_tokens(end)}), expected text and then one"
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


def _example(chat: _Chat, asking: _Asking, loss: str, max_length: int) -> Example:
    record, prompt_ids = chat.record, chat.prompt_ids
    if chat.length > max_length:
        advice = (
            f"{chat.length} tokens, and too few of them may be cut for max_length {max_length}; the last sentence of "
            "the question, the options, the answer and the templates always stay: raise training.max_length or leave "
            "the record out"
        )
        prompt_ids = cut_prompt(record, max_length - len(chat.answer_ids), asking.prompt_ids, advice)
    input_ids = (*prompt_ids, *chat.answer_ids)
    labels = input_ids if loss == "full" else (IGNORED,) * len(prompt_ids) + tuple(chat.answer_ids)
    return Example(record.id, record.source, input_ids, labels, len(chat.prompt_ids) - len(prompt_ids))

"""Reading what teachers answer: lenient about the form of the JSON, strict about its content."""

import json
import re
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, ValidationInfo, field_validator

from medinjection.llm.client.conversation import InvalidAnswer
from medinjection.records.schema import LETTERS
from medinjection.records.text import clean, folded, is_blank, visible
from medinjection.synthesis.latex import WRITE_TWICE, taken_backslash

Model = TypeVar("Model", bound=BaseModel)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; of two values for one key, `json` would silently keep the last."""
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [key for key, _ in pairs]
        raise InvalidAnswer(f"the key {next(key for key in names if names.count(key) > 1)!r} stands twice in an object")
    return value


def _integer(digits: str) -> int:
    """Return an integer; Python refuses to read one of thousands of digits, as a teacher that repeats itself writes."""
    if len(digits) > _LONGEST_INTEGER:
        raise InvalidAnswer(f"it holds a number of {len(digits)} digits")
    return int(digits)


_LONGEST_INTEGER = 1000
_DECODER = json.JSONDecoder(strict=False, object_pairs_hook=_without_twins, parse_int=_integer)
# JSON may escape one, UTF-8 has no place for it.
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_OPENING = re.compile(r"[\[{]")
_LIKE_JSON = re.compile(r"[\[{]\s*[\[{\"]")
# What follows a value that stands within another one.
_WITHIN = re.compile(r"\s*[,:\]}]")
_STRING = r'("(?:\\.|[^"\\])*")'
_TRAILING_COMMA = re.compile(_STRING + r"|,(?=\s*[}\]])")
# The choice prompts show the answer without quotation marks, and teachers copy that: "answer": A, C
_BARE_LETTERS = re.compile(_STRING + r"|(?<=:)\s*([A-Za-z](?:\s*,\s*[A-Za-z])*)(?=\s*(?:,\s*\"|[}\]]))")
_ANNOUNCEMENT = re.compile(r"^\s*(?:r[ée]ponses?|answers?|options?|propositions?)\b\s*:?", re.IGNORECASE)
_LETTERS_IN_ORDER = re.compile("A?B?C?D?E?F?G?H?I?J?")
_LETTER_SEPARATOR = re.compile(r"[\s,;/+&|]+|\bet\b|\band\b")


def read_json(text: str, kind: type[list[Any]] | type[dict[str, Any]]) -> Any:
    """Return the JSON list or object in an answer.

    Accepted around it: reasoning in <think> tags, prose, a code fence; within it: trailing commas, line feeds in
    strings, answer letters without quotation marks; a list as the only value of an object, an object as the only item
    of a list.

    Nothing is guessed: text that breaks off, strings with bare quotation marks and keys that stand twice are refused.

    Raises:
        InvalidAnswer: there is none, or there are several that differ; the message says where reading failed.
    """
    repaired = _repaired(text.rsplit("</think>", 1)[-1])
    found: list[Any] = []
    failure = ""
    position = 0
    while opening := _OPENING.search(repaired, position):
        try:
            value, end = _DECODER.raw_decode(repaired, opening.start())
        except json.JSONDecodeError as error:
            position = opening.end()
            if _LIKE_JSON.match(repaired, opening.start()):
                failure = failure or _failure(error, repaired)
            continue
        except RecursionError:
            raise InvalidAnswer("its brackets are nested too deeply") from None
        position = end
        unwrapped = None if failure and _WITHIN.match(repaired, end) else _unwrapped(value, kind)
        if unwrapped is not None and unwrapped not in found:
            found.append(unwrapped)
    name = "list" if kind is list else "object"
    if not found:
        raise InvalidAnswer(f"it holds no complete JSON {name}{failure}")
    if len(found) > 1:
        raise InvalidAnswer(f"it holds {len(found)} different JSON {name}s, expected one")
    return found[0]


def _failure(error: json.JSONDecodeError, text: str) -> str:
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
        return ": the JSON breaks off before its end"
    near = text[max(0, error.pos - 20) : error.pos + 20]
    backslash = f"; {WRITE_TWICE}" if "escape" in error.msg else ""
    return f": {error.msg[:1].lower()}{error.msg[1:]} near {near!r}{backslash}"


def _unwrapped(value: Any, kind: type[list[Any]] | type[dict[str, Any]]) -> Any:
    """Return `value` as `kind` where it holds objects, None otherwise (a list of numbers in the prose, say)."""
    if kind is list:
        if isinstance(value, dict):
            lists = [inner for inner in value.values() if isinstance(inner, list)]
            value = lists[0] if len(value) == len(lists) == 1 else None
        return value if isinstance(value, list) and value and isinstance(value[0], dict) else None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, dict) and value else None


def _repaired(text: str) -> str:
    quoted = _BARE_LETTERS.sub(lambda m: m[1] if m[1] is not None else f' "{m[2]}"', text)
    return _TRAILING_COMMA.sub(lambda m: m[1] or "", quoted)


class MisreadAnswer(InvalidAnswer):
    """An answer with a text that JSON decodes to another one than the teacher means."""


class _TakenBackslash(ValueError):
    """Why a text is not what the teacher means."""


def validated(model: type[Model], value: Any, source: str = "") -> Model:
    """Return `value` as `model`.

    Args:
        source: the text that the answer was made from; its LaTeX commands are known by it.

    Raises:
        MisreadAnswer: JSON has taken the backslash of a LaTeX command, so that a text is not what the teacher means.
        InvalidAnswer: it does not fit; the message names the first wrong field.
    """
    try:
        return model.model_validate(value, context=source)
    except ValidationError as error:
        faults = error.errors()
        misread = [fault for fault in faults if isinstance(fault.get("ctx", {}).get("error"), _TakenBackslash)]
        first = [*misread, *faults][0]
        place = ".".join(str(part) for part in first["loc"]) or "the answer"
        message = first["msg"].removeprefix("Value error, ")
        kind = MisreadAnswer if misread else InvalidAnswer
        raise kind(f"{place}: {message[:1].lower()}{message[1:]}") from None


def _text(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, str):
        if taken := taken_backslash(value, info.context or ""):
            raise _TakenBackslash(f"{taken}; {WRITE_TWICE}")
        value = clean(value)
        if is_blank(value):
            raise ValueError("the text is empty")
        if _HALF_CHARACTER.search(value):
            raise ValueError("the text holds half of a character (a lone surrogate)")
    return value


def _option_texts(value: Any) -> Any:
    """Return options as a list of texts in the order of their letters.

    Read are, besides such a list: {"A": text, ...}, [{"letter": "A", "text": text}, ...] whatever the two keys are,
    [{"A": text}, ...], [{"text": text}, ...], and three or more texts that each begin with their letter ("A. ", "b) ").
    """
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        value = _from_objects(value)
    if isinstance(value, dict):
        value = _lettered(list(value.items()))
    return _without_letters(value) if isinstance(value, list) else value


def _from_objects(items: list[dict[str, Any]]) -> Any:
    keys = list(items[0])
    if all(list(item) == keys for item in items[1:]) and len(items) > 1:
        if len(keys) == 1 and len(keys[0]) > 1:
            return [item[keys[0]] for item in items]
        for letter, text in (keys, keys[::-1]) if len(keys) == 2 else ():
            if sorted(str(item[letter]).strip().upper() for item in items) == list(LETTERS[: len(items)]):
                return _lettered([(item[letter], item[text]) for item in items])
    elif all(len(item) == 1 for item in items):
        return _lettered([pair for item in items for pair in item.items()])
    raise ValueError('options are objects, expected a list of texts or {"A": text, "B": text, ...}')


def _lettered(pairs: list[tuple[Any, Any]]) -> list[Any]:
    letters = [str(key).strip(" .():").upper() for key, _ in pairs]
    expected = LETTERS[: len(pairs)]
    if sorted(letters) != list(expected):
        raise ValueError(f"options are lettered {', '.join(sorted(letters))}, expected {', '.join(expected)}")
    texts = dict(zip(letters, (text for _, text in pairs), strict=True))
    return [texts[letter] for letter in expected]


def _without_letters(texts: list[Any]) -> list[Any]:
    """Return texts without the letters that they all begin with; of two texts, both may be names ("A. fumigatus")."""
    if len(texts) < 3 or not all(isinstance(text, str) for text in texts):
        return texts
    pairs = zip(LETTERS, texts, strict=False)
    found = [re.match(rf"\s*\(?{letter}\s?[.):]\s+(?=\S)", text, re.IGNORECASE) for letter, text in pairs]
    ends = [each.end() for each in found if each]
    return [text[end:] for end, text in zip(ends, texts, strict=True)] if len(ends) == len(texts) else texts


def _letters(value: Any, options: Sequence[str] | None) -> list[str]:
    """Return right answers as distinct sorted capital letters.

    Read are `["A", "C"]`, `"A, C"`, `"a et c"`, `"A."`, `"AC"`, `"Réponse : A"`, and, where the options are known, the
    text of an option, alone or behind its letter. Numbers are refused: nobody knows whether they count from 0 or 1.
    """
    parts = value if isinstance(value, list) else [value]
    if not all(isinstance(part, str) for part in parts):
        raise ValueError("the right answers are not letters")
    letters = sorted({letter for part in parts for letter in _letters_in(part, options or ())})
    if not letters:
        raise ValueError(f"the right answers are {value!r}, expected letters")
    return letters


def _letters_in(part: str, options: Sequence[str]) -> list[str]:
    part = visible(part)
    pieces = [piece.strip("().: ") for piece in _LETTER_SEPARATOR.split(_ANNOUNCEMENT.sub("", part))]
    pieces = [piece for piece in pieces if piece]
    if len(pieces) == 1 and _LETTERS_IN_ORDER.fullmatch(pieces[0]):
        pieces = list(pieces[0])
    spelled = [piece.upper() for piece in pieces]
    if not all(len(letter) == 1 and letter in LETTERS for letter in spelled):
        spelled = []
    if behind := [letter for letter, text in zip(LETTERS, options, strict=False) if _is_behind(part, letter, text)]:
        return behind
    named = [letter for letter, text in zip(LETTERS, options, strict=False) if _same(part, text)]
    if len(spelled) == 1 or not named:
        if not spelled:
            raise ValueError(f"the right answers are {part!r}, expected letters")
        return spelled
    if len(named) > 1 or spelled not in ([], named):
        raise ValueError(f"the right answers are {part!r}, which may be letters or options' texts, expected letters")
    return named


def _is_behind(part: str, letter: str, text: str) -> bool:
    """Tell whether a right answer is the letter of an option with its text behind it."""
    match = re.match(rf"\s*\(?{letter}\s?[.):-]\s*(?=\S)", part, re.IGNORECASE)
    return match is not None and _same(part[match.end() :], text)


def _same(one: str, other: str) -> bool:
    return folded(one).casefold() == folded(other).casefold()


def _joined(value: Any, info: ValidationInfo) -> Any:
    """Return a list of texts, as some answers list specialties, as one text."""
    if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
        value = ", ".join(value)
    return _text(value, info)


Text = Annotated[str, BeforeValidator(_text)]
Options = Annotated[list[Text], BeforeValidator(_option_texts)]


class ChoiceItem(BaseModel):
    """A generated choice question (paper Figures 10 and 11); keys beyond these are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True)

    task: int | None = None
    question: Text
    options: Options
    answer: list[str]

    @field_validator("answer", mode="before")
    @classmethod
    def _as_letters(cls, value: Any, info: ValidationInfo) -> list[str]:
        return _letters(value, info.data.get("options"))


class OpenItem(BaseModel):
    """A generated open question (paper Figures 7 to 9); keys beyond these are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True)

    task: int
    instruction: Text
    output: Annotated[str, BeforeValidator(_joined)]


class ChoiceItems(BaseModel):
    """The generated choice questions of one document."""

    items: list[ChoiceItem]


class OpenItems(BaseModel):
    """The generated open questions of one document."""

    items: list[OpenItem]


class Translation(BaseModel):
    """A translated record: the keys that the request had; others are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)

    question: Text
    context: Text | None = None
    options: Options | None = None
    answer: Text | None = None

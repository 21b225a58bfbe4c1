"""Reading what teachers answer: lenient about the form of the JSON, strict about its content."""

import json
import re
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from medinjection.llm.conversation import InvalidAnswer
from medinjection.records.schema import LETTERS
from medinjection.records.text import clean

Model = TypeVar("Model", bound=BaseModel)

_DECODER = json.JSONDecoder(strict=False)
_STRING = r'("(?:\\.|[^"\\])*")'
_TRAILING_COMMA = re.compile(_STRING + r"|,(?=\s*[}\]])")
# The choice prompts show the answer without quotation marks, and teachers copy that: "answer": A, C
_BARE_LETTERS = re.compile(_STRING + r"|(?<=:)\s*([A-Za-z](?:\s*,\s*[A-Za-z])*)(?=\s*(?:,\s*\"|[}\]]))")
_LETTER_SEPARATOR = re.compile(r"[\s,;/+&|]+|\bet\b|\band\b")


def read_json(text: str, kind: type[list] | type[dict]) -> Any:
    """Return the JSON list or object in an answer.

    Accepted around it: reasoning in <think> tags, prose, a code fence; within it: trailing commas, line feeds in
    strings, answer letters without quotation marks; a list as the only value of an object, an object as the only item
    of a list.

    Raises:
        InvalidAnswer: there is none.
    """
    repaired = _repaired(text.rsplit("</think>", 1)[-1])
    position = 0
    while found := re.compile(r"[\[{]").search(repaired, position):
        try:
            value, position = _DECODER.raw_decode(repaired, found.start())
        except ValueError:
            position = found.end()
            continue
        if (unwrapped := _unwrapped(value, kind)) is not None:
            return unwrapped
    raise InvalidAnswer(f"it holds no complete JSON {'list' if kind is list else 'object'}")


def _unwrapped(value: Any, kind: type[list] | type[dict]) -> Any:
    """Return `value` as `kind` where it holds objects, None otherwise (a list of numbers in the prose, say)."""
    if kind is list:
        if isinstance(value, dict):
            lists = [inner for inner in value.values() if isinstance(inner, list)]
            value = lists[0] if len(value) == len(lists) == 1 else None
        return value if isinstance(value, list) and value and isinstance(value[0], dict) else None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, dict) else None


def _repaired(text: str) -> str:
    quoted = _BARE_LETTERS.sub(lambda m: m[1] if m[1] is not None else f' "{m[2]}"', text)
    return _TRAILING_COMMA.sub(lambda m: m[1] or "", quoted)


def validated(model: type[Model], value: Any) -> Model:
    """Return `value` as `model`.

    Raises:
        InvalidAnswer: it does not fit; the message names the first wrong field.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the answer"
        message = first["msg"].removeprefix("Value error, ")
        raise InvalidAnswer(f"{place}: {message[:1].lower()}{message[1:]}") from None


def _text(value: Any) -> Any:
    if isinstance(value, str):
        value = clean(value)
        if not value:
            raise ValueError("the text is empty")
    return value


def _option_texts(value: Any) -> Any:
    """Return options given under their letters as a list in the letters' order."""
    if not isinstance(value, dict):
        return value
    letters = {str(key).strip().upper(): text for key, text in value.items()}
    expected = LETTERS[: len(letters)]
    if "".join(sorted(letters)) != expected:
        raise ValueError(f"options are lettered {', '.join(sorted(letters))}, expected {', '.join(expected)}")
    return [letters[letter] for letter in expected]


def _letters(value: Any) -> Any:
    """Return right answers given as `["A", "C"]`, `"A, C"`, `"a et c"` or `"A."` as distinct sorted capital letters."""
    parts = value if isinstance(value, list) else [value]
    if not all(isinstance(part, str) for part in parts):
        raise ValueError("the right answers are not letters")
    found = [piece.strip("().: ").upper() for part in parts for piece in _LETTER_SEPARATOR.split(part)]
    letters = sorted({piece for piece in found if piece})
    if not letters or any(len(letter) != 1 or letter not in LETTERS for letter in letters):
        raise ValueError(f"the right answers are {value!r}, expected letters")
    return letters


def _joined(value: Any) -> Any:
    """Return a list of texts, as some answers list specialties, as one text."""
    if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
        value = ", ".join(value)
    return _text(value)


Text = Annotated[str, BeforeValidator(_text)]
Options = Annotated[list[Text], BeforeValidator(_option_texts)]
Letters = Annotated[list[str], BeforeValidator(_letters)]


class ChoiceItem(BaseModel):
    """A generated choice question (paper Figures 10 and 11); keys beyond these are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True)

    task: int | None = None
    question: Text
    options: Options
    answer: Letters


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

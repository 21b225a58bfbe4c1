"""Options as an object by letter, `{"A": ..., "B": ...}`, and one right letter: what several upstreams share."""

from collections.abc import Mapping
from typing import Any

from medinjection.records.schema import LETTERS, InvalidRecord
from medinjection.sources.items import option_texts, text_of, value_of
from medinjection.sources.reading import type_name


def options_by_letter(values: Mapping[str, Any], key: str) -> list[str]:
    """Return the cleaned options of the object under `key`, in the order of their letters.

    Raises:
        InvalidRecord: no object, no options or too many, letters other than A, B, C, ..., or an option that is no text.
    """
    options = value_of(values, key)
    if not isinstance(options, dict):
        raise InvalidRecord(f"{key} is {type_name(options)}, expected an object of options by letter")
    if not 1 <= len(options) <= len(LETTERS):
        raise InvalidRecord(f"{len(options)} options, expected 2 to {len(LETTERS)}")
    letters = sorted(options)
    if "".join(letters) != LETTERS[: len(letters)]:
        raise InvalidRecord(f"{key} have the letters {', '.join(letters)}, expected A, B, C, ... without a gap")
    return option_texts(options, letters)


def letter_index(values: Mapping[str, Any], key: str, count: int) -> int:
    """Return which of `count` options the letter under `key` names, from 0. Raises InvalidRecord when it names none."""
    letter = text_of(values, key)
    if len(letter) != 1 or letter not in LETTERS[:count]:
        raise InvalidRecord(f"{key} is {letter[:20]!r}, expected a letter of the {count} options")
    return LETTERS.index(letter)


def require_answer_text(values: Mapping[str, Any], key: str, option: str) -> None:
    """Raise InvalidRecord when the text under `key` is not the right option: which of the two is meant is unknown."""
    if text_of(values, key) != option:
        raise InvalidRecord(f"{key} is not the text of the option that is marked as right")

"""Options with letters, one column per letter or an object by letter, and right answers given as letters."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from medinjection.records.schema import LETTERS, InvalidRecord
from medinjection.records.text import folded, is_blank
from medinjection.sources.items import option_texts, text_of, value_of
from medinjection.sources.reading.file_formats import type_name

_SEPARATORS = re.compile(r"[\s,;]+")


def options_present(values: Mapping[str, Any], keys: Sequence[str]) -> list[str]:
    """Return the cleaned options under `keys`; null or blank ones at the end are no options.

    Raises:
        InvalidRecord: a key is missing, or an option before the last is null, blank or no text.
    """
    texts = [value_of(values, key) for key in keys]
    while texts and (texts[-1] is None or (isinstance(texts[-1], str) and is_blank(texts[-1]))):
        texts.pop()
    return option_texts(values, keys[: len(texts)])


def letter_indices(letters: Sequence[str], option_count: int, name: str) -> list[int]:
    """Return the positions of the right answers given as capital letters.

    Args:
        name: upstream's name of the field, for the reasons.

    Raises:
        InvalidRecord: something that is no capital letter, a letter beyond the options, a letter twice, or none.
    """
    if not letters:
        raise InvalidRecord("no right answer")
    for letter in letters:
        if not isinstance(letter, str) or len(letter) != 1 or letter not in LETTERS:
            raise InvalidRecord(f"{name} holds {str(letter)[:20]!r}, expected capital letters")
        if LETTERS.index(letter) >= option_count:
            raise InvalidRecord(f"right answer {letter} is beyond the {option_count} options")
    if len(set(letters)) != len(letters):
        raise InvalidRecord("a right answer is given twice")
    return [LETTERS.index(letter) for letter in letters]


def split_letters(text: str) -> list[str]:
    """Return the letters of a text such as "A,E", "A, E" or "A;E", as they stand."""
    return [letter for letter in _SEPARATORS.split(text) if letter]


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
    if folded(text_of(values, key)) != folded(option):
        raise InvalidRecord(f"{key} is not the text of the option that is marked as right")

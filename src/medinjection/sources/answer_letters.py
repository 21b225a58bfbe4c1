"""Options in one column a letter, and right answers written as letters: what several upstreams share."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from medinjection.records.schema import LETTERS, InvalidRecord
from medinjection.records.text import clean
from medinjection.sources.items import option_texts, value_of

_SEPARATORS = re.compile(r"[\s,;]+")


def options_present(values: Mapping[str, Any], keys: Sequence[str]) -> list[str]:
    """Return the cleaned options under `keys`; null or blank ones at the end are no options.

    Raises:
        InvalidRecord: a key is missing, or an option before the last is null, blank or no text.
    """
    texts = [value_of(values, key) for key in keys]
    while texts and (texts[-1] is None or (isinstance(texts[-1], str) and not clean(texts[-1]))):
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

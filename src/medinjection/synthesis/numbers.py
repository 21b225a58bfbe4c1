"""Numbers in medical text: whether a French text still has every number of its English original."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

# Raised and lowered digits are numbers of their own: 10² is not 102.
_RAISED = str.maketrans({raised: plain for plain, raised in zip("0123456789" * 2, "⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", strict=True)})
_RAISED_RUN = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉]+")
_NUMBER = re.compile(r"(?<![\w.,])[.,]\d+(?![.,]?\d)|\d+(?:[.,]\d+)*", re.ASCII)
_SPACED_THOUSANDS = "(?<![0-9])[0-9]{1,3}(?:[ \u00a0\u202f\u2009][0-9]{3})+(?![0-9])(?:[.,][0-9]+)?"
# In French the forced expiratory volume in one second is VEMS.
_FEV1 = re.compile(r"\bFEV[ -]?[_^]?1\b", re.IGNORECASE)
# A cubic millimetre may be written as a microlitre: the power is part of the unit.
_POWER = re.compile(r"\b([cmµ]?m)\^?[23](?!\d)")
_PM = re.compile(r" ?p\.? ?m\b", re.IGNORECASE)
_SPACED_OR_NOT = re.compile(f"{_SPACED_THOUSANDS}|{_NUMBER.pattern}", re.ASCII)

# By number: words of an English and of a French text. "a", "one" and "un" are most often no numbers.
_ONE = "an|année|mois|semaine|jour|journée|heure|minute|seconde|fois|paquet|seule?"
_WORDS = {
    "1": ("first", f"premiers?|premières?|une? (?:{_ONE})"),
    "2": ("two|twice|second|both|II", "deux|deuxièmes?|seconde?s?|II"),
    "3": ("three|third|III", "trois|troisièmes?|III"),
    "4": ("four|fourth|IV", "quatre|quatrièmes?|IV"),
    "5": ("five|fifth", "cinq|cinquièmes?"),
    "6": ("six|sixth|VI", "six|sixièmes?|VI"),
    "7": ("seven|seventh|VII", "sept|septièmes?|VII"),
    "8": ("eight|eighth|VIII", "huit|huitièmes?|VIII"),
    "9": ("nine|ninth|IX", "neuf|neuvièmes?|IX"),
    "10": ("ten|tenth", "dix|dixièmes?"),
    "11": ("eleven|eleventh|XI", "onze|onzièmes?|XI"),
    "12": ("twelve|twelfth|dozen|XII", "douze|douzièmes?|XII"),
    "15": ("fifteen|fifteenth", "quinze|quinzièmes?"),
    "20": ("twenty|twentieth", "vingt|vingtièmes?"),
    "24": ("twenty[ -]four", "vingt-quatre"),
    "30": ("thirty|thirtieth", "trente|trentièmes?"),
}


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written in a text.

    Attributes:
        start, end: where it stands.
        readings: what it may mean: one number, or several in a row ("1,234" is one with decimals or thousands).
    """

    text: str
    start: int
    end: int
    readings: tuple[frozenset[Decimal], ...]


def lost_numbers(original: str, translation: str) -> list[str]:
    """Return the numbers of `original` that `translation` lacks, as written, in order.

    A decimal point equals a decimal comma; 1,000 equals 1000, 1.000 and 1 000. How often a number occurs is not looked
    at. A small number may become a French word ("3 weeks", "trois semaines") that has no counterpart in English words.
    """
    original, translation = _prepared(original), _prepared(translation)
    there = _values(find_numbers(translation))
    sought = [_with_clock(number, original) for number in find_numbers(original)]
    lost = [n.text for n in sought if not any(reading <= there for reading in n.readings)]
    return [token for token in dict.fromkeys(lost) if not _in_words(token, original, translation)]


def added_numbers(original: str, translation: str) -> list[str]:
    """Return the numbers of `translation` that `original` has neither in digits nor in words, as written, in order."""
    original, translation = _prepared(original), _prepared(translation)
    there = _values([_with_clock(number, original) for number in find_numbers(original)])
    added = [n.text for n in find_numbers(translation) if not any(reading <= there for reading in n.readings)]
    return [
        token for token in dict.fromkeys(added) if token != "1" and not _in_words(token, original, translation, True)
    ]


def apart(text: str) -> str:
    """Return `text` with raised and lowered digits as plain ones behind a mark of their own: 10² as 10^2."""
    return _RAISED_RUN.sub(lambda run: f"^{run[0].translate(_RAISED)}", text)


def find_numbers(text: str) -> list[Number]:
    """Return the numbers of a text in order. Groups of three digits after spaces may be one number or several."""
    found = []
    for match in _SPACED_OR_NOT.finditer(text):
        token = match[0]
        parts = _NUMBER.findall(token)
        if len(parts) == 1:
            readings = _readings(token)
        else:
            whole = Decimal(re.sub(r"\s", "", token).replace(",", "."))
            readings = [{whole}, {value for part in parts for value in _readings(part)[0]}]
        found.append(Number(token, *match.span(), tuple(map(frozenset, readings))))
    return found


def _prepared(text: str) -> str:
    return _POWER.sub(r"\1", _FEV1.sub("FEV", apart(text)))


def _with_clock(number: Number, text: str) -> Number:
    """Return a number that may also be an hour of the afternoon: "7 pm" is "19 heures"."""
    if not _PM.match(text, number.end):
        return number
    hours = {value + 12 for reading in number.readings for value in reading if value < 12}
    return replace(number, readings=(*number.readings, frozenset(hours))) if hours else number


def _values(numbers: Iterable[Number]) -> set[Decimal]:
    return {value for number in numbers for reading in number.readings for value in reading}


def _in_words(token: str, original: str, translation: str, there: bool = False) -> bool:
    """Tell whether the French text gained a word for a number of the English one, or (`there`) lost an English one."""
    if token not in _WORDS:
        return False
    pairs = zip(_WORDS[token], (original, translation), strict=True)
    before, after = (len(re.findall(rf"\b(?:{words})\b", text, re.IGNORECASE)) for words, text in pairs)
    return before > after if there else after > before


def _readings(token: str) -> list[set[Decimal]]:
    """Return what a token may mean: one number with decimals, one with thousands, or several numbers in a row."""
    parts = re.split(r"[.,]", token)
    if len(parts) == 1:
        return [{Decimal(token)}]
    readings = []
    separators = set(re.findall(r"[.,]", token))
    whole, last = parts[:-1], parts[-1]
    grouped = bool(whole[0]) and all(len(part) == 3 for part in whole[1:])
    if len(parts) == 2 or (grouped and len(separators) == 2 and token[-len(last) - 1] not in token[: -len(last) - 1]):
        readings.append({Decimal(f"{''.join(whole) or '0'}.{last}")})
    if grouped and len(last) == 3 and len(separators) == 1:
        readings.append({Decimal("".join(parts))})
    if "." not in separators or (len(parts) > 2 and not readings):
        readings.append({Decimal(part) for part in parts if part})
    return readings

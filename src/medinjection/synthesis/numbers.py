"""Numbers in medical text: whether a French text still has every number of its English original."""

import re
from dataclasses import dataclass
from decimal import Decimal

# Raised and lowered digits are numbers of their own: 10² is not 102.
_RAISED = str.maketrans({raised: plain for plain, raised in zip("0123456789" * 2, "⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", strict=True)})
_RAISED_RUN = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉]+")
_NUMBER = re.compile(r"(?<![\w.,])[.,]\d+(?![.,]?\d)|\d+(?:[.,]\d+)*", re.ASCII)
_SPACED_THOUSANDS = "(?<![0-9])[0-9]{1,3}(?:[ \u00a0\u202f\u2009][0-9]{3})+(?![0-9])(?:[.,][0-9]+)?"
_SPACED_OR_NOT = re.compile(f"{_SPACED_THOUSANDS}|{_NUMBER.pattern}", re.ASCII)


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
    at. Numbers written in words are no numbers here.
    """
    there = {value for number in find_numbers(apart(translation)) for reading in number.readings for value in reading}
    lost = [n.text for n in find_numbers(apart(original)) if not any(reading <= there for reading in n.readings)]
    return list(dict.fromkeys(lost))


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

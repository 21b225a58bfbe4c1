"""Numbers as a language writes them: `1,234.5` of an English table is `1 234,5` in a French one."""

import re
from collections.abc import Callable
from dataclasses import dataclass

# Atomic, so that a long row of digits is looked through once.
_NUMBER = re.compile(r"(?>[+\-−]?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:e[+-]?\d+)?)")
# Words that stand with numbers and are others in another language.
_WORDS = re.compile(r"\b(?:to|and|GB)\b")
_BETWEEN = re.compile(r"(?<=[\d%]), (?=[+\-−]?\d)")
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=%|(?:GB|s|h|J|kWh)\b)")
# Numbers with marks, units and such words between and behind them, as cells hold them.
_HOLDS = rf"(?=.*\d)(?:{_NUMBER.pattern}|[\[\]()<>≈=±*/;, %–|]|\b(?:to|and|GB|s|h|J|kWh)\b)+"
_QUANTITY = re.compile(_HOLDS)
_IN_BRACKETS = re.compile(rf"(.+) (\({_HOLDS}\))")


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands before decimals, between thousands, between the two numbers of an interval, and before a unit."""

    decimal: str = "."
    thousands: str = ","
    between: str = ", "
    before_unit: str = " "

    def number(self, text: str) -> str:
        """Return a number that is written as in English with these marks."""
        whole, point, decimals = text.partition(".")
        return whole.replace(",", self.thousands) + (self.decimal if point else "") + decimals

    def quantity(self, text: str, say: Callable[[str], str]) -> str:
        """Return the numbers of a text with these marks; its words, such as GB, and `; ` as `say` has them."""
        apart = _BETWEEN.sub(self.between, _BEFORE_UNIT.sub(self.before_unit, text.replace("; ", say("; "))))
        return _WORDS.sub(lambda found: say(found[0]), _NUMBER.sub(lambda found: self.number(found[0]), apart))


def is_quantity(text: str) -> bool:
    """Say whether a text is made of numbers, with marks and units: `[1.50, 2.00]`, `0.63 GB`, `-5 to 3 %`."""
    return _QUANTITY.fullmatch(text) is not None


def quantity_behind(text: str) -> tuple[str, str] | None:
    """Return a text and the quantity in brackets behind it, of `SYN (0.31)` for example; None where it has none."""
    found = _IN_BRACKETS.fullmatch(text)
    return (found[1], found[2]) if found else None

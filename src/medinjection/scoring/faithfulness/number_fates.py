"""Numbers and units of a reference in an answer: kept, changed, dropped, added."""

from collections.abc import Callable, Sequence
from fractions import Fraction

from medinjection.scoring.faithfulness.findings import (
    ADDED,
    CHANGED,
    DROPPED,
    KEPT,
    NUMBER,
    QUANTITY,
    UNCLEAR,
    UNIT,
    Finding,
)
from medinjection.scoring.faithfulness.quantities import DATE, ORDINAL, Statement

# A fraction and a rounded percentage: 2/3 and 67 %.
_SHARE_ROUNDING = Fraction("0.01")


def number_findings(reference: Sequence[Statement], answer: Sequence[Statement]) -> list[Finding]:
    """Return the fate of each number of a reference, of its unit, and the numbers that the answer adds.

    The steps, each over what the steps before it left:

    1. The same value of the same measure (1 g, 1000 mg) is kept; one number of the answer may keep several.
    2. The same number without its unit, or with one that the reference leaves out: number kept, unit dropped or kept.
    3. The same number with another unit that could stand in its place: number kept, unit changed.
    4. Another number in the same place is changed: the words beside a bare number must be the same; a quantity must
       have the same measure, and share words with the other or be the only one left on both sides. A mass beside an
       amount a litre is unclear, because the substance decides whether they are equal.
    5. What is left of the reference is dropped, but for the other end of a changed range, which is changed too; what is
       left of the answer is added.
    """
    return _Comparison(reference, answer).findings()


class _Comparison:
    def __init__(self, reference: Sequence[Statement], answer: Sequence[Statement]) -> None:
        self._asked = [one for one in reference if one.sure]
        self._unsure = [one for one in reference if not one.sure]
        self._answer = answer
        self._used: set[int] = set()
        self._fates: dict[int, list[Finding]] = {}

    def findings(self) -> list[Finding]:
        for one in self._unsure:
            self._used.update(other.start for other in self._answer if _same(one, other))
        for one in self._asked:
            if same := [other for other in self._answer if _same(one, other)]:
                self._used.update(other.start for other in same)
                self._settle(one, same[0], KEPT, KEPT)
        self._pair(_same_but_unit_left_out, KEPT, DROPPED)
        self._pair(_other_unit, KEPT, CHANGED)
        self._pair(_other_number_beside, CHANGED)
        self._pair(self._only_one_left, CHANGED)
        self._pair(_depends_on_substance, UNCLEAR)
        for one in self._left():
            mates = [self._fates[start][0] for start in one.mates if start in self._fates]
            changed = [mate for mate in mates if mate.fate in (CHANGED, UNCLEAR)]
            fate, words = (changed[0].fate, changed[0].answer) if changed else (DROPPED, "")
            self._fates[one.start] = [Finding(_kind(one), fate, one.text, words)]
        of_reference = [found for one in self._asked for found in self._fates[one.start]]
        return of_reference + [Finding(_kind(other), ADDED, "", other.text) for other in self._added()]

    def _left(self) -> list[Statement]:
        return [one for one in self._asked if one.start not in self._fates]

    def _free(self) -> list[Statement]:
        return [other for other in self._answer if other.sure and other.start not in self._used]

    def _added(self) -> list[Statement]:
        # The other end of a range in the place of what is changed is no addition; nor is an ordinal, which often counts
        # what the reference lists.
        free = {other.start for other in self._free()}
        return [
            other
            for other in self._answer
            if other.start in free and other.kind != ORDINAL and not (other.mates - free)
        ]

    def _pair(self, may: Callable[[Statement, Statement], bool], number: str, unit: str | None = None) -> None:
        """Pair what is left on both sides, those that share the most words first."""
        pairs = [(one, other) for one in self._left() for other in self._free() if may(one, other)]
        for one, other in sorted(pairs, key=lambda pair: -len(pair[0].near & pair[1].near)):
            if one.start not in self._fates and other.start not in self._used:
                self._used.add(other.start)
                self._settle(one, other, number, unit)

    def _settle(self, one: Statement, other: Statement, number: str, unit: str | None) -> None:
        found = [Finding(_kind(one), number, one.text, other.text)]
        if one.measure and unit:
            found.append(Finding(UNIT, unit, one.text, other.text))
        self._fates[one.start] = found

    def _only_one_left(self, one: Statement, other: Statement) -> bool:
        """Tell whether both are quantities of one measure, and no other is left of it on either side."""
        if not _comparable(one, other):
            return False
        of_reference = [o for o in self._left() if _comparable(o, one) and o.start not in one.mates]
        of_answer = [o for o in self._free() if _comparable(o, other) and o.start not in other.mates]
        return len(of_reference) == len(of_answer) == 1


def _kind(one: Statement) -> str:
    return QUANTITY if one.measure else NUMBER


def _same(one: Statement, other: Statement) -> bool:
    if {one.kind, other.kind} == {DATE, ""} and one.measure is None and other.measure is None:
        # A year alone is a number like others.
        dates, numbers = (one.values, other.values) if one.kind else (other.values, one.values)
        return any(isinstance(date, tuple) and date[2] in numbers for date in dates)
    if one.kind != other.kind:
        return False
    if one.kind == DATE:
        return any(_same_date(a, b) for a in one.values for b in other.values)
    if one.measure is None and other.measure is None:
        return bool(one.values & other.values)
    if one.measure and other.measure:
        return any(one.measure.same(a, other.measure, b) for a, b in _numbers(one, other))
    share, fraction = (one, other) if one.measure else (other, one)
    if share.measure is None or share.measure.of != "share" or share.measure.by:
        return False
    # 50 % is "1/2", but no "50".
    return any(
        b.denominator > 1 and abs(a * share.measure.size - b) <= _SHARE_ROUNDING for a, b in _numbers(share, fraction)
    )


def _numbers(one: Statement, other: Statement) -> list[tuple[Fraction, Fraction]]:
    return [(a, b) for a in one.values for b in other.values if isinstance(a, Fraction) and isinstance(b, Fraction)]


def _same_date(one: object, other: object) -> bool:
    """Tell whether two dates agree in day, month and year where both say them."""
    if not (isinstance(one, tuple) and isinstance(other, tuple)):
        return False
    both = [(a, b) for a, b in zip(one, other, strict=True) if a and b]
    return bool(both) and all(a == b for a, b in both)


def _same_but_unit_left_out(one: Statement, other: Statement) -> bool:
    if one.kind or other.kind or (one.measure is None) == (other.measure is None):
        return False
    measure = one.measure or other.measure
    return measure is not None and measure.of != "time" and bool(one.values & other.values)


def _other_unit(one: Statement, other: Statement) -> bool:
    if one.measure is None or other.measure is None or not one.values & other.values:
        return False
    return one.measure.alike(other.measure)


def _comparable(one: Statement, other: Statement) -> bool:
    return one.measure is not None and other.measure is not None and one.measure.comparable(other.measure)


def _other_number_beside(one: Statement, other: Statement) -> bool:
    """Tell whether another number stands in the place of one."""
    if one.kind != other.kind:
        return False
    if one.kind == DATE:
        return bool(one.near & other.near)
    if one.measure is None and other.measure is None:
        return bool(one.beside & other.beside)
    return _comparable(one, other) and bool(one.near & other.near)


def _depends_on_substance(one: Statement, other: Statement) -> bool:
    return (
        one.measure is not None
        and other.measure is not None
        and one.measure.convertible_by_substance(other.measure)
        and bool(one.near & other.near)
    )

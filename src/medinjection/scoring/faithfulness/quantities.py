"""What a French medical text says in numbers: each number with its unit, or with the words beside it."""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from medinjection.records.text import folded
from medinjection.scoring.faithfulness.measures import Measure, measure_of
from medinjection.scoring.faithfulness.number_words import find_number_words
from medinjection.scoring.faithfulness.words import content_stems
from medinjection.synthesis.numbers import Number, apart, find_numbers
from medinjection.synthesis.units import ALIKE, JOINED, Unit, unit_at

ORDINAL = "ordinal"
DATE = "date"
_MONTH = "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
_DATES = (
    re.compile(r"(?<![\d/])(?P<day>\d{1,2})[/.](?P<month>\d{1,2})[/.](?P<year>\d{4})(?!\d)"),
    re.compile(r"(?<!\d)(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?!\d)"),
    re.compile(rf"(?:(?<!\d)(?P<day>\d{{1,2}})(?:er)? )?\b(?P<name>{_MONTH})\b(?: (?P<year>\d{{4}}))?"),
)
# The numbers of a list are none of the text, nor is what belongs to a name ("B12", "IL-6", "COVID-19").
_LIST_MARK = re.compile(r"(?:(?<=^)|(?<=\n))[ *#-]*\d{1,2} ?[.)](?=[\s*])")
_IN_NAME = re.compile(r"[^\W\d_][-‐]?$")
_TIME = re.compile(
    r"[ -]?(?:d')?(?:(?P<y>ans?|années?)|(?P<month>mois)|(?P<wk>semaines?|sem|SA)|(?P<d>jours?|journées?|j)"
    r"|(?P<h>heures?|h)|(?P<min>minutes?|min|mn)|(?P<s>secondes?|s))(?![\w/])",
    re.IGNORECASE,
)
_BY_TIME = (
    r"(?: (?:(?P<d_said>quotidien(?:ne)?s?)|(?P<wk_said>hebdomadaires?)|(?P<month_said>mensuel(?:le)?s?))(?!\w)"
    r"|(?: ?/ ?| (?:et )?par |(?: et)? chaque )(?:(?P<d>jour|j|24 ?h(?:eures)?)|(?P<wk>semaine|sem)|(?P<month>mois)"
    r"|(?P<y>an|année)|(?P<h>heure|h)|(?P<min>minute|min|mn))(?!\w))"
)
# "100 UI anti-Xa/kg", "50 mg d'amoxicilline par kg".
_BY_WEIGHT = re.compile(
    r"(?: (?:d[e'] ?)?[^\W\d_]+(?:-[^\W\d_]+)?)? ?(?:/|\bpar) ?(?:kg|kilo(?:gramme)?)(?!\w)", re.IGNORECASE
)
_ALSO_BY = re.compile(_BY_TIME, re.IGNORECASE)
_RATE = re.compile(rf"(?: [^\W\d_]+\.?){{0,2}}?{_BY_TIME}", re.IGNORECASE)
# Blood cells are counted in milliards (10⁹) and billions (10¹²) a litre.
_CELLS = re.compile(r" ?(?P<size>G|T|[Gg]iga|[Tt]éra) ?(?:/|par ) ?(?:[lL](?!\w)|litre)")
_POWER = re.compile(r" ?[x×*.] ?10 ?(?:\^|\*\*)? ?(?P<power>[-−]?\d{1,2})(?!\d)")
_MILLIONS = re.compile(r" (?P<name>million|milliard)s?(?: d[e'])?(?!\w)", re.IGNORECASE)
_OUT_OF = re.compile(r"(?P<of>\d+)(?: ?(?:/|sur|pour) ?|(?<=(?<!\d)1):)(?P<all>\d[\d ]*\d|\d)(?![\w/]|[.,]\d)")
_RANGE = re.compile(r" ?(?:-|–|—|à|et|ou|/) ?(?:[<>≥≤] ?)?")
_HALF_MORE = re.compile(r" et demie?\b")
# What says "once a day" or "a year" without a number; it may keep a number, and is asked for by none.
_SAID_BY_WORD = (
    (re.compile(r"\b(?:quotidien(?:ne)?s?|quotidiennement|journali[eè]re?s?|chaque jour|tous les jours)\b"), "", "d"),
    (re.compile(r"\b(?:hebdomadaires?|chaque semaine|toutes les semaines)\b"), "", "wk"),
    (re.compile(r"\b(?:mensuel(?:le)?s?|chaque mois|tous les mois)\b"), "", "month"),
    (re.compile(r"\b(?:annuel(?:le)?s?|chaque année|tous les ans)\b"), "", "y"),
    (re.compile(r"\bdans l'année\b"), "y", None),
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A number that a text states.

    Attributes:
        text: the number and its unit as written, folded.
        start, end: where it stands in the folded text.
        values: what it may mean: one value, or two ("1,234" has decimals or thousands); of a date day, month and year.
        measure: what it counts; None for a number without a unit.
        kind: "" of most numbers, ORDINAL or DATE.
        sure: the text surely states it; what is not sure may keep a number of the other text, no more.
        mates: starts of the other numbers of the same range ("10 à 20 mg").
        beside, near: stems of the words right after and before it, and of its neighbourhood.
    """

    text: str
    start: int
    end: int
    values: frozenset[Fraction | tuple[int, int, int]]
    measure: Measure | None
    kind: str
    sure: bool
    mates: frozenset[int]
    beside: frozenset[str]
    near: frozenset[str]


@dataclass(slots=True)
class _Found:
    start: int
    end: int
    values: frozenset[Fraction | tuple[int, int, int]]
    unit: Unit | None = None
    kind: str = ""
    sure: bool = True
    factor: Fraction = Fraction(1)


def find_statements(text: str) -> list[Statement]:
    """Return the numbers of a French text in order, those in words too, each with what it counts."""
    text = readable(text)
    taken = [False] * len(text)
    found: list[_Found] = []

    def take(one: _Found) -> None:
        if not any(taken[one.start : one.end]):
            taken[one.start : one.end] = [True] * (one.end - one.start)
            found.append(one)

    for mark in _LIST_MARK.finditer(text):
        taken[mark.start() : mark.end()] = [True] * (mark.end() - mark.start())
    for one in [*_dates(text), *_fractions(text), *_words(text), *_digits(text)]:
        take(one)
    found.sort(key=lambda one: one.start)
    _give_units(text, found)
    # Digits of a unit ("m^2") or of a power of ten.
    found = [one for one in found if not any(o.start < one.start < o.end for o in found)]
    for pattern, of, by in _SAID_BY_WORD:
        for match in pattern.finditer(text.lower()):
            unit = Unit(of, frozenset([by] if by else []))
            found.append(_Found(*match.span(), frozenset([Fraction(1)]), unit, sure=False))
    mates = _ranges(text, found)
    return [_statement(text, one, mates.get(one.start, frozenset())) for one in sorted(found, key=lambda o: o.start)]


def readable(text: str) -> str:
    """Return a text as it is read here: invisible characters and kinds of spaces folded, lines kept, 10² as 10^2."""
    return apart("\n".join(folded(line) for line in text.splitlines()).translate(ALIKE))


def _dates(text: str) -> list[_Found]:
    found = []
    for pattern in _DATES:
        for match in pattern.finditer(text.lower()):
            parts = match.groupdict()
            month = _MONTH.split("|").index(parts["name"]) + 1 if parts.get("name") else int(parts.get("month") or 0)
            if month > 12 or (parts.get("name") and not (parts["day"] or parts["year"])):
                continue
            date = (int(parts.get("day") or 0), month, int(parts["year"] or 0))
            found.append(_Found(*match.span(), frozenset([date]), kind=DATE))
    return found


def _fractions(text: str) -> list[_Found]:
    """Return "1/2", "7 sur 10" and the like; "120/80" is none."""
    found = []
    for match in _OUT_OF.finditer(text):
        of, out_of = int(match["of"]), int(match["all"].replace(" ", ""))
        before = text[max(0, match.start() - 2) : match.start()]
        if not 0 < of <= out_of or re.search(r"[\w.,/]$", before) or unit_at(text, match.end())[0]:
            continue
        if of == 1 or out_of <= 20 or out_of == 100:
            # A score may be said without its maximum: "15/15", "15".
            whole = [Fraction(of)] if out_of >= 10 and of > 1 else []
            found.append(_Found(*match.span(), frozenset([Fraction(of, out_of), *whole])))
    return found


def _words(text: str) -> list[_Found]:
    return [
        _Found(word.start, word.end, frozenset([word.value]), None, ORDINAL if word.ordinal else "", word.sure)
        for word in find_number_words(text.lower())
    ]


def _digits(text: str) -> list[_Found]:
    return [
        _Found(number.start, number.end, _values(number))
        for number in find_numbers(text)
        if not _IN_NAME.search(text[max(0, number.start - 2) : number.start])
    ]


def _values(number: Number) -> frozenset[Fraction | tuple[int, int, int]]:
    """Return what one number in digits may mean; that it may be several in a row is left aside."""
    parts = {Decimal(part) for part in re.findall(r"\d+", number.text)}
    single = [reading for reading in number.readings if len(reading) == 1 and reading != parts]
    return frozenset(Fraction(value) for reading in single or number.readings[:1] for value in reading)


def _give_units(text: str, found: list[_Found]) -> None:
    """Find the unit after each number; of several numbers in a row the last one's counts for all."""
    after: tuple[int, Unit | None, Fraction] = (len(text), None, Fraction(1))
    for one in reversed(found):
        if one.kind:
            after = (one.start, None, Fraction(1))
            continue
        _read_half(text, one)
        _read_unit(text, one)
        _read_half(text, one)
        if one.unit is None and after[1] and JOINED.fullmatch(text, one.end, after[0]):
            one.unit, one.factor = after[1], after[2]
        after = (one.start, one.unit, one.factor)
        one.values = frozenset(v * one.factor for v in one.values if isinstance(v, Fraction))


def _read_half(text: str, one: _Found) -> None:
    if half := _HALF_MORE.match(text, one.end):
        one.values = frozenset(v + Fraction(1, 2) for v in one.values if isinstance(v, Fraction))
        one.end = half.end()


def _read_unit(text: str, one: _Found) -> None:
    if power := _POWER.match(text, one.end):
        one.factor, one.end = Fraction(10) ** int(power["power"].replace("−", "-")), power.end()
    elif millions := _MILLIONS.match(text, one.end):
        one.factor = Fraction(10 ** (6 if millions["name"].lower() == "million" else 9))
        one.end = millions.end()
    if cells := _CELLS.match(text, one.end):
        one.factor *= 10**9 if cells["size"].lower().startswith("g") else 10**12
        one.unit, one.end = Unit("", frozenset(["L"])), cells.end()
        return
    if (time := _TIME.match(text, one.end)) and not _ALSO_BY.match(text, time.end()):
        one.unit, one.end = Unit(_named(time), frozenset()), time.end()
        return
    one.unit, one.end = unit_at(text, one.end)
    if one.unit is None and (rate := _RATE.match(text, one.end)):
        one.unit, one.end = Unit("", frozenset([_named(rate)])), rate.end()
    if one.unit and one.unit.of and "kg" not in one.unit.by and (weight := _BY_WEIGHT.match(text, one.end)):
        one.unit, one.end = Unit(one.unit.of, one.unit.by | {"kg"}), weight.end()
    while one.unit and (more := _ALSO_BY.match(text, one.end)):
        one.unit, one.end = Unit(one.unit.of, one.unit.by | {_named(more)}), more.end()


def _named(match: re.Match[str]) -> str:
    return next(name.removesuffix("_said") for name, text in match.groupdict().items() if text)


def _ranges(text: str, found: list[_Found]) -> dict[int, frozenset[int]]:
    """Return start -> starts of the other numbers of its range: two in a row with the same unit."""
    mates: dict[int, frozenset[int]] = {}
    for one, other in pairwise(found):
        alike = one.kind == other.kind == "" and one.unit == other.unit and one.sure and other.sure
        if alike and _RANGE.fullmatch(text, one.end, other.start):
            mates[one.start] = mates.get(one.start, frozenset()) | {other.start}
            mates[other.start] = frozenset([one.start])
    return mates


def _statement(text: str, one: _Found, mates: frozenset[int]) -> Statement:
    after = content_stems(re.split(r"[,;:\n\d]", text[one.end : one.end + 40])[0])[:1]
    before = content_stems(re.split(r"[,;:\n\d]", _whole_words(text, one.start - 40, one.start))[-1])[-1:]
    near = content_stems(_whole_words(text, one.start - 60, one.end + 40))
    return Statement(
        text[one.start : one.end].strip(),
        one.start,
        one.end,
        one.values,
        measure_of(one.unit) if one.unit else None,
        one.kind,
        one.sure,
        mates,
        frozenset([*after, *before]),
        frozenset(near),
    )


def _whole_words(text: str, start: int, end: int) -> str:
    """Return the text between two places, without words that it would cut."""
    cut = text[max(0, start) : end]
    if start > 0:
        cut = cut.partition(" ")[2]
    return cut.rpartition(" ")[0] if end < len(text) and text[end].isalnum() else cut

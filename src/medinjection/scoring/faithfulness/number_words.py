"""French numbers in words: "vingt et un", "quatre-vingt-dix", "deux tiers", "un demi-comprimé", "cinquième"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

_CARDINALS = {
    "zéro": 0,
    "deux": 2,
    "trois": 3,
    "quatre": 4,
    "cinq": 5,
    "six": 6,
    "sept": 7,
    "huit": 8,
    "neuf": 9,
    "dix": 10,
    "onze": 11,
    "douze": 12,
    "treize": 13,
    "quatorze": 14,
    "quinze": 15,
    "seize": 16,
    "vingt": 20,
    "vingts": 20,
    "trente": 30,
    "quarante": 40,
    "cinquante": 50,
    "soixante": 60,
    "septante": 70,
    "huitante": 80,
    "nonante": 90,
    "cent": 100,
    "cents": 100,
    "mille": 1000,
}
_ONES = {"un": 1, "une": 1}
_PARTS = {"tiers": 3, "quart": 4, "quarts": 4, "cinquième": 5, "cinquièmes": 5, "dixième": 10, "dixièmes": 10}
_ORDINALS = {
    "deuxième": 2,
    "troisième": 3,
    "quatrième": 4,
    "cinquième": 5,
    "sixième": 6,
    "septième": 7,
    "huitième": 8,
    "neuvième": 9,
    "dixième": 10,
    "onzième": 11,
    "douzième": 12,
}
_WORD = "|".join(sorted(_CARDINALS, key=len, reverse=True))
# "pour cent" is a unit.
_CARDINAL = re.compile(rf"(?<!pour )\b(?:{_WORD})(?:(?: et |-et-)(?:une?|onze)\b|[- ](?:{_WORD}))*\b")
# "un" is a number where it counts what is measured; beside what is only mentioned it may be the article.
_MEASURED = "ans?|années?|mois|semaines?|jours?|journée|heures?|minutes?|secondes?"
_COUNTED = "fois|comprimés?|gélules?|prises?|doses?|injections?|gouttes?|ampoules?|sachets?|bouffées?|seule?|paquets?"
_ONE = re.compile(rf"\bune?(?= (?:(?P<sure>{_MEASURED}|fois (?:par|tous|toutes|chaque)\b|fois ?/)|{_COUNTED})\b)")
_FRACTION = re.compile(
    rf"\b(?P<of>une?|deux|trois|quatre|\d)[ -](?P<part>{'|'.join(_PARTS)})\b(?! [^\W\d_]+ (?:jour|trimestre))"
)
_HALF = re.compile(r"(?<!et )\b(?:un |une )?demie?(?=[ -])|\b(?:la )?moitié\b")
_ONE_OF = re.compile(rf"\bune? [^\W\d_]+ sur (?:(?P<word>{_WORD})|(?P<digits>\d+))\b")
_ORDINAL = re.compile(rf"\b(?:(?P<word>{'|'.join(_ORDINALS)})s?|(?P<digits>\d+) ?(?:e|è|ème|ième|eme|nde?)(?!\w))")
_FIRST = re.compile(r"\b(?:premi(?:er|ère)s?|1 ?(?:er|re|ère)|second(?:e|s|es)?(?! ?/))(?!\w)")


@dataclass(frozen=True, slots=True)
class Word:
    """A number in words, and where it stands.

    Attributes:
        ordinal: it says a place in an order.
        sure: it is a number; False where the word may be an article ("une dose") or an idiom ("en première intention").
    """

    start: int
    end: int
    value: Fraction
    ordinal: bool = False
    sure: bool = True


def find_number_words(text: str) -> Iterator[Word]:
    """Yield the numbers in words of a text in lower case; where two readings overlap, the first yielded counts."""
    for match in _FRACTION.finditer(text):
        of = match["of"]
        over = int(of) if of.isdigit() else (_CARDINALS | _ONES)[of]
        yield Word(*match.span(), Fraction(over, _PARTS[match["part"]]))
    for match in _ONE_OF.finditer(text):
        yield Word(*match.span(), Fraction(1, int(match["digits"]) if match["digits"] else _CARDINALS[match["word"]]))
    for match in _HALF.finditer(text):
        yield Word(*match.span(), Fraction(1, 2))
    for match in _FIRST.finditer(text):
        yield Word(*match.span(), Fraction(2 if "second" in match[0] else 1), ordinal=True, sure=False)
    for match in _ORDINAL.finditer(text):
        place = int(match["digits"]) if match["digits"] else _ORDINALS[match["word"]]
        yield Word(*match.span(), Fraction(place), ordinal=True)
    for match in _CARDINAL.finditer(text):
        yield Word(*match.span(), Fraction(_cardinal(re.findall(r"[^\W\d_]+", match[0]))))
    for match in _ONE.finditer(text):
        yield Word(*match.span(), Fraction(1), sure=match["sure"] is not None)


def _cardinal(words: list[str]) -> int:
    total = current = 0
    for word in words:
        value = (_CARDINALS | _ONES).get(word, 0)
        if value == 1000:
            total, current = total + max(current, 1) * 1000, 0
        elif value == 100:
            current = max(current, 1) * 100
        elif value == 20 and current % 100 == 4:
            current += 76
        else:
            current += value
    return total + current

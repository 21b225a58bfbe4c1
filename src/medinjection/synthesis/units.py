"""Units in medical text: whether every quantity of an English text has its unit in the French translation too.

The table below gives a unit one name and all its spellings in English and French text. A spelling counts with its case
first ("mM" is millimoles a litre, "mm" a length), then without. What is no unit here is left alone: years, weeks,
tablets, beats without "per minute", and what is often something else ("in", "m", "M", "C", "foot", "second").
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from medinjection.synthesis.numbers import apart, find_numbers

# name: spellings in either language. Units of the same size share a line (a microlitre and a cubic millimetre, IU and
# UI): the number beside them is then the same.
_NAMED = """
kg: kg, kgs, kilo, kilos, kilogram, kilograms, kilogramme, kilogrammes
g: g, gr, gm, gms, grams, gramme, grammes
mg: mg, mgs, mgm, milligram, milligrams, milligramme, milligrammes
µg: µg, ug, mcg, microgram, micrograms, microgramme, microgrammes
ng: ng, nanogram, nanograms, nanogramme, nanogrammes
pg: pg, picogram, picograms, picogramme, picogrammes
L: L, liter, liters, litre, litres
dL: dL, deciliter, deciliters, decilitre, decilitre, décilitre, décilitres
cL: cL, centiliter, centiliters, centilitre, centilitres
mL: mL, cc, cm3, cm^3, milliliter, milliliters, millilitre, millilitres, cubic centimeter, cubic centimeters, \
cubic centimetre, cubic centimetres, centimètre cube, centimètres cubes
µL: µL, uL, mcL, microL, microliter, microliters, microlitre, microlitres, mm3, mm^3, cumm, cu mm, cubic millimeter, \
cubic millimeters, cubic millimetre, cubic millimetres, millimètre cube, millimètres cubes
fL: fL, femtoliter, femtoliters, femtolitre, femtolitres, µm3, µm^3
mol: mol
mmol: mmol, mmols, millimole, millimoles
µmol: µmol, umol, mcmol, micromol, micromole, micromoles
nmol: nmol, nanomole, nanomoles
pmol: pmol, picomole, picomoles
mEq: mEq, milliequivalent, milliequivalents, milliéquivalent, milliéquivalents
mOsm: mOsm, mOsmol, mosmole, mosmoles, milliosmole, milliosmoles
U: U, IU, UI, international unit, international units, unité, unités, unité internationale, unités internationales
mU: mU, mIU, mUI
µU: µU, uU, µIU, uIU, µUI, uUI
kU: kU, kIU, kUI
km: km, kilometer, kilometers, kilometre, kilometres, kilomètre, kilomètres
m: meter, meters, metre, metres, mètre, mètres
cm: cm, cms, centimeter, centimeters, centimetre, centimetres, centimètre, centimètres
mm: mm, mms, millimeter, millimeters, millimetre, millimetres, millimètre, millimètres
µm: µm, um, micron, microns, micrometer, micrometers, micrometre, micrometres, micromètre, micromètres
nm: nm, nanometer, nanometers, nanometre, nanometres, nanomètre, nanomètres
m²: m2, m^2, square meter, square meters, square metre, square metres, mètre carré, mètres carrés
cm²: cm2, cm^2, sq cm, square centimeter, square centimeters, square centimetre, square centimetres, centimètre carré, \
centimètres carrés
mm²: mm2, mm^2, square millimeter, square millimeters, square millimetre, square millimetres, millimètre carré, \
millimètres carrés
mmHg: mmHg, mm Hg, mm of Hg, mm de Hg, mm d'Hg, mm of mercury, mm de mercure, millimeters of mercury, \
millimetres of mercury, millimètres de mercure
cmH2O: cmH2O, cm H2O, cm of H2O, cm d'H2O, cm of water, cm d'eau, centimeters of water, centimetres of water, \
centimètres d'eau
kPa: kPa, kilopascal, kilopascals
%: %, percent, per cent, pour cent, p. 100, p. cent
°: °, degrees, degrés
°C: °C, ° C, °Celsius, ° Celsius, degC, deg C, degree C, degrees C, degree Celsius, degrees Celsius, \
degree centigrade, degrees centigrade, degrés C, degré Celsius, degrés Celsius, degrés centigrades, celsius
°F: °F, ° F, °Fahrenheit, ° Fahrenheit, degF, deg F, degree F, degrees F, degree Fahrenheit, degrees Fahrenheit, \
degrés F, degré Fahrenheit, degrés Fahrenheit, fahrenheit
Gy: Gy, grays
cGy: cGy, centigray, centigrays
mGy: mGy, milligray, milligrays
Sv: Sv, sievert, sieverts
mSv: mSv, millisievert, millisieverts
MBq: MBq, megabecquerel, megabecquerels, mégabecquerel, mégabecquerels
mCi: mCi, millicurie, millicuries
Hz: Hz, hertz
kHz: kHz, kilohertz
MHz: MHz, megahertz, mégahertz
dB: dB, decibel, decibels, décibel, décibels
mV: mV, millivolt, millivolts
mA: mA, milliampere, milliamperes, milliampère, milliampères
W: watt, watts
J: joule, joules
kJ: kJ, kilojoule, kilojoules
kcal: kcal, kilocalorie, kilocalories
Da: Da, dalton, daltons
kDa: kDa, kilodalton, kilodaltons
ms: ms, msec, msecs, millisecond, milliseconds, milliseconde, millisecondes
lb: lb, lbs, pound, pounds, livre, livres
oz: oz, ounce, ounces, onces
ft: ft, feet, pieds
inch: inch, inches, pouce, pouces
"""
# One word for two units: as (unit, by what).
_COMPOUND = """
/min: bpm, rpm, bat/mn, b.p.m.
mmol/L: mM, mmolar, millimolar
µmol/L: µM, uM, micromolar, micromolaire
nmol/L: nM, nanomolar, nanomolaire
g/dL: g%, gm%, g %, gm %
mg/dL: mg%, mg %
"""
_TIMES = """
s: s, sec, second, seconde
min: min, mn, minute
h: h, hr, hrs, hour, heure
d: d, day, j, jour, 24 h, 24 hr, 24 hrs, 24 hours, 24 hour, 24 heures, 24h, 24hr, 24hrs
wk: wk, week, sem, semaine
month: month, mo, mois
y: y, yr, year, an, année
"""
# What things are counted by: "4000/mm3", "20 breaths per minute".
_COUNTED_BY = ("min", "µL", "mL", "L", "dL")
# A text may say it in a word ("daily") or leave it out beside a mass or a volume.
_IN_WORDS = {"h", "d", "wk", "month", "y"}
# "39.5°" is how temperatures are often written.
_SAME = {frozenset(("°", "°C"))}

# Characters of equal meaning, one for one.
ALIKE = str.maketrans("\u00a0\u202f\u2009\u03bcº˚’∕⁄", "   \u00b5°°'//")


def _spellings(*tables: str) -> dict[str, str]:
    """Return spelling -> name, with the spellings in lower case where these are not another unit's."""
    lines = [line.split(":", 1) for table in tables for line in table.replace("\\\n", "").strip().splitlines()]
    named = {spelling.strip(): name for name, spellings in lines for spelling in spellings.split(",")}
    return {spelling.lower(): name for spelling, name in named.items()} | named


def _alternatives(spellings: Iterable[str]) -> str:
    longest_first = sorted(spellings, key=lambda spelling: (-len(spelling), spelling))
    return "|".join(map(re.escape, longest_first))


_UNITS = _spellings(_NAMED, _COMPOUND)
_PARTS = _spellings(_NAMED, _TIMES) | {"100 ml": "dL"}
_COUNTS = {spelling: name for spelling, name in _PARTS.items() if name in _COUNTED_BY}
_END = r"(?![^\W_]|\^)"
_PER = r"(?: ?/ ?| (?:per|par) )(?:1 ?)?"
_QUANTITY = re.compile(rf"(?: ?[-‐‑] ?| {{0,2}})({_alternatives(_UNITS)}){_END}", re.IGNORECASE)
_BY = re.compile(rf"{_PER}({_alternatives(_PARTS)}){_END}", re.IGNORECASE)
_INVERSE = re.compile(rf" ?[.· ] ?({_alternatives(_PARTS)}) ?\^?[-⁻−]\^?1(?!\d)", re.IGNORECASE)
_COUNT = re.compile(rf"(?: [^\W\d_]+\.?){{0,3}}?{_PER}({_alternatives(_COUNTS)}){_END}", re.IGNORECASE)
# Between numbers that share the unit of the last: "10 à 20 mg", "2 x 3 cm", "10, 20 et 30 mg".
JOINED = re.compile(r"[ ,;/x×±+à–—-]*(?:\b(?:to|and|or|by|à|et|ou|sur|par)\b)?[ ,;/x×±+à–—-]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: what there is of it ("" for things that are counted), and by what ("mg/kg/day": kg and day)."""

    of: str
    by: frozenset[str]

    def stands_for(self, other: "Unit") -> bool:
        """Tell whether this unit of a translation keeps the `other` of the original; it may say more."""
        if self.of != other.of and frozenset((self.of, other.of)) not in _SAME:
            return False
        return (other.by - _IN_WORDS if other.of else other.by) <= self.by


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of a text with the unit after it, None where there is none; `shared`: it stands after a later number."""

    text: str
    values: frozenset[Decimal]
    unit: Unit | None
    shared: bool = False


def changed_units(original: str, translation: str) -> list[str]:
    """Return the quantities whose unit differs between the texts, as written, in order: of the original, then new ones.

    A quantity of the original needs its number with an equivalent unit somewhere in the translation; one of the
    translation needs the same where the original gives that number with units only. Numbers that the other text lacks
    are left to `lost_numbers`.
    """
    english, french = find_quantities(original), find_quantities(translation)
    changed = []
    for quantity in english:
        same = _same_number(quantity, french)
        kept = any(quantity.unit and other.unit and other.unit.stands_for(quantity.unit) for other in same)
        if quantity.unit and not quantity.shared and same and not kept:
            changed.append(quantity.text)
    for quantity in french:
        same = _same_number(quantity, english)
        units = [other.unit for other in same if other.unit]
        if quantity.unit and not quantity.shared and units and len(units) == len(same):
            changed += [] if any(map(quantity.unit.stands_for, units)) else [quantity.text]
    return list(dict.fromkeys(changed))


def find_quantities(text: str) -> list[Quantity]:
    """Return the numbers of a text that are no part of a name ("B12"), each with its unit."""
    text = apart(text.translate(ALIKE))
    found: list[Quantity] = []
    after: tuple[int, Unit | None] = (len(text), None)
    for number in reversed(find_numbers(text)):
        values = frozenset(value for reading in number.readings for value in reading)
        unit, end = unit_at(text, number.end)
        shared = False
        if unit is None and after[1] and JOINED.fullmatch(text, number.end, after[0]):
            unit, shared = after[1], True
        after = (number.start, unit)
        if not text[max(0, number.start - 1) : number.start].isalpha():
            found.append(Quantity(text[number.start : end].strip(), values, unit, shared))
    return found[::-1]


def _same_number(quantity: Quantity, others: list[Quantity]) -> list[Quantity]:
    return [other for other in others if quantity.values & other.values]


def unit_at(text: str, position: int) -> tuple[Unit | None, int]:
    """Return the unit that begins at `position`, None where none does, and where it ends.

    The text is one whose characters `ALIKE` and `apart` have folded.
    """
    by = []
    if match := _QUANTITY.match(text, position):
        name, _, part = _named(match[1], _UNITS).partition("/")
        by += [part] if part else []
    elif match := _COUNT.match(text, position):
        name = ""
        by.append(_named(match[1], _COUNTS))
    else:
        return None, position
    end = match.end()
    while match := _BY.match(text, end) or _INVERSE.match(text, end):
        by.append(_named(match[1], _PARTS))
        end = match.end()
    return Unit(name, frozenset(by)), end


def _named(spelling: str, names: dict[str, str]) -> str:
    return names.get(spelling) or names[spelling.lower()]

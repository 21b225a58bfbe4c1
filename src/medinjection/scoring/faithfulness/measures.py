"""Units as measures: what kind of thing a unit measures, and how many of the kind's base unit it is."""

from dataclasses import dataclass
from fractions import Fraction

from medinjection.synthesis.units import Unit

# Unit -> what it measures, and its size in the base unit. A milliequivalent is taken as a millimole, which holds for
# ions of one charge. Months and years are mean ones, twelve months a year.
_SIZES: dict[str, tuple[str, str]] = {
    "kg": ("mass", "1000"),
    "g": ("mass", "1"),
    "mg": ("mass", "1e-3"),
    "µg": ("mass", "1e-6"),
    "ng": ("mass", "1e-9"),
    "pg": ("mass", "1e-12"),
    "L": ("volume", "1"),
    "dL": ("volume", "1e-1"),
    "cL": ("volume", "1e-2"),
    "mL": ("volume", "1e-3"),
    "µL": ("volume", "1e-6"),
    "fL": ("volume", "1e-15"),
    "mol": ("amount", "1"),
    "mmol": ("amount", "1e-3"),
    "mEq": ("amount", "1e-3"),
    "µmol": ("amount", "1e-6"),
    "nmol": ("amount", "1e-9"),
    "pmol": ("amount", "1e-12"),
    "U": ("activity", "1"),
    "mU": ("activity", "1e-3"),
    "µU": ("activity", "1e-6"),
    "kU": ("activity", "1e3"),
    "km": ("length", "1e3"),
    "m": ("length", "1"),
    "cm": ("length", "1e-2"),
    "mm": ("length", "1e-3"),
    "µm": ("length", "1e-6"),
    "nm": ("length", "1e-9"),
    "m²": ("area", "1"),
    "cm²": ("area", "1e-4"),
    "mm²": ("area", "1e-6"),
    "mmHg": ("pressure", "1"),
    "kPa": ("pressure", "7.50062"),
    "cmH2O": ("pressure", "0.735559"),
    "°C": ("temperature", "1"),
    "°": ("temperature", "1"),
    "Gy": ("dose of radiation", "1"),
    "cGy": ("dose of radiation", "1e-2"),
    "mGy": ("dose of radiation", "1e-3"),
    "Sv": ("equivalent dose", "1"),
    "mSv": ("equivalent dose", "1e-3"),
    "kcal": ("energy", "4184"),
    "kJ": ("energy", "1e3"),
    "J": ("energy", "1"),
    "%": ("share", "1e-2"),
    "ms": ("time", "1e-3"),
    "s": ("time", "1"),
    "min": ("time", "60"),
    "h": ("time", "3600"),
    "d": ("time", "86400"),
    "wk": ("time", "604800"),
    "month": ("time", "2629800"),
    "y": ("time", "31557600"),
}
# Shortest and longest month and year in seconds: "3 mois" may be "12 semaines" or "90 jours".
_CALENDAR = {"month": (28 * 86400, 31 * 86400), "y": (364 * 86400, 366 * 86400)}
# Converted laboratory values are rounded.
_ROUNDED = Fraction("0.01")


@dataclass(frozen=True, slots=True)
class Measure:
    """What a number counts.

    Attributes:
        of: what is measured ("" for things that are counted).
        by: by what, sorted: mass and time for "mg/kg/j".
        size: how many base units the unit is.
        unit: the unit as parsed.
    """

    of: str
    by: tuple[str, ...]
    size: Fraction
    unit: Unit

    def comparable(self, other: "Measure") -> bool:
        """Tell whether both measure the same; one may leave out that a mass or volume is by time ("par jour")."""
        return self.of == other.of and (self.by == other.by or (bool(self.of) and self._untimed() == other._untimed()))

    def alike(self, other: "Measure") -> bool:
        """Tell whether one may stand for the other by mistake: both durations, both rates, or both something else."""
        return self._sort() == other._sort()

    def convertible_by_substance(self, other: "Measure") -> bool:
        """Tell whether these are a mass and an amount by the same volume: which is which depends on the substance."""
        return {self.of, other.of} == {"mass", "amount"} and self.by == other.by == ("volume",)

    def same(self, one: Fraction, other: "Measure", two: Fraction) -> bool:
        """Tell whether `one` of this measure is `two` of the `other`, to rounding where units differ."""
        if not self.comparable(other):
            return False
        if self.unit == other.unit:
            return one == two
        first, second = one * self._sized(other), two * other._sized(self)
        if first == second:
            return True
        if self.of == "time":
            low, high = _span(one, self), _span(two, other)
            return low[0] <= high[1] and high[0] <= low[1]
        return abs(first - second) <= _ROUNDED * max(abs(first), abs(second))

    def _sized(self, other: "Measure") -> Fraction:
        """Return the size, without the time that the other leaves out."""
        return self.size if self.by == other.by else self.size * _time_of(self.unit)

    def _untimed(self) -> tuple[str, ...]:
        return tuple(part for part in self.by if part != "time")

    def _sort(self) -> str:
        if self.of in {"time", "share", "temperature", "pressure"}:
            return self.of
        return "rate" if self.of == "" else "volume" if "volume" in self.by else "other"


def measure_of(unit: Unit) -> Measure:
    """Return the measure of a unit; one that has no entry measures itself."""
    of, size = _entry(unit.of) if unit.of else ("", Fraction(1))
    parts = [_entry(part) for part in unit.by]
    for _, part in parts:
        size /= part
    return Measure(of, tuple(sorted(name for name, _ in parts)), size, unit)


def _entry(unit: str) -> tuple[str, Fraction]:
    of, size = _SIZES.get(unit, (unit, "1"))
    return of, Fraction(size)


def _span(value: Fraction, measure: Measure) -> tuple[Fraction, Fraction]:
    """Return how many seconds a duration has at least and at most."""
    least, most = _CALENDAR.get(measure.unit.of, (measure.size, measure.size))
    return value * least, value * most


def _time_of(unit: Unit) -> Fraction:
    size = Fraction(1)
    for part in unit.by:
        of, one = _entry(part)
        if of == "time":
            size *= one
    return size

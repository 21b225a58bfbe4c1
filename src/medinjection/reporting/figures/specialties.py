"""Figure 2: the medical specialties of the native and synthetic components (paper section 3.1)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medinjection.components.statistics import RecordCount
from medinjection.records.csv_rows import read_rows
from medinjection.records.errors import InputError
from medinjection.records.files import csv_text, write_text
from medinjection.reporting.figures.style import (
    PUBLISHED_COLOUR,
    component_colour,
    figure_style,
    save_figure,
    write_caption,
)
from medinjection.reporting.reading import number
from medinjection.reporting.remark import NO_REMARK, Remark, marked_csv

SPECIALTY_COMPONENTS = ("native", "synthetic")
COLUMNS = ("specialty", "records", *SPECIALTY_COMPONENTS, "percent", "percent_published")

# How much of the longest bar a number and the gap before it are wide.
_NUMBER_WIDTH = 0.08


@dataclass(frozen=True, slots=True)
class SpecialtyShare:
    """One specialty: its records by component, its percentage of all records with a specialty, and the paper's."""

    specialty: str
    components: Mapping[str, int]
    percent: float
    published: float | None

    @property
    def records(self) -> int:
        """Records of the specialty in both components."""
        return sum(self.components.values())


@dataclass(frozen=True, slots=True)
class SpecialtyShares:
    """Figure 2 in numbers: the commonest specialty first, and how many records have none."""

    rows: tuple[SpecialtyShare, ...]
    with_specialty: int
    without: int


def read_published_shares(path: Path | str) -> dict[str, float]:
    """Read the percentages that the paper gives. Raises InputError as `read_rows`, or where a cell is no number."""
    values = {}
    for row in read_rows(path, ("specialty", "percent")):
        value = number(row["percent"], path, row["specialty"])
        if value is None:
            raise InputError(f"{path}: {row['specialty']}: percent is empty, expected a number")
        values[row["specialty"]] = value
    return values


def specialty_shares(
    counts: Sequence[RecordCount], names: Sequence[str], published: Mapping[str, float]
) -> SpecialtyShares:
    """Return the share of each specialty among the native and synthetic records that have one.

    Args:
        names: the specialties that there are; one without records is shown with none.
        published: percentages of the paper by specialty.

    Raises:
        InputError: a record or the paper has a specialty that is not in `names`.
    """
    found: Counter[tuple[str, str]] = Counter()
    for row in counts:
        if row.component in SPECIALTY_COMPONENTS:
            found[row.specialty, row.component] += row.records
    unknown = sorted(({specialty for specialty, _ in found} - {""} | set(published)) - set(names))
    if unknown:
        raise InputError(f"specialty {unknown[0]!r}: expected one of {', '.join(names)}")
    without = sum(found["", component] for component in SPECIALTY_COMPONENTS)
    total = sum(found.values()) - without
    rows = []
    for name in names:
        by_component = {component: found[name, component] for component in SPECIALTY_COMPONENTS}
        percent = 100 * sum(by_component.values()) / total if total else 0.0
        rows.append(SpecialtyShare(name, by_component, percent, published.get(name)))
    rows.sort(key=lambda row: (-row.records, row.specialty))
    return SpecialtyShares(tuple(rows), total, without)


def specialty_label(name: str) -> str:
    """Return a specialty's name as a reader sees it: `nephrology_urology` -> `Nephrology and urology`."""
    return name.replace("_", " and ").capitalize()


def write_specialty_figure(shares: SpecialtyShares, folder: Path | str, remark: Remark = NO_REMARK) -> None:
    """Write `fig2.csv`, `.svg`, `.png` and `fig2_caption.txt` to `folder`."""
    stem = Path(folder) / "fig2"
    with figure_style():
        save_figure(_drawn(shares), stem, remark.demonstration)
    write_caption(stem, specialty_caption(shares), remark)
    write_text(stem.with_suffix(".csv"), marked_csv(_csv(shares), remark))


def specialty_caption(shares: SpecialtyShares) -> list[str]:
    """Return the sentences of the caption."""
    return [
        f"Medical specialties of the native and synthetic records, in percent of the {shares.with_specialty:,} records "
        "that have one.",
        f"{shares.without:,} native and synthetic records have no specialty, because upstream gives no field of "
        "medicine or one that fits none of the categories; they are left out.",
        "Diamonds: the percentages that the paper's text gives; it gives four of fourteen, and not what they are "
        "percentages of.",
    ]


def _csv(shares: SpecialtyShares) -> str:
    rows: list[list[object]] = []
    for row in shares.rows:
        parts = [row.components[component] for component in SPECIALTY_COMPONENTS]
        published = "" if row.published is None else f"{row.published:g}"
        rows.append([row.specialty, row.records, *parts, f"{row.percent:.2f}", published])
    return csv_text(COLUMNS, [*rows, ["(none)", shares.without, *[""] * (len(COLUMNS) - 2)]])


def _drawn(shares: SpecialtyShares) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.6), layout="constrained")
    axes = figure.add_subplot()
    places = range(len(shares.rows))
    left = [0.0] * len(shares.rows)
    for component in SPECIALTY_COMPONENTS:
        widths = [100 * row.components[component] / (shares.with_specialty or 1) for row in shares.rows]
        axes.barh(places, widths, left=left, color=component_colour(component), label=component)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    said = [(row.published, place) for place, row in enumerate(shares.rows) if row.published is not None]
    if said:
        values, heights = zip(*said, strict=True)
        axes.plot(
            values, heights, "D", markersize=6, markerfacecolor="white", color=PUBLISHED_COLOUR, label="paper (total)"
        )
    edge = max([*left, *(value for value, _ in said), 1.0])
    for place, row in enumerate(shares.rows):
        # Behind the bar; behind the diamond only where that stands in the way.
        beside = row.published is not None and left[place] <= row.published <= left[place] + _NUMBER_WIDTH * edge
        end = row.published if beside and row.published else left[place]
        axes.annotate(f"{row.percent:.1f}", (end, place), (7, 0), textcoords="offset points", va="center", fontsize=8)
    axes.set_xlim(0, 1.12 * edge)
    axes.set_yticks(places, [specialty_label(row.specialty) for row in shares.rows])
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("Percent of the records with a specialty")
    figure.legend(loc="outside upper center", ncols=3)
    return figure

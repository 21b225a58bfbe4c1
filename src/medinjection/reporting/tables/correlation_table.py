"""Table 4: how judges and text metrics correlate with a physician's ratings, beside the published values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from medinjection.records.csv_rows import read_rows
from medinjection.records.errors import InputError
from medinjection.records.files import csv_text, write_text
from medinjection.reporting.grid import Grid, write_grid
from medinjection.reporting.quantities import NOTHING
from medinjection.reporting.reading import number
from medinjection.reporting.remark import NO_REMARK, Remark, marked_csv
from medinjection.scoring.agreement.correlations import CORRELATION_COLUMNS

NUMBER = 4
# What the paper prints; the text repeats one p-value in other digits.
PRINTED = ("pearson_r", "p_value")
IN_TEXT = "p_value_text"
# Our columns of each published one.
OURS = {"pearson_r": "pearson_r", "p_value": "pearson_r_p", IN_TEXT: "pearson_r_p"}
# Variant of ours that stands beside the paper's line.
_BESIDE = ("-", "default")
_KINDS = {"judge": "Judge", "metric": "Metric"}

_NUMBERS = tuple(
    name for name in CORRELATION_COLUMNS if name not in ("kind", "scorer", "variant", "undefined", "family")
)
_PUBLISHED = (*PRINTED, IN_TEXT)
_HEADER = (
    "Scorer",
    "Kind",
    "Variant",
    "n",
    "r",
    "95 % interval",
    "r, paper",
    "p",
    "p, paper",
    "p (Holm)",
    "Spearman's rho",
    "95 % interval",
    "Kendall's tau-b",
    "95 % interval",
)


@dataclass(frozen=True, slots=True)
class CorrelationRow:
    """One scorer; of one that only the paper has, there are no numbers of ours and the variant is empty."""

    kind: str
    scorer: str
    variant: str = ""
    ours: Mapping[str, float | None] = field(default_factory=dict)
    undefined: str = ""
    family: str = ""
    published: Mapping[str, str] = field(default_factory=dict)


def read_published_correlations(path: Path | str) -> dict[tuple[str, str], dict[str, str]]:
    """Read the paper's Table 4: (kind, scorer) -> column -> the number as printed, without empty cells.

    Raises:
        InputError: as `read_rows`, or a line occurs twice or is of an unknown kind, or a cell is no number.
    """
    published: dict[tuple[str, str], dict[str, str]] = {}
    for row in read_rows(path, ("kind", "scorer", *_PUBLISHED)):
        key = (row["kind"], row["scorer"])
        if row["kind"] not in _KINDS or key in published:
            raise InputError(f"{path}: found {', '.join(key)}, expected each scorer once, of {' or '.join(_KINDS)}")
        cells = {name: row[name] for name in _PUBLISHED}
        published[key] = {
            name: text for name, text in cells.items() if number(text, path, f"{', '.join(key)}, {name}") is not None
        }
    return published


def table_4(path: Path | str, published: Mapping[tuple[str, str], Mapping[str, str]]) -> list[CorrelationRow]:
    """Return the rows of scores/correlations.csv: those of the paper in its order, then those that it lacks.

    Raises:
        InputError: as `read_rows`, or a line occurs twice, or a cell is no number.
    """
    ours: dict[tuple[str, str, str], CorrelationRow] = {}
    for row in read_rows(path, CORRELATION_COLUMNS):
        key = (row["kind"], row["scorer"], row["variant"])
        if key in ours:
            raise InputError(f"{path}: {', '.join(key)} occurs twice")
        beside = published.get(key[:2], {}) if row["variant"] in _BESIDE else {}
        ours[key] = CorrelationRow(*key, _numbers(row, path), row["undefined"], row["family"], beside)
    rows = []
    for kind, scorer in published:
        found = [ours.pop((kind, scorer, variant)) for variant in _BESIDE if (kind, scorer, variant) in ours]
        rows += found or [CorrelationRow(kind, scorer, published=published[kind, scorer])]
    return sorted([*rows, *ours.values()], key=lambda row: [*_KINDS].index(row.kind))


def correlation_csv(rows: Sequence[CorrelationRow]) -> str:
    """Return the table as CSV: our columns, then the published ones."""
    lines = []
    for row in rows:
        values = ["" if row.ours.get(name) is None else f"{row.ours[name]:.6g}" for name in _NUMBERS]
        beside = [row.published.get(name, "") for name in _PUBLISHED]
        lines.append([row.kind, row.scorer, row.variant, *values, row.undefined, row.family, *beside])
    return csv_text(_csv_header(), lines)


def read_correlation_table(path: Path | str) -> list[CorrelationRow]:
    """Read a table back from the CSV that `correlation_csv` made. Raises InputError as `read_rows` does."""
    rows = []
    for row in read_rows(path, _csv_header()):
        beside = {name: row[f"{name}_published"] for name in _PUBLISHED if row[f"{name}_published"]}
        key = (row["kind"], row["scorer"], row["variant"])
        rows.append(CorrelationRow(*key, _numbers(row, path), row["undefined"], row["family"], beside))
    return rows


def correlation_grid(rows: Sequence[CorrelationRow], remark: Remark) -> Grid:
    """Return the table as a reader sees it."""
    lines = []
    for row in rows:
        ours, beside = row.ours, row.published
        intervals = [_interval(ours, name) for name in ("pearson_r", "spearman_rho", "kendall_tau_b")]
        lines.append(
            (
                row.scorer,
                _KINDS[row.kind],
                row.variant.replace("-", "") or NOTHING,
                NOTHING if ours.get("n") is None else f"{ours['n']:.0f}",
                correlation_text(ours.get("pearson_r")),
                intervals[0],
                beside.get("pearson_r", NOTHING),
                p_text(ours.get("pearson_r_p")),
                beside.get("p_value", NOTHING),
                p_text(ours.get("pearson_r_p_holm")),
                correlation_text(ours.get("spearman_rho")),
                intervals[1],
                correlation_text(ours.get("kendall_tau_b")),
                intervals[2],
            )
        )
    return Grid(correlation_caption(rows, remark), _HEADER, tuple(lines), f"Table {NUMBER}", left=3)


def correlation_caption(rows: Sequence[CorrelationRow], remark: Remark) -> str:
    """Return the caption: what is correlated, whose ratings they are, what is not defined and why, the run's remark."""
    ours = [row for row in rows if row.ours.get("rated") is not None]
    parts = ["Pearson's r of automatic scores with human ratings of open answers, and its two-sided p-value."]
    if ours:
        rated, raters, simulated = (int(ours[0].ours[name] or 0) for name in ("rated", "raters", "simulated_raters"))
        averaged = ", whose ratings are averaged" if raters > 1 else ""
        parts.append(f"{_counted(rated, 'answer')}, rated by {_counted(raters, 'rater')}{averaged}.")
        if simulated:
            which = "All ratings are" if simulated == raters else f"The ratings of {simulated} raters are"
            parts.append(f"{which} simulated by a program: these correlations are those of no physician.")
    parts.append("n: rated answers that have a score; the others are left out.")
    families = dict.fromkeys(row.family for row in ours if row.variant in _BESIDE and row.family)
    parts += [f"Holm: p corrected over {family}." for family in families]
    parts.append("Intervals: bootstrap over answers. Whether two scores differ: scores/correlation_tests.csv.")
    parts += [f"{row.scorer}{_variant(row)} has no correlation: {row.undefined}." for row in rows if row.undefined]
    for row in rows:
        if IN_TEXT in row.published:
            printed, text = row.published["p_value"], row.published[IN_TEXT]
            parts.append(f"The paper's text gives p = {text} for {row.scorer}, its table {printed}.")
    return " ".join(filter(None, [*parts, str(remark)]))


def write_correlation_table(rows: Sequence[CorrelationRow], folder: Path | str, remark: Remark = NO_REMARK) -> None:
    """Write `table4.csv`, `.md` and `.tex` to `folder`; the captions end with `remark`."""
    stem = Path(folder) / f"table{NUMBER}"
    write_grid(correlation_grid(rows, remark), stem)
    write_text(stem.with_suffix(".csv"), marked_csv(correlation_csv(rows), remark))


def correlation_text(value: float | None) -> str:
    """Return a correlation with the paper's two decimals."""
    return NOTHING if value is None else f"{value:.2f}"


def p_text(value: float | None) -> str:
    """Return a p-value as the paper prints it, such as 1.70e-11."""
    return NOTHING if value is None else f"{value:.2e}"


def _csv_header() -> list[str]:
    names = ["kind", "scorer", "variant", *_NUMBERS, "undefined", "family"]
    return [*names, *(f"{name}_published" for name in _PUBLISHED)]


def _numbers(row: Mapping[str, str], path: Path | str) -> dict[str, float | None]:
    place = f"{row['kind']}, {row['scorer']}, {row['variant']}"
    return {name: number(row[name], path, f"{place}: {name}") for name in _NUMBERS}


def _interval(ours: Mapping[str, float | None], name: str) -> str:
    low, high = ours.get(f"{name}_ci_low"), ours.get(f"{name}_ci_high")
    return NOTHING if low is None or high is None else f"[{low:.2f}, {high:.2f}]"


def _variant(row: CorrelationRow) -> str:
    return "" if row.variant in _BESIDE else f" ({row.variant})"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"

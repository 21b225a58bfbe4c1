"""A table of the paper: its columns, our numbers and the published ones, and which of them are marked as best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from medinjection.records.csv_rows import read_rows
from medinjection.records.files import csv_text
from medinjection.reporting.quantities import NOTHING
from medinjection.reporting.reading import number
from medinjection.reporting.remark import Remark, unmarked

BEST = "best"
SECOND = "second"

# Suffixes of the csv columns that go with a column of values; everything else is a column of its own.
RELEASED = "_released"
COMPANIONS = ("_ci_low", "_ci_high", "_sd", "_sd_sources", "_published", RELEASED)

# Csv column of ours with the number of permutations that a model's numbers are means over; captions say it.
ORDERS = "n_orders"


# Headers of our own columns of text metrics.
_TEXT_METRICS = {
    "bleu_fr": ("BLEU", "French"),
    "rouge2_fr": ("ROUGE-2", "French"),
    "meteor_fr": ("METEOR", "French"),
    "bertscore_f1_fr": ("BERTScore F1", "French"),
    "bertscore_f1_raw": ("BERTScore F1", "raw"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of values: its csv name and its header from the top line to the bottom line."""

    key: str
    headers: tuple[str, str, str]
    has_sd: bool = False
    ranked: bool = True
    decimals: int = 2

    @property
    def published_keys(self) -> tuple[str, ...]:
        """Names of the csv columns that the paper prints for it."""
        return (self.key, f"{self.key}_sd") if self.has_sd else (self.key,)


@dataclass(frozen=True, slots=True)
class Layout:
    """One table of the paper: number, title, the columns that the paper has, in its order, and what they mean.

    A table of ours that goes with one of the paper has its number and a `part`; `lines` says what its lines are of.
    """

    number: int
    title: str
    columns: tuple[Column, ...]
    notes: tuple[str, ...]
    part: str = ""
    lines: str = "Model"

    @property
    def name(self) -> str:
        """Name of its files, without suffix."""
        return f"table{self.number}_{self.part}" if self.part else f"table{self.number}"

    @property
    def label(self) -> str:
        """What a reader calls it."""
        return f"Table {self.number}, {self.part}" if self.part else f"Table {self.number}"

    @property
    def published_keys(self) -> tuple[str, ...]:
        """Names of the csv columns of the published table, without `model`."""
        return tuple(key for column in self.columns for key in column.published_keys)


@dataclass(frozen=True, slots=True)
class Row:
    """One model: our numbers by csv column (None where there is none) and the published ones as printed."""

    model: str
    ours: Mapping[str, float | None]
    published: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ResultTable:
    """A filled table. `extra` names csv columns of ours that the paper does not have, in order."""

    layout: Layout
    rows: tuple[Row, ...]
    extra: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """Columns that a reader sees: the paper's, then those of ours that stand on their own."""
        own = tuple(extra_column(key) for key in self.extra if key != ORDERS and not key.endswith(COMPANIONS))
        return self.layout.columns + own


@dataclass(frozen=True, slots=True)
class Cell:
    """One printed cell: its text, the spread printed beside it or an empty text, and `best`, `second` or no mark."""

    text: str
    spread: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class HeaderCell:
    """One cell of a header: its text and the columns and lines that it covers."""

    text: str
    columns: int
    lines: int


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line; kind is ours, interval, sources or published."""

    kind: str
    label: str
    cells: tuple[Cell, ...]


def extra_column(key: str) -> Column:
    """Return the column of one of our own csv columns, with a header made from its name."""
    if key.endswith("parse_rate"):
        judge = key.removesuffix("parse_rate").strip("_").removeprefix("judge").strip("_")
        return Column(key, ("", f"Judge {judge}".strip(), "parsed, %"), ranked=False)
    if key.startswith("judge_"):
        return Column(key, ("", f"Judge {key.removeprefix('judge_')}", "mean"))
    if key in _TEXT_METRICS:
        return Column(key, ("", *_TEXT_METRICS[key]))
    return Column(key, ("", "", key))


def printed(value: float | None, decimals: int = 2) -> str:
    """Return a number with so many decimals, or an empty text for none."""
    # Adding 0 turns the -0.0 of a rounded tiny negative number into 0.0.
    return "" if value is None else f"{round(value, decimals) + 0.0:.{decimals}f}"


def marks(values: Sequence[float | None]) -> list[str]:
    """Mark the highest of the values as they are printed, and the next lower one; equal values share a mark."""
    shown = [None if value is None else round(value, 2) for value in values]
    levels = sorted({value for value in shown if value is not None}, reverse=True)[:2]
    names = dict(zip(levels, (BEST, SECOND), strict=False))
    return ["" if value is None else names.get(value, "") for value in shown]


def csv_header(table: ResultTable) -> list[str]:
    """Return the csv columns: those of the published table, ours, then the published values beside."""
    keys = table.layout.published_keys
    return ["model", *keys, *table.extra, *(f"{key}_published" for key in keys)]


def table_csv(table: ResultTable) -> str:
    """Return the table as CSV: numbers with two decimals (counts without), published ones as the paper prints them."""
    keys = table.layout.published_keys
    rows = []
    for row in table.rows:
        ours = [_written(key, row.ours.get(key)) for key in (*keys, *table.extra)]
        rows.append([row.model, *ours, *(row.published.get(key, "") for key in keys)])
    return csv_text(csv_header(table), rows)


def _written(key: str, value: float | None) -> str:
    return f"{value:.0f}" if key == ORDERS and value is not None else printed(value)


def read_result(path: Path | str, layout: Layout) -> ResultTable:
    """Read a table back from the CSV that `table_csv` made. Raises InputError as `read_rows` does."""
    keys = layout.published_keys
    beside = [f"{key}_published" for key in keys]
    raw = read_rows(path, ["model", *keys, *beside])
    header = raw[0] if raw else {}
    extra = tuple(key for key in unmarked(header) if key not in ("model", *keys, *beside))
    rows = tuple(
        Row(
            model=row["model"],
            ours={key: number(row[key], path, f"{row['model']}, {key}") for key in (*keys, *extra)},
            published={key: row[f"{key}_published"] for key in keys if row[f"{key}_published"]},
        )
        for row in raw
    )
    return ResultTable(layout, rows, extra)


def printed_lines(table: ResultTable) -> list[Line]:
    """Return the lines that a reader sees: a model's numbers, its intervals and spreads, the published numbers."""
    columns = table.columns
    ours_marks = {c.key: marks([row.ours.get(c.key) for row in table.rows]) for c in columns if c.ranked}
    said = {c.key: marks([_published(row, c.key) for row in table.rows]) for c in columns}
    lines = []
    for place, row in enumerate(table.rows):
        ours = tuple(_cell(c, row, ours_marks.get(c.key, [""] * len(table.rows))[place]) for c in columns)
        lines.append(Line("ours", row.model, ours))
        for kind, label, cells in (
            ("interval", "95 % interval", tuple(Cell(_interval(row, c.key)) for c in columns)),
            ("sources", "sd across sources", tuple(Cell(_sources(row, c.key)) for c in columns)),
            (
                "published",
                "paper",
                tuple(
                    Cell(row.published.get(c.key, ""), row.published.get(f"{c.key}_sd", ""), said[c.key][place])
                    for c in columns
                ),
            ),
        ):
            if any(cell.text for cell in cells):
                lines.append(Line(kind, label, cells))
    return lines


def header_levels(columns: Sequence[Column]) -> list[list[tuple[str, int]]]:
    """Return the header, from its top line to its bottom line, as texts with the number of columns that each spans.

    A line without any text is left out.
    """
    levels = []
    for level in range(3):
        names = [column.headers[: level + 1] for column in columns]
        if any(name[-1] for name in names):
            levels.append([(key[-1], len(list(run))) for key, run in groupby(names)])
    return levels


def header_rows(columns: Sequence[Column], first: str) -> list[list[HeaderCell]]:
    """Return the header for a page, without empty cells: a text reaches down to the next one of its column.

    Args:
        first: what stands above the names of the lines.
    """
    paths = [(first,), *(tuple(filter(None, column.headers)) for column in columns)]
    height = max(map(len, paths))
    rows: list[list[HeaderCell]] = [[] for _ in range(height)]
    for level, row in enumerate(rows):

        def shared(item: tuple[int, tuple[str, ...]], level: int = level) -> tuple[tuple[str, ...], int | None]:
            # A text with none below it stands alone, however its neighbours begin.
            place, path = item
            return path[: level + 1], place if len(path) == level + 1 else None

        for (path, alone), run in groupby(enumerate(paths), shared):
            if len(path) > level:
                row.append(HeaderCell(path[-1], len(list(run)), 1 if alone is None else height - level))
    return rows


def caption(table: ResultTable, base_model: str, remark: Remark) -> str:
    """Return the caption: title, what columns are, unequal numbers of permutations, base model, the run's remark."""
    parts = [table.layout.title, *table.layout.notes]
    orders = {row.model: row.ours[ORDERS] for row in table.rows if row.ours.get(ORDERS) is not None}
    if len(set(orders.values())) > 1:
        numbers = ", ".join(f"{model} {count:.0f}" for model, count in orders.items())
        parts.append(f"The means are not over equally many permutations: {numbers}.")
    parts += _readings(table)
    if base_model:
        parts.append(f"Base model: {base_model}.")
    if any(column.ranked for column in table.columns):
        parts.append("Bold: best of a column among the models shown; *: second best. Lines “paper”: published values.")
    if any(row.ours.get(column.key) is None for row in table.rows for column in table.columns):
        parts.append(f"{NOTHING}: not defined for the model, or none of its answers are of this kind.")
    return " ".join(filter(None, [*parts, str(remark)]))


def _readings(table: ResultTable) -> list[str]:
    """Return what the judges' scores are where their texts are read as the authors' released program reads them."""
    said = []
    for mean in (name.removesuffix(RELEASED) for name in table.extra if name.endswith(RELEASED)):
        if mean.endswith("parse_rate"):
            continue
        rate = "judge_parse_rate" if mean == "llm_judge" else f"{mean}_parse_rate"
        # As printed, so that a table says the same after it was read back.
        strict, released = (
            {row.model: [printed(row.ours.get(key)) or NOTHING for key in keys] for row in table.rows}
            for keys in ((mean, rate), (f"{mean}{RELEASED}", f"{rate}{RELEASED}"))
        )
        differing = [
            f"{model} {score} ({share} % parsed)"
            for model, (score, share) in released.items()
            if strict[model] != [score, share]
        ]
        judge = "LLM judge" if mean == "llm_judge" else mean.replace("judge_", "judge ", 1)
        said.append(f"{judge}: {', '.join(differing) or 'the same'}")
    if not said:
        return []
    return [
        "A judge's score is a text of nothing but 0 or 1, after any reasoning. Read as the authors' released program "
        f"reads (the first 0 or 1 in it), the means that differ are: {'; '.join(said)}."
    ]


def _published(row: Row, key: str) -> float | None:
    text = row.published.get(key)
    return float(text) if text else None


def _cell(column: Column, row: Row, mark: str) -> Cell:
    value = row.ours.get(column.key)
    if value is None:
        return Cell(NOTHING)
    return Cell(printed(value, column.decimals), printed(row.ours.get(f"{column.key}_sd")), mark)


def _interval(row: Row, key: str) -> str:
    low, high = row.ours.get(f"{key}_ci_low"), row.ours.get(f"{key}_ci_high")
    return "" if low is None or high is None else f"[{printed(low)}, {printed(high)}]"


def _sources(row: Row, key: str) -> str:
    return printed(row.ours.get(f"{key}_sd_sources"))

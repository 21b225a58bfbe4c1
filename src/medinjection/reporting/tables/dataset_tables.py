"""Tables 1 and 2: how many records each component, split and task has, beside the published counts."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from medinjection.components.statistics import COUNT_COLUMNS, RecordCount
from medinjection.records.csv_rows import read_rows
from medinjection.records.errors import InputError
from medinjection.records.files import csv_text, write_text
from medinjection.records.schema import SPLITS, TASKS
from medinjection.reporting.grid import Grid, write_grid
from medinjection.reporting.quantities import NOTHING, thousands
from medinjection.reporting.reading import number
from medinjection.reporting.remark import NO_REMARK, Remark, marked_csv, unmarked

TOTAL = "total"
TABLE_1_COLUMNS = (*SPLITS, TOTAL)


@dataclass(frozen=True, slots=True)
class CountLayout:
    """One table of counts: its number, the name of its first column, the counts that the paper prints, its title."""

    number: int
    key: str
    columns: tuple[str, ...]
    extra: tuple[str, ...]
    title: str


@dataclass(frozen=True, slots=True)
class CountRow:
    """One line: our counts by column, and the published ones, None where the paper prints none."""

    name: str
    ours: Mapping[str, int]
    published: Mapping[str, int | None]

    def difference(self, column: str) -> int | None:
        """Return ours minus the published count, None where there is none."""
        published = self.published[column]
        return None if published is None else self.ours[column] - published


@dataclass(frozen=True, slots=True)
class CountTable:
    """A filled table of counts."""

    layout: CountLayout
    rows: tuple[CountRow, ...]


TABLE_1 = CountLayout(1, "component", TABLE_1_COLUMNS, (), "Records of each component and split.")
TABLE_2 = CountLayout(
    2,
    "task",
    ("count",),
    ("with_context",),
    "Records of each task. oeq: open question; mcq: several options may be right; mcqu: exactly one is. "
    "with_context: of these, records with a context, which the paper announces and does not print.",
)
COUNT_LAYOUTS = {layout.number: layout for layout in (TABLE_1, TABLE_2)}

_PROJECT_PAGE = {
    1: "The project page of the paper gives 416,401 translated records.",
    2: "The project page of the paper gives other counts: oeq 63,267, mcq 59,597, mcqu 454,713, together 577,577.",
}


def read_counts(path: Path | str) -> list[RecordCount]:
    """Read statistics/counts.csv.

    Raises:
        InputError: the file is missing, or lacks a column, or `records` is no whole number, or `has_context` is
            neither true nor false.
    """
    counts = []
    for line, row in enumerate(read_rows(path, COUNT_COLUMNS), start=2):
        if not row["records"].isdecimal() or row["has_context"] not in ("true", "false"):
            raise InputError(
                f"{path}: line {line}: found has_context {row['has_context']!r} and records {row['records']!r}, "
                "expected true or false and a whole number"
            )
        names = {name: row[name] for name in ("component", "source", "split", "task", "specialty")}
        counts.append(RecordCount(**names, has_context=row["has_context"] == "true", records=int(row["records"])))
    return counts


def read_published_counts(path: Path | str, layout: CountLayout) -> dict[str, dict[str, int | None]]:
    """Read a published table of counts: line -> column -> count, None where the paper prints none.

    Raises:
        InputError: the file is missing, lacks a column, names a line twice, or a cell is no number.
    """
    published: dict[str, dict[str, int | None]] = {}
    for row in read_rows(path, (layout.key, *layout.columns)):
        name = row[layout.key]
        if name in published:
            raise InputError(f"{path}: {layout.key} {name} occurs twice")
        values = {column: number(row[column], path, f"{name}, {column}") for column in layout.columns}
        published[name] = {column: None if value is None else int(value) for column, value in values.items()}
    return published


def table_1(counts: Sequence[RecordCount], published: Mapping[str, Mapping[str, int | None]]) -> CountTable:
    """Return Table 1, in the order of the published one.

    Raises:
        InputError: the published table has no line for a component that we have.
    """
    _check_lines(published, {row.component for row in counts} | {TOTAL}, TABLE_1)
    found = _summed(counts, lambda row: (row.component, row.split))
    components = [name for name in published if name != TOTAL]
    ours = {name: {split: found[name, split] for split in SPLITS} for name in components}
    ours[TOTAL] = {split: sum(ours[name][split] for name in components) for split in SPLITS}
    lines = {name: {**cells, TOTAL: sum(cells.values())} for name, cells in ours.items()}
    return CountTable(TABLE_1, tuple(CountRow(name, lines[name], published[name]) for name in published))


def table_2(counts: Sequence[RecordCount], published: Mapping[str, Mapping[str, int | None]]) -> CountTable:
    """Return Table 2, in the order of the published one. Raises InputError when that lacks a task."""
    _check_lines(published, set(TASKS), TABLE_2)
    found = _summed(counts, lambda row: (row.task,))
    in_context = _summed([row for row in counts if row.has_context], lambda row: (row.task,))
    return CountTable(
        TABLE_2,
        tuple(
            CountRow(name, {"count": found[name,], "with_context": in_context[name,]}, published[name])
            for name in published
        ),
    )


def count_caption(table: CountTable, remark: Remark) -> str:
    """Return the caption: title, where the published counts do not add up, the run's remark."""
    parts = [table.layout.title, "Beside each count the published one and the difference."]
    if table.layout.number == 1:
        parts += _sums_that_differ(table.rows)
    else:
        total = sum(row.published["count"] or 0 for row in table.rows)
        parts.append(f"The published counts add up to {total:,}.")
    parts.append(_PROJECT_PAGE[table.layout.number])
    return " ".join(filter(None, [*parts, str(remark)]))


def count_csv_header(layout: CountLayout) -> list[str]:
    """Return the csv columns: those of the published table, ours, the published counts, and ours minus published."""
    beside = [f"{column}_{kind}" for kind in ("published", "difference") for column in layout.columns]
    return [layout.key, *layout.columns, *layout.extra, *beside]


def count_csv(table: CountTable, remark: Remark = NO_REMARK) -> str:
    """Return the table as CSV; cells are empty where the paper prints no count.

    A demonstration has the published counts beside its own, and no differences.
    """
    layout = table.layout
    rows = []
    for row in table.rows:
        ours = [row.ours[column] for column in (*layout.columns, *layout.extra)]
        published = [row.published[column] for column in layout.columns]
        differences = [None if remark.stand_ins else row.difference(column) for column in layout.columns]
        rows.append([row.name, *ours, *("" if cell is None else cell for cell in (*published, *differences))])
    return csv_text(count_csv_header(layout), rows)


def read_count_table(path: Path | str, layout: CountLayout) -> CountTable:
    """Read a table back from the CSV that `count_csv` made.

    Raises:
        InputError: a column is missing, or one of our counts is no whole number.
    """
    rows = []
    for line in read_rows(path, count_csv_header(layout)):
        name = line[layout.key]
        cells = {key: number(text, path, f"{name}, {key}") for key, text in unmarked(line).items() if key != layout.key}
        whole = {key: None if value is None else int(value) for key, value in cells.items()}
        counted = (*layout.columns, *layout.extra)
        ours = {column: value for column in counted if (value := whole[column]) is not None}
        if missing := [column for column in counted if column not in ours]:
            raise InputError(f"{path}: {name}, {missing[0]}: empty, expected a count")
        rows.append(CountRow(name, ours, {column: whole[f"{column}_published"] for column in layout.columns}))
    return CountTable(layout, tuple(rows))


def count_grid(table: CountTable, remark: Remark) -> Grid:
    """Return the table as a reader sees it: for each column ours, published and the difference."""
    layout = table.layout
    header = [text for column in layout.columns for text in (column, "paper", "difference")]
    lines = []
    for row in table.rows:
        cells = []
        for column in layout.columns:
            difference = None if remark.stand_ins else row.difference(column)
            cells += [
                thousands(row.ours[column]),
                thousands(row.published[column]),
                NOTHING if difference is None else f"{difference:+,}",
            ]
        lines.append((row.name, *cells, *(thousands(row.ours[column]) for column in layout.extra)))
    return Grid(
        count_caption(table, remark), (layout.key, *header, *layout.extra), tuple(lines), f"Table {layout.number}"
    )


def write_count_table(table: CountTable, folder: Path | str, remark: Remark = NO_REMARK) -> None:
    """Write `table<number>.csv`, `.md` and `.tex` to `folder`; the captions end with `remark`."""
    stem = Path(folder) / f"table{table.layout.number}"
    write_grid(count_grid(table, remark), stem)
    write_text(stem.with_suffix(".csv"), marked_csv(count_csv(table, remark), remark))


def _summed(counts: Sequence[RecordCount], key: Callable[[RecordCount], tuple[str, ...]]) -> Counter[tuple[str, ...]]:
    sums: Counter[tuple[str, ...]] = Counter()
    for row in counts:
        sums[key(row)] += row.records
    return sums


def _check_lines(published: Mapping[str, object], needed: set[str], layout: CountLayout) -> None:
    if missing := sorted(needed - set(published)):
        raise InputError(
            f"published table {layout.number}: no line {', '.join(missing)}; found: {', '.join(published) or 'none'}"
        )


def _sums_that_differ(rows: Sequence[CountRow]) -> list[str]:
    published = {row.name: row.published for row in rows}
    totals = published.pop(TOTAL)
    found = []
    for column in TABLE_1_COLUMNS:
        parts = sum(cells[column] or 0 for cells in published.values())
        if totals[column] not in (None, parts):
            found.append(f"The published components of column {column} add up to {parts:,}, not to {totals[column]:,}.")
    return found

"""What the page shows of choice questions: paired tests and parse rates; and the tables of results, 5 to 7."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from medinjection.records.csv_rows import read_rows
from medinjection.records.errors import InputError
from medinjection.reporting.quantities import NOTHING, thousands
from medinjection.reporting.reading import number
from medinjection.reporting.remark import NO_REMARK
from medinjection.reporting.tables.choice_details import DETAILS, details_table, read_details
from medinjection.reporting.tables.layouts import LAYOUTS
from medinjection.reporting.tables.open_groups import OPEN_GROUPS, groups_table, read_groups
from medinjection.reporting.tables.open_table import answers_behind
from medinjection.reporting.tables.table import (
    Cell,
    Line,
    ResultTable,
    caption,
    header_rows,
    printed_lines,
    read_result,
)
from medinjection.scoring.choice.parse_rates import PARSE_COLUMNS

PAIR_COLUMNS = ("model", "decoding", "test", "orders", "n_items", "wins", "losses", "difference", "p_value", "p_holm")
SIGNIFICANT = 0.05


def result_tables(folder: Path) -> dict[int, ResultTable]:
    """Return those of Tables 5 to 7 that the run has, by number.

    Raises:
        InputError: there is none, or one is not what it should be.
    """
    paths = {number: folder / f"table{number}.csv" for number in sorted(LAYOUTS)}
    tables = {number: read_result(path, LAYOUTS[number]) for number, path in paths.items() if path.is_file()}
    if not tables:
        raise InputError(f"{folder}: no table, expected at least one of tables {', '.join(map(str, sorted(LAYOUTS)))}")
    return tables


def shown_tables(tables: dict[int, ResultTable], scores: Path, base_model: str) -> list[dict[str, Any]]:
    """Return what the template shows of the tables, each with those of ours that go with it."""
    shown = []
    for table_number, table in tables.items():
        shown.append(_shown(f"Table {table_number}", table, base_model, _sizes(table, scores)))
        details = scores / "choice_extras.csv"
        if table_number == DETAILS.number and details.is_file():
            shown.append(_shown(DETAILS.label, details_table(read_details(details)), base_model))
        if table_number == OPEN_GROUPS.number:
            shown.append(_shown(OPEN_GROUPS.label, groups_table(read_groups(scores / "open.csv")), base_model))
    return shown


def _sizes(table: ResultTable, scores: Path) -> Mapping[tuple[str, str], int]:
    """Return how many questions each score is over, by model and column; none where there is no such file."""
    if table.layout.number == OPEN_GROUPS.number:
        return answers_behind(scores / "open.csv", scores / "judges.csv")
    path = scores / "intervals.csv"
    found = {
        (row["model"], f"{row['task']}_{row['decoding']}"): int(row["n"])
        for row in (read_rows(path, ("model", "task", "decoding", "n")) if path.is_file() else ())
    }
    # A column is called <task>_<decoding>_<score>.
    places = [(row.model, column.key) for row in table.rows for column in table.columns]
    return {(m, key): found[m, name] for m, key in places if (m, name := key.rpartition("_")[0]) in found}


def _shown(
    title: str, table: ResultTable, base_model: str, sizes: Mapping[tuple[str, str], int] | None = None
) -> dict[str, Any]:
    return {
        "number": table.layout.number,
        "title": title,
        "caption": caption(table, base_model, NO_REMARK),
        "header": header_rows(table.columns, table.layout.lines),
        "groups": _groups(table, sizes or {}),
    }


def _groups(table: ResultTable, sizes: Mapping[tuple[str, str], int]) -> list[list[Line]]:
    """Return the lines of each model, the number of questions that its scores are over as the last."""
    groups: list[list[Line]] = []
    for line in printed_lines(table):
        if line.kind == "ours":
            groups.append([])
        groups[-1].append(line)
    for lines in groups:
        found = [sizes.get((lines[0].label, column.key)) for column in table.columns]
        counts = tuple(Cell("" if count is None else thousands(count)) for count in found)
        if any(cell.text for cell in counts):
            lines.append(Line("n", "n", counts))
    return groups


def parse_rates(path: Path) -> list[tuple[str, str, str, int, float]]:
    """Return model, task, decoding, answers over all permutations and the percentage of them that could be read."""
    rates = []
    for row in read_rows(path, PARSE_COLUMNS):
        place = f"{row['model']}, {row['task']}, {row['decoding']}"
        answers, rate = (number(row[name], path, f"{place}: {name}") for name in ("answers", "parse_rate"))
        if answers is None or rate is None:
            raise InputError(f"{path}: {place}: a cell is empty, expected numbers")
        rates.append((row["model"], row["task"], row["decoding"], int(answers), 100 * rate))
    return rates


def paired_tests(path: Path) -> Sequence[dict[str, Any]]:
    """Return the tests of scores/paired.csv, with differences in points and p-values as a reader sees them."""
    pairs = []
    for row in read_rows(path, PAIR_COLUMNS):
        place = f"{row['model']}, {row['decoding']}, {row['test']}"
        difference, p_value, p_holm = (number(row[c], path, f"{place}: {c}") for c in PAIR_COLUMNS[-3:])
        points = "" if difference is None else f"{100 * difference:+.2f}"
        shown = {"points": points, "p_value": _p_text(p_value), "p_holm": _p_text(p_holm)}
        pairs.append({**row, **shown, "significant": p_holm is not None and p_holm < SIGNIFICANT})
    return pairs


def _p_text(value: float | None) -> str:
    if value is None:
        return NOTHING
    return f"{value:.4f}" if value >= 0.0001 else f"{value:.1e}"

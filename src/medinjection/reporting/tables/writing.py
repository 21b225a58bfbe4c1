"""A result table as CSV, Markdown and LaTeX."""

from collections.abc import Sequence
from pathlib import Path

from medinjection.records.files import csv_text, write_text
from medinjection.reporting.latex import latex_escape, latex_file, latex_line, latex_table
from medinjection.reporting.markdown import markdown_escape, markdown_table, markdown_titled
from medinjection.reporting.remark import NO_REMARK, Remark, marked_csv
from medinjection.reporting.tables.table import (
    BEST,
    SECOND,
    Cell,
    Column,
    ResultTable,
    caption,
    header_levels,
    printed,
    printed_lines,
    table_csv,
)


def write_result(table: ResultTable, folder: Path | str, base_model: str = "", remark: Remark = NO_REMARK) -> None:
    """Write `table<number>.csv`, `.md` and `.tex` to `folder`.

    Args:
        base_model: what the models were fine-tuned from, for the caption.
        remark: what the caption ends with; a demonstration is marked in the CSV too.
    """
    write_texts(table, folder, base_model, remark)
    write_text(Path(folder) / f"{table.layout.name}.csv", marked_csv(table_csv(table), remark))


def write_texts(table: ResultTable, folder: Path | str, base_model: str = "", remark: Remark = NO_REMARK) -> None:
    """Write the Markdown and LaTeX of `write_result` alone."""
    stem = Path(folder) / table.layout.name
    write_text(stem.with_suffix(".md"), result_markdown(table, base_model, remark))
    write_text(stem.with_suffix(".tex"), result_latex(table, base_model, remark))


def write_keyed_result(
    table: ResultTable,
    names: Sequence[str],
    keys: Sequence[Sequence[str]],
    folder: Path | str,
    base_model: str = "",
    remark: Remark = NO_REMARK,
) -> None:
    """Write a table whose lines stand for more than a model, as `write_result` does; in the CSV each key has a column.

    Args:
        names: names of the key's columns.
        keys: the key of each row.
    """
    write_texts(table, folder, base_model, remark)
    columns = table.columns
    lines = [
        [*key, *(printed(row.ours.get(column.key), column.decimals) for column in columns)]
        for key, row in zip(keys, table.rows, strict=True)
    ]
    path = Path(folder) / f"{table.layout.name}.csv"
    write_text(path, marked_csv(csv_text([*names, *(column.key for column in columns)], lines), remark))


def result_markdown(table: ResultTable, base_model: str, remark: Remark) -> str:
    """Return the table as Markdown."""
    header = [table.layout.lines, *(" ".join(part for part in column.headers if part) for column in table.columns)]
    body = []
    for line in printed_lines(table):
        label = markdown_escape(line.label)
        body.append([label if line.kind == "ours" else f"· {label}", *map(_markdown_cell, line.cells)])
    return markdown_titled(table.layout.label, caption(table, base_model, remark), markdown_table(header, body))


def result_latex(table: ResultTable, base_model: str, remark: Remark) -> str:
    """Return the table as LaTeX."""
    body: list[str] = []
    for line in printed_lines(table):
        ours = line.kind == "ours"
        label = latex_escape(line.label)
        if ours and body:
            body.append(r"\addlinespace")
        first = label if ours else rf"\quad\textit{{{label}}}"
        body.append(latex_line([first, *(_latex_cell(cell, ours) for cell in line.cells)]))
    header = _latex_header(table.columns, table.layout.lines)
    text = caption(table, base_model, remark)
    return latex_file(latex_table(header, body, 1 + len(table.columns), text, table.layout.name))


def _markdown_cell(cell: Cell) -> str:
    text = markdown_escape(cell.text)
    marked = {BEST: f"**{text}**", SECOND: rf"{text}\*"}.get(cell.mark, text)
    return f"{marked} ± {cell.spread}" if cell.spread else marked


def _latex_cell(cell: Cell, ours: bool) -> str:
    text = latex_escape(cell.text)
    marked = {BEST: rf"\textbf{{{text}}}", SECOND: f"{text}*"}.get(cell.mark, text)
    if cell.spread:
        marked += rf"\textsuperscript{{{latex_escape(cell.spread)}}}"
    return marked if ours or not marked else rf"\textit{{{marked}}}"


def _latex_header(columns: Sequence[Column], title: str) -> list[str]:
    lines: list[str] = []
    for level in header_levels(columns):
        cells = [rf"\multicolumn{{{count}}}{{c}}{{{latex_escape(text)}}}" for text, count in level]
        lines.append(latex_line([latex_escape(title) if not lines else "", *cells]))
    return lines

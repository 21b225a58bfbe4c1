"""A result table as CSV, Markdown and LaTeX."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from medinjection.records.files import write_text
from medinjection.reporting.tables.table import (
    BEST,
    SECOND,
    Cell,
    Column,
    ResultTable,
    caption,
    csv_text,
    printed_lines,
)

_LATEX_SPECIALS = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "–": "--",
    "±": r"$\pm$",
    "“": "``",
    "”": "''",
    "\n": " ",
}
_MARKDOWN_SPECIALS = str.maketrans({c: f"\\{c}" for c in "\\`*_[]<>|#"} | {"\n": " "})


def write_result(table: ResultTable, folder: Path | str, base_model: str = "", note: str = "") -> None:
    """Write `table<number>.csv`, `.md` and `.tex` to `folder`.

    Args:
        base_model: what the models were fine-tuned from, for the caption.
        note: sentence that the caption ends with, such as what a demonstration is not.
    """
    write_texts(table, folder, base_model, note)
    write_text(Path(folder) / f"{table.layout.name}.csv", csv_text(table))


def write_texts(table: ResultTable, folder: Path | str, base_model: str = "", note: str = "") -> None:
    """Write the Markdown and LaTeX of `write_result` alone."""
    stem = Path(folder) / table.layout.name
    write_text(stem.with_suffix(".md"), markdown_text(table, base_model, note))
    write_text(stem.with_suffix(".tex"), latex_text(table, base_model, note))


def latex_escape(text: str) -> str:
    """Return `text` so that LaTeX prints it as it is."""
    return "".join(_LATEX_SPECIALS.get(character, character) for character in text)


def markdown_escape(text: str) -> str:
    """Return `text` so that Markdown prints it as it is, also inside a table."""
    return text.translate(_MARKDOWN_SPECIALS)


def markdown_text(table: ResultTable, base_model: str, note: str) -> str:
    """Return the table as Markdown, its cells padded so that the source reads as a table too."""
    header = [table.layout.lines, *(" ".join(part for part in column.headers if part) for column in table.columns)]
    body = []
    for line in printed_lines(table):
        label = markdown_escape(line.label)
        ours = line.kind == "ours"
        body.append([label if ours else f"· {label}", *(_markdown_cell(cell) for cell in line.cells)])
    widths = [max(map(len, column)) for column in zip(header, *body, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [_markdown_line(line, widths) for line in (header, rule, *body)]
    title = f"**{table.layout.label}.** {markdown_escape(caption(table, base_model, note))}"
    return "\n".join([title, "", *lines]) + "\n"


def latex_text(table: ResultTable, base_model: str, note: str) -> str:
    """Return the table as a LaTeX `table*` for the package booktabs."""
    body = []
    for line in printed_lines(table):
        ours = line.kind == "ours"
        label = latex_escape(line.label)
        if ours and body:
            body.append(r"\addlinespace")
        first = label if ours else rf"\quad\textit{{{label}}}"
        body.append(" & ".join([first, *(_latex_cell(cell, ours) for cell in line.cells)]) + r" \\")
    text = latex_escape(caption(table, base_model, note))
    return "\n".join(
        [
            r"% needs \usepackage{booktabs}",
            r"\begin{table*}[t]",
            r"\centering\scriptsize\setlength{\tabcolsep}{3pt}",
            rf"\begin{{tabular}}{{l{'r' * len(table.columns)}}}",
            r"\toprule",
            *_latex_header(table.columns, table.layout.lines),
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            rf"\caption{{{text}}}",
            rf"\label{{tab:{table.layout.name}}}",
            r"\end{table*}",
            "",
        ]
    )


def spans(names: Sequence[tuple[str, ...]]) -> list[tuple[str, int]]:
    """Return runs of neighbours with equal tuples as (last part, how many), for headers that span columns."""
    return [(key[-1], len(list(run))) for key, run in groupby(names)]


def _markdown_line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    padded = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
    return f"| {' | '.join(padded)} |"


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
    lines = []
    for level in range(3):
        names = [column.headers[: level + 1] for column in columns]
        if not any(name[-1] for name in names):
            continue
        cells = [rf"\multicolumn{{{count}}}{{c}}{{{latex_escape(text)}}}" for text, count in spans(names)]
        first = latex_escape(title) if not lines else ""
        lines.append(" & ".join([first, *cells]) + r" \\")
    return lines

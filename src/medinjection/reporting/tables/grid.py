"""Plain tables of texts as Markdown and LaTeX: the first column to the left, the others to the right."""

from dataclasses import dataclass

from medinjection.reporting.tables.writing import latex_escape, markdown_escape


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of texts: its title, its header and its lines, all of one length."""

    title: str
    header: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]


def grid_markdown(grid: Grid) -> str:
    """Return a table as Markdown, its cells padded so that the source reads as a table too."""
    lines = [[markdown_escape(text) for text in line] for line in (grid.header, *grid.lines)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    padded = [
        [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))]
        for line in (lines[0], rule, *lines[1:])
    ]
    return "\n".join([markdown_escape(grid.title), "", *(f"| {' | '.join(line)} |" for line in padded)]) + "\n"


def grid_latex(grid: Grid, label: str) -> str:
    """Return a table as a LaTeX `table*` for the package booktabs."""
    header, *body = [" & ".join(map(latex_escape, line)) + r" \\" for line in (grid.header, *grid.lines)]
    return "\n".join(
        [
            r"\begin{table*}[t]",
            r"\centering\scriptsize\setlength{\tabcolsep}{3pt}",
            rf"\begin{{tabular}}{{l{'r' * (len(grid.header) - 1)}}}",
            r"\toprule",
            header,
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            rf"\caption{{{latex_escape(grid.title)}}}",
            rf"\label{{tab:{label}}}",
            r"\end{table*}",
            "",
        ]
    )

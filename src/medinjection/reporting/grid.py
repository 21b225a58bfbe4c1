"""Plain tables of texts: names to the left, numbers to the right."""

from dataclasses import dataclass
from pathlib import Path

from medinjection.records.files import write_text
from medinjection.reporting.latex import latex_escape, latex_file, latex_line, latex_table
from medinjection.reporting.markdown import markdown_escape, markdown_table, markdown_titled
from medinjection.reporting.marks import is_quantity

# What is shorter, such as `yes`, may stand among numbers.
_LONGEST_WORD = 12


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of texts.

    Attributes:
        caption: what it shows.
        header: texts of the first line.
        lines: as long as the header.
        label: what a reader calls it, such as "Table 1"; empty where it has no name.
        left: how many columns stand to the left.
    """

    caption: str
    header: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    label: str = ""
    left: int = 1

    @property
    def is_text(self) -> list[bool]:
        """Say of each column whether it stands to the left: the first ones, and those with more than quantities."""
        worded = [any(map(_is_text, cells)) for cells in zip(*self.lines, strict=True)] or [False] * len(self.header)
        return [place < self.left or is_worded for place, is_worded in enumerate(worded)]


def _is_text(cell: str) -> bool:
    return len(cell) > _LONGEST_WORD and not is_quantity(cell)


def grid_markdown(grid: Grid) -> str:
    """Return a table as Markdown, below its caption."""
    header, *lines = ([markdown_escape(text) for text in line] for line in (grid.header, *grid.lines))
    return markdown_titled(grid.label, grid.caption, markdown_table(header, lines, grid.left))


def grid_latex(grid: Grid, label: str) -> str:
    """Return a table as LaTeX, without the head of a file."""
    header, *body = (latex_line(list(map(latex_escape, line))) for line in (grid.header, *grid.lines))
    return latex_table([header], body, len(grid.header), grid.caption, label, grid.left)


def write_grid(grid: Grid, stem: Path) -> None:
    """Write `<stem>.md` and `<stem>.tex`."""
    write_text(stem.with_suffix(".md"), grid_markdown(grid))
    write_text(stem.with_suffix(".tex"), latex_file(grid_latex(grid, stem.name)))

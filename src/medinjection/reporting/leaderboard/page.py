"""The leaderboard as files: CSV, Markdown, one page that needs no other file, and a block for each model's card."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from medinjection.records.csv_rows import read_rows
from medinjection.records.files import csv_text, write_text
from medinjection.reporting.grid import Grid, grid_markdown, write_grid
from medinjection.reporting.leaderboard.costs import AnswerCost
from medinjection.reporting.leaderboard.grids import (
    PUBLISHED_COLUMNS,
    Row,
    board_grid,
    costs_grid,
    languages_grid,
    pairs_grid,
    published_grid,
    slices_grid,
    sources_grid,
)
from medinjection.reporting.leaderboard.model_index import model_index
from medinjection.reporting.remark import NO_REMARK, Remark, marked_csv
from medinjection.reporting.web.pages import pages
from medinjection.reporting.web.scripts import own_script, tables_script
from medinjection.scoring.choice.paired import ALL_PAIR_COLUMNS
from medinjection.scoring.exam.scores import EXAM_COLUMNS
from medinjection.scoring.leaderboard.board import BOARD_COLUMNS
from medinjection.scoring.slices.kinds import KINDS
from medinjection.scoring.slices.languages import LANGUAGE_COLUMNS
from medinjection.scoring.slices.scores import SLICE_COLUMNS

_NO_PARTS = (
    "The questions are not at hand, so that there are no marks by specialty, clinical case and the like: they need "
    "evaluation/choice.parquet."
)


@dataclass(frozen=True, slots=True)
class LeaderboardFiles:
    """The files of scores.

    `slices` is None where the questions are not at hand, `languages` where no English originals were asked, `published`
    where no results of others are shown.
    """

    board: Path
    pairs: Path
    exam: Path
    slices: Path | None = None
    languages: Path | None = None
    published: Path | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What the leaderboard says besides its scores; `report` and `explorer` are the addresses of these pages."""

    title: str
    costs: Mapping[str, AnswerCost] = field(default_factory=dict)
    datasets: Mapping[str, str] = field(default_factory=dict)
    remark: Remark = NO_REMARK
    report: str = ""
    explorer: str = ""


def write_leaderboard(files: LeaderboardFiles, shown: Shown, page: Path | str, folder: Path | str) -> None:
    """Write `page`, beside it the same in French, and into `folder` the other files.

    They are leaderboard.csv, leaderboard.md, `<model>.model-index.md` for each model, and each table as Markdown and
    LaTeX.

    Raises:
        InputError: a file of scores is missing or not what the workflow writes.
    """
    board = read_rows(files.board, BOARD_COLUMNS)
    exam = read_rows(files.exam, EXAM_COLUMNS)
    models = list(dict.fromkeys(row["model"] for row in board))
    sections = _sections(files, board, exam, models, shown)
    folder = Path(folder)
    write_text(folder / "leaderboard.csv", marked_csv(_csv(board, shown.costs), shown.remark))
    for heading, grid in sections:
        write_grid(grid, folder / heading.lower().replace(" ", "-"))
    parts = [f"# {shown.title}\n", *([f"{shown.remark}\n"] if str(shown.remark) else [])]
    parts += [f"## {heading}\n\n{grid_markdown(grid)}" for heading, grid in sections]
    parts += [] if files.slices else [f"{_NO_PARTS}\n"]
    write_text(folder / "leaderboard.md", "\n".join(parts))
    for model in models:
        block = model_index(model, exam, board, shown.datasets, shown.remark)
        write_text(folder / f"{model}.model-index.md", block)
    facts = {
        "title": shown.title,
        "note": str(shown.remark),
        "report": shown.report,
        "explorer": shown.explorer,
        "sections": sections,
        "missing": "" if files.slices else _NO_PARTS,
        "scripts": {**{name: own_script(f"{name}.js") for name in ("theme", "language")}, "tables": tables_script()},
    }
    for name, text in pages("leaderboard/leaderboard.html.j2", Path(page).name, facts).items():
        write_text(Path(page).with_name(name), text)


def _sections(
    files: LeaderboardFiles, board: Sequence[Row], exam: Sequence[Row], models: Iterable[str], shown: Shown
) -> list[tuple[str, Grid]]:
    sections = [("Models", board_grid(board, files.board))]
    pairs = pairs_grid(read_rows(files.pairs, ALL_PAIR_COLUMNS), files.pairs)
    if pairs.lines:
        sections.append(("Which differences are significant", pairs))
    sections.append(("By source", sources_grid(exam, files.exam)))
    if files.slices:
        rows = read_rows(files.slices, SLICE_COLUMNS)
        for kind in KINDS:
            if any(row["slice"] == kind for row in rows):
                sections.append((f"By {kind.replace('_', ' ')}", slices_grid(rows, kind, files.slices)))
    if files.languages:
        rows = read_rows(files.languages, LANGUAGE_COLUMNS)
        sections.append(("French and English", languages_grid(rows, files.languages)))
    sections.append(("Cost", costs_grid(models, shown.costs)))
    if files.published:
        published = read_rows(files.published, PUBLISHED_COLUMNS)
        sections.append(("Published by others", published_grid(published)))
    return sections


def _csv(board: Iterable[Row], costs: Mapping[str, AnswerCost]) -> str:
    names = ("seconds", "energy_joules", "prompts", "tokens", "money", "where")
    lines = []
    for row in board:
        cost = costs.get(row["model"], AnswerCost(row["model"]))
        values = (getattr(cost, name) for name in names)
        lines.append([*(row[name] for name in BOARD_COLUMNS), *("" if value is None else value for value in values)])
    return csv_text([*BOARD_COLUMNS, *names], lines)

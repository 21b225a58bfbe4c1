"""Figure 1: one record of each component, chosen by a keyed hash (paper section 1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from medinjection.records.errors import InputError
from medinjection.records.files import csv_text, read_batches, write_text
from medinjection.records.sampling import keyed_rank
from medinjection.records.schema import LETTERS, RECORD_SCHEMA, Record, record_from_row
from medinjection.reporting.figures.style import component_colour, figure_style, save_figure, write_caption
from medinjection.reporting.remark import NO_REMARK, Remark, marked_csv

COLUMNS = (
    "component",
    "id",
    "source",
    "split",
    "task",
    "context",
    "question",
    "options",
    "letters",
    "answer",
    "licence",
)
ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the paper shows of a component: the task, and whether it has a context."""

    task: str
    has_context: bool


# The three columns of the paper's Figure 1, left to right.
WANTED = {
    "native": Wanted("mcq", False),
    "translated": Wanted("mcqu", False),
    "synthetic": Wanted("oeq", True),
}

# Longer records would be cut in the picture; they are taken only where there is no shorter one.
_READABLE = 700
_READ = ("id", "task", "split", "context", "question", "options", "answer", "licence")
# What licences in words say of records that no figure may show.
_NOT_TO_BE_SHOWN = "not to be redistributed"
_CHARACTERS = 46
_LONGEST_BLOCK = 15
_LINE = 0.17


def choose_example(path: Path | str, wanted: Wanted, key: str = "figure1") -> Record:
    """Return one record of a component, the first by keyed hash among those that fit best.

    A record fits by a licence that lets it be shown, then by its task, then by having a context or not, then by being
    of the training split (the figure is not to show what models are tested on), then by being short enough for the
    picture.

    Raises:
        InputError: the file is missing, has another schema, or has no record.
    """
    best: tuple[int, bytes, str] | None = None
    for batch in read_batches(path, RECORD_SCHEMA, _READ):
        misfits = _misfits(batch, wanted)
        lowest = pc.min(misfits).as_py()
        if lowest is None or (best is not None and lowest > best[0]):
            continue
        for name in batch["id"].filter(pc.equal(misfits, lowest)).to_pylist():
            candidate = (lowest, keyed_rank(key, name), name)
            best = candidate if best is None else min(best, candidate)
    if best is None:
        raise InputError(f"{path}: no record, expected at least one for Figure 1")
    return _record(path, best[2])


def choose_examples(paths: Sequence[Path | str]) -> list[Record]:
    """Return one record per file, each a component of its own, in the order of the paper's columns.

    Raises:
        InputError: as `choose_example`, or two files are of one component.
    """
    chosen: dict[str, Record] = {}
    for path in paths:
        component = _component(path)
        if component in chosen or component not in WANTED:
            raise InputError(
                f"{path}: found component {component!r}, expected one file for each of {', '.join(WANTED)}"
            )
        chosen[component] = choose_example(path, WANTED[component])
    return [chosen[component] for component in WANTED if component in chosen]


def example_blocks(record: Record) -> list[tuple[str, str]]:
    """Return what a reader sees of a record, as (heading, text): context, instruction, options, answer."""
    options = "\n".join(f"{letter}: {text}" for letter, text in zip(LETTERS, record.options, strict=False))
    answer = " ".join(record.gold_letters) if record.options else record.answer
    parts = [("Context", record.context or ""), ("Instruction", record.question), ("Options", options)]
    return [(heading, text) for heading, text in (*parts, ("Answer", answer)) if text]


def cut_lines(text: str, width: int, maximum: int) -> list[str]:
    """Break `text` into at most `maximum` lines of at most `width` characters; a cut ends with an ellipsis."""
    lines = [line for part in text.splitlines() for line in wrap(part, width)]
    if len(lines) <= maximum:
        return lines
    return [*lines[: maximum - 1], lines[maximum - 1][: width - 2].rstrip(" .,;:") + f" {ELLIPSIS}"]


def write_example_figure(records: Sequence[Record], folder: Path | str, remark: Remark = NO_REMARK) -> None:
    """Write `fig1.csv` with the full texts, `fig1.svg`, `.png` and `fig1_caption.txt` to `folder`."""
    stem = Path(folder) / "fig1"
    with figure_style():
        save_figure(_drawn(records), stem, remark.demonstration)
    write_caption(stem, _caption(records), remark)
    write_text(stem.with_suffix(".csv"), marked_csv(_csv(records), remark))


def _misfits(batch: pa.RecordBatch, wanted: Wanted) -> pa.Array:
    """Return a number per record, 0 for one that fits in every way; a weightier reason has a higher power of two."""
    texts = [batch["context"], batch["question"], batch["answer"], pc.binary_join(batch["options"], " ")]
    parts = [pc.fill_null(pc.utf8_length(text).cast(pa.int64()), 0) for text in texts]
    reasons = (
        pc.match_substring(batch["licence"], _NOT_TO_BE_SHOWN),
        pc.not_equal(batch["task"], wanted.task),
        pc.not_equal(batch["context"].is_valid(), wanted.has_context),
        pc.not_equal(batch["split"], "train"),
        pc.greater(pc.add(pc.add(parts[0], parts[1]), pc.add(parts[2], parts[3])), _READABLE),
    )
    total = pa.scalar(0, pa.int8())
    for reason in reasons:
        total = pc.add(pc.multiply(total, pa.scalar(2, pa.int8())), reason.cast(pa.int8()))
    return total


def _record(path: Path | str, name: str) -> Record:
    for batch in read_batches(path, RECORD_SCHEMA):
        rows = batch.filter(pc.equal(batch["id"], name)).to_pylist()
        if rows:
            return record_from_row(rows[0])
    raise InputError(f"{path}: no record {name}")


def _component(path: Path | str) -> str:
    for batch in read_batches(path, RECORD_SCHEMA, ["component"]):
        return batch["component"][0].as_py()
    raise InputError(f"{path}: no record, expected at least one for Figure 1")


def _csv(records: Sequence[Record]) -> str:
    rows = []
    for record in records:
        options = "\n".join(f"{letter}: {text}" for letter, text in zip(LETTERS, record.options, strict=False))
        names = (record.component, record.id, record.source, record.split, record.task)
        texts = (record.context or "", record.question, options, " ".join(record.gold_letters), record.answer)
        rows.append([*names, *texts, record.licence])
    return csv_text(COLUMNS, rows)


def _caption(records: Sequence[Record]) -> list[str]:
    shown = [f"{record.component}: {record.task}, {record.id} ({record.licence})" for record in records]
    return [
        "One record of each component, chosen by a keyed hash of its id among the training records of the paper's task "
        "for that component, where there are such records.",
        "; ".join(shown) + ".",
        "Long texts are cut in the picture; fig1.csv has them whole.",
    ]


def _drawn(records: Sequence[Record]) -> Any:
    from matplotlib.figure import Figure

    laid_out = []
    for record in records:
        lines: list[tuple[str, bool]] = []
        for heading, text in example_blocks(record):
            shown = cut_lines(text, _CHARACTERS, _LONGEST_BLOCK)
            lines += [(heading, True), *((line, False) for line in shown), ("", False)]
        laid_out.append(lines[:-1])
    rows = max(map(len, laid_out)) + 3
    height = rows * _LINE
    figure = Figure(figsize=(3.75 * len(records), height))
    for place, (record, lines) in enumerate(zip(records, laid_out, strict=True)):
        axes = figure.add_axes((place / len(records) + 0.004, 0.01, 1 / len(records) - 0.008, 0.98))
        axes.set(xlim=(0, 1), ylim=(rows, 0), xticks=[], yticks=[])
        colour = component_colour(record.component)
        for spine in axes.spines.values():
            spine.set(visible=True, color=colour, linewidth=1.2)
        axes.axhspan(0, 1.6, color=colour, alpha=0.35, linewidth=0)
        title = f"{record.component.upper()}  ·  {record.task}"
        axes.text(0.5, 0.8, title, weight="bold", ha="center", va="center", parse_math=False)
        for line, (text, is_heading) in enumerate(lines):
            weight = "bold" if is_heading else "normal"
            axes.text(0.03, line + 2.5, text, weight=weight, va="center", fontsize=8.5, parse_math=False, clip_on=True)
    return figure

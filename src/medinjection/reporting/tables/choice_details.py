"""Table 5, details: what the paper's choice tables leave open, one line per model, task and decoding."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from medinjection.prediction.schema import DECODINGS
from medinjection.records.csv_rows import read_rows
from medinjection.records.errors import InputError
from medinjection.records.schema import CHOICE_TASKS
from medinjection.reporting.reading import check_models, number
from medinjection.reporting.remark import NO_REMARK, Remark
from medinjection.reporting.tables.table import Column, Layout, ResultTable, Row
from medinjection.reporting.tables.writing import write_keyed_result

_KEY = ("model", "task", "decoding")
# Column of scores/choice_extras.csv, a share, and its header; every cell is in percent.
_HEADERS = {
    "exact_match": ("Published order", "EM", ""),
    "chance_exact_match": ("Published order", "EM", "chance"),
    "exact_match_lenient": ("Published order", "EM", "lenient"),
    "hamming": ("Published order", "Hamming", ""),
    "chance_hamming": ("Published order", "Hamming", "chance"),
    "parse_rate": ("Published order", "Parsed", "strict"),
    "parse_rate_lenient": ("Published order", "Parsed", "lenient"),
    "stable_share": ("All permutations", "Stability", "same answer"),
    "mean_jaccard": ("All permutations", "Stability", "overlap"),
    "vote_exact_match": ("All permutations", "Vote", "EM"),
    "vote_hamming": ("All permutations", "Vote", "Hamming"),
    "vote_parse_rate": ("All permutations", "Vote", "answered"),
    "average_exact_match": ("Debiased EM", "average", ""),
    "prior_exact_match": ("Debiased EM", "no prior", ""),
    "letter_distance": ("Position bias", "distance", ""),
    "rstd": ("Position bias", "RStd", ""),
    "prior_rstd": ("Position bias", "RStd", "no prior"),
}
DETAILS = Layout(
    5,
    "Choice questions beyond the paper's tables, in percent, micro-averages over records; the paper has no such table.",
    tuple(Column(key, headers, ranked=False) for key, headers in _HEADERS.items()),
    (
        "EM: exact match. Hamming: intersection over union of the predicted and the right set of options (Jaccard).",
        "Chance: expected score of a uniformly random guess: for MCQU of one option, for MCQ of a set with a minimum "
        "of one option.",
        "Lenient: answers read by a parser that forgives more. Parsed: answers in which an option could be read.",
        "All permutations: those of the options, the published order included.",
        "Stability, over records shown in different permutations: answers with the same options in all of them, and "
        "the mean Jaccard overlap of the answers to two permutations.",
        "Vote, over the permutations: for MCQ the options named in more than half of them, for MCQU the option named "
        "most often.",
        "Debiased EM is for MCQU only: for MCQ letter probabilities do not define an answer. “Average”: the option "
        "with the highest mean probability over the permutations. “No prior”: the published order, after division by "
        "the model's fitted prior over letters. Both follow Zheng et al. 2024 (arXiv 2309.03882), with random "
        "permutations in place of cyclic ones. Neither depends on the decoding.",
        "Position bias, over all permutations: “distance” is half the sum of the differences between the shares of "
        "named and of right letters; “RStd” is the standard deviation of the letters' recalls (Zheng et al. 2024), "
        "without and with the prior divided out.",
    ),
    part="details",
    lines="Model, task, decoding",
)


@dataclass(frozen=True, slots=True)
class ChoiceDetails:
    """One line of scores/choice_extras.csv: percentages by column, None where a number is not defined."""

    model: str
    task: str
    decoding: str
    percents: dict[str, float | None]


def read_details(path: Path | str) -> list[ChoiceDetails]:
    """Read scores/choice_extras.csv.

    Raises:
        InputError: a column is missing, a cell is no number, a task or decoding is unknown, or a line occurs twice.
    """
    found: dict[tuple[str, ...], ChoiceDetails] = {}
    for row in read_rows(path, (*_KEY, *_HEADERS)):
        key = (row["model"], row["task"], row["decoding"])
        place = ", ".join(key)
        if row["task"] not in CHOICE_TASKS or row["decoding"] not in DECODINGS:
            raise InputError(f"{path}: {place}: expected a task of {CHOICE_TASKS} and a decoding of {DECODINGS}")
        if key in found:
            raise InputError(f"{path}: {place} occurs twice")
        shares = {name: number(row[name], path, f"{place}: {name}") for name in _HEADERS}
        percents = {name: None if share is None else 100 * share for name, share in shares.items()}
        found[key] = ChoiceDetails(*key, percents)
    return list(found.values())


def details_table(details: Sequence[ChoiceDetails]) -> ResultTable:
    """Return the details as a table, one line per model (in their order), task and decoding."""
    return _table(details, list(dict.fromkeys(line.model for line in details)))[1]


def _table(details: Sequence[ChoiceDetails], models: Sequence[str]) -> tuple[list[tuple[str, str, str]], ResultTable]:
    """Return the model, task and decoding of each line, and the table of the lines."""
    percents_of = {(line.model, line.task, line.decoding): line.percents for line in details}
    tasks = [task for task in CHOICE_TASKS if any(line.task == task for line in details)]
    keys = [(model, task, decoding) for model in models for task in tasks for decoding in DECODINGS]
    rows = tuple(
        Row(f"{model}, {task.upper()}, {decoding}", percents_of.get((model, task, decoding), {}), {})
        for model, task, decoding in keys
    )
    return keys, ResultTable(DETAILS, rows)


def write_details(
    details: Sequence[ChoiceDetails],
    models: Sequence[str],
    folder: Path | str,
    base_model: str = "",
    remark: Remark = NO_REMARK,
    source: Path | str = "scores",
) -> None:
    """Write `table5_details.csv`, `.md` and `.tex` to `folder`, by model (in the order given), task and decoding.

    A model without answers by a decoding has a line of dashes, so that its absence is seen.

    Args:
        source: where the details come from, for the error.

    Raises:
        InputError: a model has no line at all.
    """
    check_models(models, (line.model for line in details), source)
    keys, table = _table(details, models)
    write_keyed_result(table, _KEY, keys, folder, base_model, remark)

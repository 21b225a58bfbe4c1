"""Table 6, groups: every text metric of all answers, of questions and of translations, in each average that it has.

With it how many answers there are, and how many of them were cut at the limit of new tokens.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from medinjection.records.csv_rows import read_rows
from medinjection.records.errors import InputError
from medinjection.reporting.reading import check_models, number
from medinjection.reporting.remark import NO_REMARK, Remark
from medinjection.reporting.tables.table import Column, Layout, ResultTable, Row
from medinjection.reporting.tables.writing import write_keyed_result
from medinjection.scoring.open.answer_scores import VARIANTS
from medinjection.scoring.open.averages import ANSWERS, CORPUS, COUNT, GROUPS, SOURCES, TEXT_COLUMNS

_KEY = ("model", "answers", "average")
_NAMES = {
    "bleu": "BLEU",
    "rouge1": "ROUGE-1",
    "rouge2": "ROUGE-2",
    "rougeL": "ROUGE-L",
    "meteor": "METEOR",
    "bertscore_f1": "BERTScore, raw",
    "bertscore_f1_rescaled": "BERTScore",
}
# Csv column -> metric and variant of scores/open.csv.
_COLUMNS = {
    metric if variant == "default" else f"{metric}_{variant}": (metric, variant)
    for metric in _NAMES
    for variant in VARIANTS
}
# Csv column -> the second line of its header.
_COUNTS = {"n": "scored", "unfinished": "cut"}
OPEN_GROUPS = Layout(
    6,
    "Open questions by text metrics (0 to 100), in groups and averages; the paper has no such table.",
    (
        *(Column(key, ("Answers", name, ""), ranked=False, decimals=0) for key, name in _COUNTS.items()),
        *(Column(key, (_NAMES[metric], variant, ""), ranked=False) for key, (metric, variant) in _COLUMNS.items()),
    ),
    (
        "Questions: all open questions but translations. Translations: passages of WMT to translate.",
        "Cut: answers that reached the limit of new tokens, or for which the context had no more room.",
        "Average “corpus”: all answers as one text, which is defined for BLEU alone; “answers”: mean over the answers; "
        "“sources”: mean of the sources' values, for BLEU of their corpus BLEU.",
        "“default” is what the field computes; “fr” keeps French words whole and folds texts that look alike.",
        "BERTScore is rescaled by bert_score's baseline for French, “raw” is not; without its model there is neither, "
        "without a baseline of that model only the raw one.",
    ),
    part="groups",
    lines="Model, answers, average",
)

Groups = Mapping[tuple[str, str, str], Mapping[str, float | None]]


def read_groups(path: Path | str) -> Groups:
    """Read scores/open.csv: (model, group, average) -> values of 0 to 100 by column of the table, and its counts.

    Raises:
        InputError: a column is missing, a cell is no number, or a line occurs twice.
    """
    keys = {key: column for column, key in _COLUMNS.items()} | {("unfinished_outputs", "-"): "unfinished"}
    found: dict[tuple[str, str, str], dict[str, float | None]] = {}
    for row in read_rows(path, TEXT_COLUMNS):
        column = keys.get((row["metric"], row["variant"]))
        if row["source"] not in GROUPS or column is None:
            continue
        place = ", ".join(row[name] for name in TEXT_COLUMNS[:5])
        values = found.setdefault((row["model"], row["source"], row["average"]), {})
        if column in values:
            raise InputError(f"{path}: {place} occurs twice")
        values |= {column: number(row["value"], path, place), "n": number(row["n"], path, place)}
    # A count is of the answers of a group, in whichever average.
    counts = {key[:2]: found.pop(key) for key in list(found) if key[2] == COUNT}
    return {key: values | counts.get(key[:2], {}) for key, values in found.items()}


def groups_table(groups: Groups) -> ResultTable:
    """Return a line for each model (in their order), group that has answers, and average."""
    return _table(groups, list(dict.fromkeys(model for model, _, _ in groups)))[1]


def _table(groups: Groups, models: Sequence[str]) -> tuple[list[tuple[str, str, str]], ResultTable]:
    averages = (CORPUS, ANSWERS, SOURCES)
    keys = [(m, g, a) for m in models for g in GROUPS for a in averages if (m, g, a) in groups]
    return keys, ResultTable(OPEN_GROUPS, tuple(Row(", ".join(key), groups[key], {}) for key in keys))


def write_groups(
    groups: Groups,
    models: Sequence[str],
    folder: Path | str,
    base_model: str = "",
    remark: Remark = NO_REMARK,
    source: Path | str = "scores",
) -> None:
    """Write `table6_groups.csv`, `.md` and `.tex` to `folder`, by model (in the order given), group and average.

    Args:
        source: where the groups come from, for the error.

    Raises:
        InputError: a model has no line at all.
    """
    check_models(models, (model for model, _, _ in groups), source)
    keys, table = _table(groups, models)
    write_keyed_result(table, _KEY, keys, folder, base_model, remark)

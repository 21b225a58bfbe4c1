"""The report page: one HTML file that needs no other, every text from data escaped."""

import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from medinjection import __version__
from medinjection.components.statistics import count_records, describe_sources
from medinjection.records.csv_rows import read_rows
from medinjection.records.errors import InputError
from medinjection.records.schema import CHOICE_TASKS, COMPONENTS, SPLITS, TASKS
from medinjection.reporting.costs import stage_costs
from medinjection.reporting.facts import (
    ModelFacts,
    count_rejects,
    counts_by_source,
    counts_by_split,
    read_mixes,
    read_models,
)
from medinjection.reporting.page.dataset import dataset_facts
from medinjection.reporting.page.human import human_facts
from medinjection.reporting.page.models import model_facts
from medinjection.reporting.page.open_answers import open_answer_facts
from medinjection.reporting.quantities import NOTHING
from medinjection.reporting.reading import number
from medinjection.reporting.remark import Remark
from medinjection.reporting.tables.audit import HEADER, RANKING, AuditRow
from medinjection.reporting.tables.choice_details import DETAILS, details_table, read_details
from medinjection.reporting.tables.claims_table import NAME as CLAIMS_NAME
from medinjection.reporting.tables.claims_table import SLIPS_NAME, claims_grid, parts_grid, read_claims, slips_grid
from medinjection.reporting.tables.layouts import LAYOUTS
from medinjection.reporting.tables.open_groups import OPEN_GROUPS, groups_table, read_groups
from medinjection.reporting.tables.table import Line, ResultTable, caption, header_levels, printed_lines, read_result
from medinjection.reporting.templates import rendered
from medinjection.scoring.choice.parse_rates import PARSE_COLUMNS
from medinjection.scoring.open.averages import ALL, TEXT_COLUMNS, shown_average
from medinjection.scoring.open.judge_scores import JUDGE_COLUMNS

PAIR_COLUMNS = ("model", "decoding", "test", "orders", "n_items", "wins", "losses", "difference", "p_value", "p_holm")
SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class PageInputs:
    """Files and texts of a run that the page shows.

    `tables`, `figures` and `scores` are folders; `remark` goes to the banner and the captions; `command` makes the run
    again; `cost` is the ledger of the language models, without which the page says nothing of them; `agreement` is that
    of the human raters, None where nobody has rated. `trainings` and `mixes` are empty where nothing was trained;
    `audit` is None where the run is not compared with the paper, and `left_out` says what is not made.
    """

    run_name: str
    remark: Remark
    tables: Path
    figures: Path
    scores: Path
    components: Sequence[Path]
    rejects: Sequence[Path]
    near_duplicates: Path
    mixes: Sequence[Path]
    runs: Sequence[Path]
    trainings: Sequence[Path]
    command: str
    audit: Path | None = None
    left_out: str = ""
    base_model: str = ""
    figure_numbers: Sequence[int] = (1, 2, 4)
    cost: Path | None = None
    agreement: Path | None = None


def page_text(inputs: PageInputs) -> str:
    """Return the page.

    Raises:
        InputError: a file is missing or not what it should be.
    """
    counts = count_records(inputs.components)
    split_counts = counts_by_split(counts)
    models = read_models(inputs.runs, inputs.trainings)
    facts: dict[str, Any] = {
        "run_name": inputs.run_name,
        "note": str(inputs.remark),
        "command": inputs.command,
        "left_out": inputs.left_out,
        "tasks": TASKS,
        "splits": SPLITS,
        "components": COMPONENTS,
        "choice_tasks": CHOICE_TASKS,
        "split_counts": split_counts,
        "source_counts": counts_by_source(counts, describe_sources(inputs.components)),
        "task_totals": [sum(row.tasks[place] for row in split_counts) for place in range(len(TASKS))],
        "rejects": count_rejects(inputs.rejects),
        "mixes": read_mixes(inputs.mixes),
        "tables": _tables(inputs.tables, inputs.scores, inputs.base_model, inputs.remark),
        "pairs": _pairs(inputs.scores / "paired.csv"),
        "parse_rates": _parse_rates(inputs.scores / "parse_rates.csv"),
        "judge_rows": _judge_rows(inputs.scores / "judges.csv"),
        "versions": _versions(models),
        "costs": stage_costs(inputs.cost) if inputs.cost else [],
        **dataset_facts(
            inputs.tables,
            inputs.figures,
            inputs.figure_numbers,
            inputs.near_duplicates,
            inputs.components,
            inputs.remark,
        ),
        **model_facts(models, inputs.figures),
        **open_answer_facts(inputs.tables, inputs.scores, inputs.figures, inputs.figure_numbers, inputs.remark),
        **_open_facts(inputs.scores / "open.csv"),
        **human_facts(inputs.agreement),
        **_audit_facts(inputs.audit),
        **_claim_facts(inputs.tables, inputs.remark),
    }
    return rendered("page/page.html.j2", facts)


def _claim_facts(tables: Path, remark: Remark) -> dict[str, Any]:
    path = tables / f"{CLAIMS_NAME}.csv"
    if not path.is_file():
        return {"claims": None, "claims_parts": None, "slips": None}
    rows = read_claims(path)
    return {
        "claims": claims_grid(rows, remark),
        "claims_parts": parts_grid(rows, path, remark),
        "slips": slips_grid(tables / f"{SLIPS_NAME}.csv"),
    }


def _tables(folder: Path, scores: Path, base_model: str, remark: Remark) -> list[dict[str, Any]]:
    shown = []
    for table_number, layout in sorted(LAYOUTS.items()):
        path = folder / f"table{table_number}.csv"
        if not path.is_file():
            continue
        shown.append(_shown(f"Table {table_number}", read_result(path, layout), base_model, remark))
        details = scores / "choice_extras.csv"
        if table_number == DETAILS.number and details.is_file():
            table = details_table(read_details(details))
            shown.append(_shown(f"Table {table_number}, {DETAILS.part}", table, base_model, remark))
        if table_number == OPEN_GROUPS.number:
            table = groups_table(read_groups(scores / "open.csv"))
            shown.append(_shown(f"Table {table_number}, {OPEN_GROUPS.part}", table, base_model, remark))
    if not shown:
        raise InputError(f"{folder}: no table, expected at least one of tables {', '.join(map(str, sorted(LAYOUTS)))}")
    return shown


def _shown(title: str, table: ResultTable, base_model: str, remark: Remark) -> dict[str, Any]:
    return {
        "title": title,
        "anchor": title.lower().replace(" ", "").replace(",", "-"),
        "caption": caption(table, base_model, remark),
        "heads": header_levels(table.columns),
        "groups": _groups(table),
        "first": table.layout.lines,
    }


def _groups(table: ResultTable) -> list[list[Line]]:
    groups: list[list[Line]] = []
    for line in printed_lines(table):
        if line.kind == "ours":
            groups.append([])
        groups[-1].append(line)
    return groups


def _parse_rates(path: Path) -> list[tuple[str, str, str, int, float]]:
    """Return model, task, decoding, answers over all permutations and the percentage of them that could be read."""
    rates = []
    for row in read_rows(path, PARSE_COLUMNS):
        place = f"{row['model']}, {row['task']}, {row['decoding']}"
        answers, rate = (number(row[name], path, f"{place}: {name}") for name in ("answers", "parse_rate"))
        if answers is None or rate is None:
            raise InputError(f"{path}: {place}: a cell is empty, expected numbers")
        rates.append((row["model"], row["task"], row["decoding"], int(answers), 100 * rate))
    return rates


def _judge_rows(path: Path) -> list[dict[str, Any]]:
    """Return what scores/judges.csv says of each judge and model, with percentages; nothing where there is no judge."""
    rows: list[dict[str, Any]] = []
    for row in read_rows(path, JUDGE_COLUMNS) if path.is_file() else ():
        place = f"{row['judge']}, {row['model']}"
        means = [number(row[name], path, f"{place}: {name}") for name in ("mean", "mean_released")]
        rates = [number(row[name], path, f"{place}: {name}") for name in ("parse_rate", "parse_rate_released")]
        percents = [None if rate is None else 100 * rate for rate in rates]
        answers = int(number(row["answers"], path, f"{place}: answers") or 0)
        rows.append({**row, "answers": answers, "readings": list(zip(percents, means, strict=True))})
    return rows


def _pairs(path: Path) -> list[dict[str, Any]]:
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


def _versions(models: Sequence[ModelFacts]) -> list[tuple[str, str]]:
    """Return name and version of this package, of Python and of what the models were made with."""
    found = {"medinjection": {__version__}, "python": {platform.python_version()}}
    for model in models:
        said = model.run.get("versions", {})
        for name, version in said.items() if isinstance(said, dict) else ():
            found.setdefault(str(name), set()).add(str(version))
    return [(name, ", ".join(sorted(versions))) for name, versions in sorted(found.items())]


def _open_facts(path: Path) -> dict[str, Any]:
    values: dict[str, dict[tuple[str, str], float | None]] = {}
    signatures: dict[tuple[str, str], set[str]] = {}
    for row in read_rows(path, TEXT_COLUMNS) if path.is_file() else ():
        key = (row["metric"], row["variant"])
        signatures.setdefault(key, set()).add(row["signature"])
        if (row["source"], row["average"]) == (ALL, shown_average(row["metric"])):
            values.setdefault(row["model"], {})[key] = number(row["value"], path, f"{row['model']}, {', '.join(key)}")
    columns = list(signatures)
    return {
        "open_columns": columns,
        "open_rows": [(model, [cells.get(key) for key in columns]) for model, cells in values.items()],
        "signatures": [(*key, text) for key in columns for text in sorted(signatures[key])],
    }


def _audit_facts(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {"cells": [], "rankings": [], "verdicts": []}
    rows = [AuditRow(**{name: row[name] for name in HEADER}) for row in read_rows(path, HEADER)]
    cells = [row for row in rows if row.model != RANKING]
    verdicts = [
        (table, verdict, count)
        for table, group in groupby(cells, key=lambda row: row.table)
        for verdict, count in sorted(Counter(row.verdict for row in group).items())
    ]
    return {"cells": cells, "rankings": [row for row in rows if row.model == RANKING], "verdicts": verdicts}

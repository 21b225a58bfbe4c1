"""The closing lines of a run on the terminal: what ran, the base beside the best mix, what it cost, where the page is.

Everything is read from files of the run. What a partial run has not made is left out.
"""

import textwrap
from pathlib import Path

from medinjection.records.csv_rows import read_rows
from medinjection.records.errors import InputError
from medinjection.records.stand_ins import is_scripted
from medinjection.reporting.costs import total_cost
from medinjection.reporting.reading import COST_COLUMNS, number
from medinjection.reporting.remark import Remark, stand_ins_in

_WIDTH = 98
_LABEL = 14
_SCORE = "aggregate_constrained_em"


def summary_lines(run: Path, note: str = "") -> list[str]:
    """Return the closing lines of the run in the folder `run`.

    Args:
        note: the user's own note on the run.

    Raises:
        InputError: there is no such folder, or a file in it is not what the workflow writes.
    """
    if not run.is_dir():
        raise InputError(f"{run}: no such run")
    page = run / "report.html"
    tables = run / "tables"
    found = {
        "Jobs": _jobs(run / "benchmarks"),
        "Exact match": _exact_match(tables / "table5.csv", run / "scores/paired.csv"),
        "Requests": _requests(run / "cost.csv"),
        "Note": str(_remark(tables / "table5.csv", note)),
        "Tables": str(tables) if tables.is_dir() else "",
        "Report": str(page.resolve()) if page.is_file() else "",
    }
    lines = [f"Run {run.name}"]
    for label, text in found.items():
        # A path is not broken, so that it can be clicked or copied.
        wrapped = [text] if label in ("Tables", "Report") else textwrap.wrap(text, _WIDTH - _LABEL - 2)
        lines += [f"  {label if number == 0 else '':{_LABEL}}{line}" for number, line in enumerate(wrapped) if line]
    return lines


def _remark(table: Path, note: str) -> Remark:
    """Return what a table of the run says of stand-ins, with the user's note."""
    return Remark(stand_ins_in(table) if table.is_file() else (), note=note)


def _jobs(folder: Path) -> str:
    """Say how many jobs have left a measurement, and their minutes added up."""
    seconds = [
        number(row["s"], path, "s") or 0.0 for path in sorted(folder.rglob("*.tsv")) for row in _measurements(path)
    ]
    return f"{len(seconds)}, {sum(seconds) / 60:.1f} minutes if one ran after the other" if seconds else ""


def _measurements(path: Path) -> list[dict[str, str]]:
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    if len(lines) < 2 or "s" not in lines[0]:
        raise InputError(f"{path}: no column s with a measurement")
    return [dict(zip(lines[0], line, strict=False)) for line in lines[1:]]


def _exact_match(table: Path, tests: Path) -> str:
    """Say what the base and the best of the other models reach in Table 5, and how sure the difference is.

    Where there is no base, or nothing beside it, say what each model reaches.
    """
    if not table.is_file():
        return ""
    scores = {
        row["model"]: value
        for row in read_rows(table, ["model", _SCORE])
        if (value := number(row[_SCORE], table, f"{row['model']}, {_SCORE}")) is not None
    }
    mixes = [model for model in scores if model != "base"]
    if "base" not in scores or not mixes:
        shown = ", ".join(f"{model} {score:.2f} %" for model, score in scores.items())
        return f"{shown} (Table 5, aggregate, constrained)" if shown else ""
    best = max(mixes, key=scores.__getitem__)
    text = f"base {scores['base']:.2f} %, best mix {best} {scores[best]:.2f} % (Table 5, aggregate, constrained)"
    p_value = _p_value(tests, best)
    return text if p_value is None else f"{text}; McNemar's test, corrected: p = {p_value:.2g}"


def _p_value(path: Path, model: str) -> float | None:
    """Return the corrected p-value of a model against its base, constrained answers in the published order."""
    if not path.is_file():
        return None
    wanted = (model, "constrained", "mcnemar")
    for row in read_rows(path, ["model", "decoding", "test", "p_holm"]):
        if (row["model"], row["decoding"], row["test"]) == wanted:
            return number(row["p_holm"], path, f"{model}: p_holm")
    return None


def _requests(path: Path) -> str:
    """Say what was asked of which models and what was paid, as far as prices are known."""
    if not path.is_file():
        return ""
    rows = read_rows(path, COST_COLUMNS)
    total = total_cost(rows, path)
    if not total.requests:
        return "none"
    models = sorted({row["model"] for row in rows})
    text = f"{total.requests:,} to {', '.join(models)}: "
    if all(map(is_scripted, models)):
        return f"{text}scripted stand-ins, nothing paid"
    if total.money is None:
        return f"{text}price unknown"
    without = total.requests_without_price
    return f"{text}{total.money:,.2f} paid" + (f", {without:,} of unknown price" if without else "")

"""What the language models cost, added up from cost.csv."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from medinjection.records.csv_rows import read_rows
from medinjection.records.errors import InputError
from medinjection.reporting.reading import COST_COLUMNS, number

_COUNTS = ("requests", "prompt_tokens", "completion_tokens", "requests_without_price")


@dataclass(frozen=True, slots=True)
class TotalCost:
    """The sum of some rows; `money` is what is known of it, None where no price is known."""

    requests: int
    prompt_tokens: int
    completion_tokens: int
    requests_without_price: int
    money: float | None


@dataclass(frozen=True, slots=True)
class StageCost:
    """What one stage asked of one model, over all its shards; `money` says in words what is unknown."""

    stage: str
    model: str
    requests: int
    prompt_tokens: int
    completion_tokens: int
    money: str


def stage_costs(path: Path) -> list[StageCost]:
    """Return the costs by stage and model, in the order of the file.

    Raises:
        InputError: the file is missing or not what `report_cost` writes.
    """
    costs = []
    for (stage, model), group in groupby(read_rows(path, COST_COLUMNS), key=lambda row: (row["stage"], row["model"])):
        total = total_cost(group, path)
        text = "unknown" if total.money is None else f"{total.money:,.2f}"
        if total.money is not None and total.requests_without_price:
            text += f" and {total.requests_without_price:,} of unknown price"
        costs.append(StageCost(stage, model, total.requests, total.prompt_tokens, total.completion_tokens, text))
    return costs


def total_cost(rows: Iterable[Mapping[str, str]], path: Path) -> TotalCost:
    """Add up rows of cost.csv.

    Raises:
        InputError: a count or an amount is no number; the message names the row.
    """
    rows = list(rows)
    requests, prompt, completion, without = (sum(_count(row, name, path) for row in rows) for name in _COUNTS)
    amounts = (number(row["money"], path, f"{row['stage']}, {row['model']}: money") for row in rows)
    known = [amount for amount in amounts if amount is not None]
    return TotalCost(requests, prompt, completion, without, sum(known) if known else None)


def _count(row: Mapping[str, str], name: str, path: Path) -> int:
    if not row[name].isdecimal():
        raise InputError(f"{path}: {row['stage']}, {row['model']}: {name} is {row[name]!r}, expected a count")
    return int(row[name])

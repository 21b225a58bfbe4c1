"""The page's section on what the language models cost, from cost.csv."""

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from medinjection.records.errors import InputError
from medinjection.reporting.reading import COST_COLUMNS, number, read_rows

_COUNTS = ("requests", "prompt_tokens", "completion_tokens", "requests_without_price")


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
        rows = list(group)
        requests, prompt, completion, without = (sum(_count(row, name, path) for row in rows) for name in _COUNTS)
        money_of = (number(row["money"], path, f"{stage}, {model}: money") for row in rows)
        known = [money for money in money_of if money is not None]
        text = f"{sum(known):,.2f}" if known else "unknown"
        if known and without:
            text += f" and {without:,} of unknown price"
        costs.append(StageCost(stage, model, requests, prompt, completion, text))
    return costs


def _count(row: dict[str, str], name: str, path: Path) -> int:
    if not row[name].isdecimal():
        raise InputError(f"{path}: {row['stage']}, {row['model']}: {name} is {row[name]!r}, expected a count")
    return int(row[name])

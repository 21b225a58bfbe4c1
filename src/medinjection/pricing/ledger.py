"""The ledger of a run: what its language models were asked and what they cost, from the journals."""

import csv
import io
import logging
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from medinjection.llm.journal.care import each_line, journals_in

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Cost:
    """What one journal has of one model.

    Attributes:
        stage: the folder of the journal below that of all journals: the script that asks.
        shard: the rest of the journal's path, without its suffix.
        requests: answers, those that were asked again included: each was paid.
        money: what the answers of known price have cost; None where none is known, which is not 0.
        requests_without_price: answers that `money` does not hold.
    """

    stage: str
    model: str
    shard: str
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    money: float | None = None
    requests_without_price: int = 0


COLUMNS = tuple(field.name for field in fields(Cost))


def read_costs(folder: Path) -> list[Cost]:
    """Return what all journals below a folder hold, by stage, model and shard, in that order.

    Damaged lines are left out, with a warning. A run without journals has no costs.
    """
    costs = [cost for path in journals_in(folder) for cost in _costs(path, folder)] if folder.is_dir() else []
    return sorted(costs, key=lambda cost: (cost.stage, cost.model, cost.shard))


def costs_csv(costs: Sequence[Cost]) -> str:
    """Return the ledger as CSV; an unknown sum of money is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for cost in costs:
        cells = dict(zip(COLUMNS, astuple(cost), strict=True))
        writer.writerow((cells | {"money": money_text(cost.money)}).values())
    return text.getvalue()


def money_text(money: float | None) -> str:
    """Return a sum of money for a file: empty where it is unknown, else with eight decimals.

    Answers arrive in any order, and the last bits of their sum depend on it; those are not written.
    """
    return "" if money is None else f"{money:.8f}"


def _costs(path: Path, folder: Path) -> Iterator[Cost]:
    place = path.relative_to(folder).with_suffix("")
    by_model: dict[str, Cost] = {}
    damaged = 0
    for line in each_line(path):
        if (entry := line.entry) is None:
            damaged += 1
            continue
        cost = by_model.setdefault(entry.model, Cost(place.parts[0], entry.model, "/".join(place.parts[1:])))
        cost.requests += 1
        cost.prompt_tokens += entry.prompt_tokens or 0
        cost.completion_tokens += entry.completion_tokens or 0
        if entry.cost is None:
            cost.requests_without_price += 1
        else:
            cost.money = (cost.money or 0.0) + entry.cost
    if damaged:
        _logger.warning("%s: %d damaged lines are left out", path, damaged)
    yield from by_model.values()

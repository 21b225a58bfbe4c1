"""What the answers of each model cost: time, energy and hardware of run.json, requests and money of cost.csv."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medinjection.records.errors import InputError
from medinjection.reporting.costs import stage_costs

_SERVED = "predict_served"


@dataclass(frozen=True, slots=True)
class AnswerCost:
    """The cost of one model's answers, to choice and open questions together; None or an empty text is not known."""

    model: str
    seconds: float | None = None
    energy_joules: float | None = None
    prompts: int | None = None
    tokens: int | None = None
    money: str = ""
    where: str = ""


def answer_costs(runs: Iterable[Path | str], cost: Path | str | None) -> dict[str, AnswerCost]:
    """Return model -> cost of its answers.

    Args:
        runs: run.json of predictions; models behind an endpoint have none.
        cost: cost.csv of the run, for them.

    Raises:
        InputError: a file cannot be read, or is not what the workflow writes.
    """
    found = {}
    for path in runs:
        try:
            facts = json.loads(Path(path).read_text(encoding="utf-8"))
            found[facts["model"]] = _loaded(facts)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}: is not the run.json of a prediction: {error!r}") from error
    for stage in stage_costs(Path(cost)) if cost else []:
        if stage.stage == _SERVED:
            tokens = stage.prompt_tokens + stage.completion_tokens
            found[stage.model] = AnswerCost(
                stage.model, prompts=stage.requests, tokens=tokens, money=stage.money, where="endpoint"
            )
    return found


def _loaded(facts: Mapping[str, Any]) -> AnswerCost:
    parts = [part for kind in ("choice", "open") for part in facts[kind].get("parts", [])]
    devices = dict.fromkeys(str(part["hardware"]) for part in parts)
    return AnswerCost(
        facts["model"],
        seconds=facts["wall_seconds"],
        energy_joules=facts.get("energy_joules"),
        prompts=sum(facts[kind]["prompts"] for kind in ("choice", "open")),
        where=", ".join([*devices, facts["dtype"]]),
    )

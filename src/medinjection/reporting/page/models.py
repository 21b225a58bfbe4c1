"""The page's section on the models: one line per model, the training curves, and their whole run.json."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from medinjection.reporting.facts import ModelFacts
from medinjection.reporting.page.pictures import picture_facts
from medinjection.reporting.quantities import NOTHING, energy_text, memory_text, revision_text, truncated_count
from medinjection.reporting.remark import Remark


def _number(value: Any) -> str:
    if value is None:
        return NOTHING
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"


def _yes_or_no(value: bool | None) -> str:
    return NOTHING if value is None else "yes" if value else "no"


# Title, how `run.json` is read for it, and whether it is a text; a column is shown where one model has something in it.
_COLUMNS: tuple[tuple[str, Callable[[Mapping[str, Any]], str], bool], ...] = (
    ("Examples a step", lambda run: _number(run.get("effective_batch")), False),
    ("Truncated", lambda run: _number(truncated_count(run)), False),
    ("Tokens", lambda run: _number(run.get("tokens")), False),
    ("Seconds", lambda run: _number(run.get("wall_seconds")), False),
    ("Peak memory", lambda run: memory_text(run.get("peak_memory_bytes")), False),
    ("Energy", lambda run: energy_text(run.get("energy_joules")), False),
    ("Gradient checkpointing", lambda run: _yes_or_no(run.get("gradient_checkpointing")), False),
    ("Resumed from step", lambda run: _number(run.get("resumed_from_step")), False),
    ("Hardware", lambda run: str(run.get("hardware", NOTHING)), True),
    ("Revision", lambda run: revision_text(run.get("git")), True),
)


def model_facts(models: Sequence[ModelFacts], figures: Path, remark: Remark) -> dict[str, Any]:
    """Return what the template shows of the models.

    Args:
        figures: folder of the figure `training`, which is read where a model was trained.

    Raises:
        InputError: the figure or its caption is missing.
    """
    cells = {title: [read(model.run) for model in models] for title, read, _ in _COLUMNS}
    used = [(title, is_text) for title, _, is_text in _COLUMNS if set(cells[title]) - {NOTHING}]
    rows = [
        {
            "name": model.name,
            "steps": model.steps,
            "first_loss": model.first_loss,
            "last_loss": model.last_loss,
            "seconds": model.run.get("wall_seconds"),
            "cells": [
                {
                    "text": cells[title][place],
                    "is_text": is_text,
                    "warns": title == "Revision" and bool((model.run.get("git") or {}).get("dirty")),
                }
                for title, is_text in used
            ],
        }
        for place, model in enumerate(models)
    ]
    trained = any(model.steps is not None for model in models)
    return {
        "models": rows,
        "run_columns": used,
        "model_rest": [
            (model.name, json.dumps(model.run, ensure_ascii=False, indent=2, sort_keys=True)) for model in models
        ],
        "training_figure": _training_figure(figures, remark) if trained else None,
    }


def _training_figure(figures: Path, remark: Remark) -> dict[str, Any]:
    return picture_facts(figures, "training", "Training curves", "Loss by step", remark, "png")

"""Plans of the tests: the demonstration's configuration, with two judges of open answers and some values changed."""

from pathlib import Path

import yaml

from medinjection.config.reading import check_settings
from medinjection.plan.run import plan_run

ROOT = Path(__file__).resolve().parents[2]


def settings_of(**changes):
    """Return the demonstration's settings; a changed section is joined with its own, where None removes a key."""
    values = yaml.safe_load((ROOT / "config" / "demo.yaml").read_text(encoding="utf-8"))
    values |= {"registry": str(ROOT / "config" / "sources.yaml")}
    values["prompts"] = {kind: str(ROOT / f"config/prompts/question_{kind}.txt") for kind in ("choice", "open")}
    values["judging"] = {"judges": ["scripted-judge-a", "scripted-judge-b"]}
    for key, change in changes.items():
        joined = values.get(key, {}) | change if isinstance(change, dict) else change
        if isinstance(joined, dict):
            joined = {name: value for name, value in joined.items() if value is not None}
        values[key] = joined
    return check_settings(values, "my.yaml")


def plan_of(data_folder_of_user=None, **changes):
    return plan_run(settings_of(**changes), data_folder_of_user)

"""The training mixes: what each is made of, as flags and as files."""

import json
import shlex
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from medinjection.config.settings.mixes import MixSettings
from medinjection.mixes.recipe import SMALLEST
from medinjection.plan.sources import HELD_OUT
from medinjection.records.errors import InputError
from medinjection.records.schema import COMPONENTS


def mixes_of(mixes: MixSettings, components: Collection[str]) -> MixSettings:
    """Return the mixes that can be drawn from the components of a run.

    Of the default ones those that need others are left out.

    Raises:
        InputError: a mix that the configuration names needs a component of which the run has no source.
    """
    lacking = {
        name: [part.component for part in recipe.parts if part.component not in components]
        for name, recipe in mixes.recipes.items()
    }
    for name, missing in lacking.items():
        if missing and "recipes" in mixes.model_fields_set:
            raise InputError(
                f"mixes.recipes.{name} takes records of the component {missing[0]}, of which the run has no source"
            )
    kept = {name: recipe for name, recipe in mixes.recipes.items() if not lacking[name]}
    return mixes.model_copy(update={"recipes": kept})


def mix_parts(mixes: MixSettings, mix: str, run_folder: str) -> list[dict[str, Any]]:
    """Return the parts of a mix as `mix_records` reads them, with the run's folder filled in; empty values stay out."""
    parts = [asdict(part.part()) for part in mixes.recipes[mix].parts]
    for part in parts:
        part["scores"] = part["scores"] and part["scores"].replace("{run_folder}", run_folder)
    return [{name: value for name, value in part.items() if value not in (None, ())} for part in parts]


def mix_size(mixes: MixSettings, mix: str) -> int | str:
    """Return the size of a mix: its own, else that of all mixes."""
    return mixes.recipes[mix].size or mixes.size


def component_files(
    mixes: MixSettings, mix: str, run_folder: str, components: Sequence[str] = COMPONENTS
) -> dict[str, str]:
    """Return component -> file of the components that a mix is drawn from, in the order of its parts.

    Args:
        components: those of the run; where the size of the mix is that of the smallest component, all of them decide.
    """
    names = [part["component"] for part in mix_parts(mixes, mix, run_folder)]
    names += components if mix_size(mixes, mix) == SMALLEST else ()
    return {name: f"{run_folder}/components/{name}.parquet" for name in names}


def score_files(mixes: MixSettings, mix: str, run_folder: str) -> list[str]:
    """Return the files of scores by which a mix is filtered, one per part that has one."""
    return [part["scores"] for part in mix_parts(mixes, mix, run_folder) if part.get("scores")]


def mix_flags(mixes: MixSettings, mix: str, run_folder: str, components: Sequence[str] = COMPONENTS) -> str:
    """Return the flags that say what a mix is made of, its size and its seed; arguments as `component_files`."""
    recipe = mixes.recipes[mix]
    seed = mixes.seed if recipe.seed is None else recipe.seed
    flags = [f"--size {mix_size(mixes, mix)} --seed {seed}"]
    flags += [f"--part {shlex.quote(json.dumps(part))}" for part in mix_parts(mixes, mix, run_folder)]
    flags += [
        f"--component {name}={file}" for name, file in component_files(mixes, mix, run_folder, components).items()
    ]
    return " ".join(flags)


def validation_files(mixes: MixSettings, run_folder: str, held_out: Sequence[str] = HELD_OUT) -> dict[str, str]:
    """Return component -> file of the components that the validation mix is drawn from; none without validation.

    They are those of the mixes of which records are held out, or all such where no mix has one of them.

    Args:
        held_out: the components of the run of which records are held out.
    """
    if mixes.validation_size is None:
        return {}
    used = {part.component for recipe in mixes.recipes.values() for part in recipe.parts}
    names = [name for name in held_out if name in used] or held_out
    return {name: f"{run_folder}/components/{name}.parquet" for name in names}


def validation_mix(mixes: MixSettings, run_folder: str) -> str | None:
    """Return the file of the validation mix, None where there is no validation."""
    return f"{run_folder}/mixes/validation.parquet" if mixes.validation_size else None

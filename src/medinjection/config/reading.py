"""From the YAML files and the command line to checked settings, or a sentence about what is wrong."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from medinjection.config.renamed import GONE, new_name
from medinjection.config.settings.run import Settings
from medinjection.llm.language_model import secret_name
from medinjection.records.errors import InputError


def check_settings(values: Mapping[str, Any], origin: str) -> Settings:
    """Return the settings that `values` describe.

    Args:
        values: the merged configuration.
        origin: where it came from, for messages.

    Raises:
        InputError: a key is unknown or missing, or a value is not what it should be; every fault is listed with
            the file, the key, the value found and what was expected.
    """
    try:
        return Settings.model_validate(dict(values))
    except ValidationError as error:
        faults = "\n".join(f"  {_sentence(fault)}" for fault in error.errors())
        raise InputError(f"{origin}: the configuration has {error.error_count()} fault(s)\n{faults}") from None


def origin_of(files: Iterable[object], command_line: Iterable[str]) -> str:
    """Return where a configuration came from: its files, and the keys that the command line gave."""
    return ", ".join([*map(str, files), *(f"--config {key}=..." for key in command_line)])


def read_settings(*paths: str) -> Settings:
    """Read and check a configuration, one file laid over the other as Snakemake does it.

    Raises:
        InputError: as `check_settings`, or a file is no YAML.
    """
    values: dict[str, Any] = {}
    for path in paths:
        _lay_over(values, _read(path))
    return check_settings(values, ", ".join(paths))


def _read(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as handle:
            values = yaml.safe_load(handle)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path}: cannot be read as YAML: {error}") from error
    if not isinstance(values, dict):
        raise InputError(f"{path}: found {type(values).__name__}, expected a mapping of keys")
    return values


def _lay_over(values: dict[str, Any], others: Mapping[str, Any]) -> None:
    """Put `others` into `values`; sections that both have are joined."""
    for key, other in others.items():
        mine = values.get(key)
        if isinstance(mine, dict) and isinstance(other, Mapping):
            _lay_over(mine, other)
        else:
            values[key] = other


def read_run_name(paths: Iterable[str]) -> str:
    """Return the name of the run that configuration files describe together, of which a later one may override.

    Raises:
        InputError: a file is no YAML, or none has the key `run`.
    """
    name = None
    for path in paths:
        try:
            with open(path, encoding="utf-8") as handle:
                values = yaml.safe_load(handle)
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise InputError(f"{path}: cannot be read as YAML: {error}") from error
        name = (values or {}).get("run", name)
    if not isinstance(name, str):
        raise InputError(f"{', '.join(paths)}: found run {name!r}, expected the name of a run")
    return name


def _sentence(fault: Mapping[str, Any]) -> str:
    key = _dotted(fault["loc"])
    if fault["type"] == "extra_forbidden":
        if key in GONE:
            return f"{key}: this key is gone: {GONE[key]}"
        if renamed := new_name(key):
            return f"{key}: this key is called {renamed} now"
        known = ", ".join(_known_keys(fault["loc"][:-1]))
        return f"{key}: unknown key (value {_shown(fault)}), expected one of: {known}"
    if fault["type"] == "missing":
        return f"{key}: missing, expected a value"
    expected = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "string_type" and isinstance(fault["input"], (int, float, date)):
        expected = (
            "expected a text, which YAML takes for a number, a date or yes/no unless it stands in quotes: "
            f"""{key}: "..." in a file, --config '{key}="..."' on the command line"""
        )
    return f"{key}: found {_shown(fault)}: {expected}" if key else expected


def _shown(fault: Mapping[str, Any]) -> str:
    """Return the value that was found; what stands under a key that names a secret is not repeated."""
    value = fault["input"]
    return "(not shown)" if secret_name({str(fault["loc"][-1]): value}) else repr(value)


def _dotted(location: Sequence[int | str]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")


def _known_keys(location: Sequence[int | str]) -> list[str]:
    """Names of the keys that the section at `location` has; a name under a mapping (`sources.<name>`) moves nothing."""
    section: type[BaseModel] = Settings
    for part in location:
        if part in section.model_fields:
            section = _section_within(section.model_fields[part].annotation) or section
    return list(section.model_fields)


def _section_within(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_section_within, get_args(annotation))), None)

"""Values as command-line flags."""

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import Any


def optional(flag: str, value: Any) -> str:
    """Return a command-line flag with its value, or nothing where there is no value."""
    return "" if value is None else f"{flag} {shlex.quote(str(value))}"


def flag(key: str, value: Any) -> str:
    """Return a key of the configuration as a command-line flag; a value that is null or an empty list needs none."""
    if value is None or value == []:
        return ""
    if isinstance(value, bool):
        value = str(value).lower()
    words = value if isinstance(value, list) else [value]
    return f"--{key.replace('_', '-')} {shlex.join(map(str, words))}"


def named_words(values: Mapping[str, object]) -> str:
    """Return the words `name=value` of a command line."""
    return shlex.join(f"{name}={value}" for name, value in values.items())


def as_written(flags: Any) -> Callable[[Any], Any]:
    """Return a function of a rule's wildcards that gives `flags`: in what a function gives, Snakemake fills in nothing.

    For parameters that hold text of the configuration, where `{word}` would else be taken for a wildcard.
    """
    return lambda wildcards: flags  # noqa: ARG005 - Snakemake passes it by this name


def any_of(names: Iterable[str]) -> str:
    """Return a regular expression that matches one of `names` and nothing else."""
    return "|".join(map(re.escape, names)) or "(?!)"

"""The commands that rules and people type: which Python runs a script, and which line makes the run again."""

import json
import os
import shlex
import sys
from collections.abc import Iterable, Mapping
from typing import Any


def interpreter(environment: str, checkout: str, conda: bool) -> str:
    """Return the Python of an environment.

    It is conda's own, the one that runs this, or that of an environment made by the Makefile.

    Args:
        checkout: folder of the Snakefile; a Python below it is named relative to it.
        conda: whether Snakemake makes the environments with conda.
    """
    if conda:
        return "python"
    if environment == "workflow":
        path = os.path.relpath(sys.executable, checkout)
        return sys.executable if path.startswith("..") else path
    return f".venv/{environment}/bin/python"


def command_of_run(configfiles: Iterable[object], checkout: str, values: Mapping[str, Any]) -> str:
    """Return the command that makes a run again on one machine; files of the checkout are named relative to it.

    Args:
        values: those of `--config`.
    """
    files = [os.path.relpath(str(file), checkout) for file in configfiles]
    return f"snakemake --cores all {configuration_flags(files, values)}"


def configuration_flags(configfiles: Iterable[object], values: Mapping[str, Any]) -> str:
    """Return the flags that give Snakemake the same configuration again: its files, and the values of `--config`."""
    flags = [f"--configfile {shlex.join(map(str, configfiles))}"]
    if values:
        # JSON is YAML, which Snakemake reads the values as.
        flags.append(f"--config {shlex.join(f'{key}={json.dumps(value)}' for key, value in values.items())}")
    return " ".join(flags)

"""Snakemake started from a process that has imported it already: half of a dry run's time is that import."""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_PROCESSES = multiprocessing.get_context("forkserver")
# Nothing of this project: a checkout has its own, which a test may have edited.
_PROCESSES.set_forkserver_preload(["snakemake.cli", "pyarrow.parquet"])


def run_forked(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run `snakemake` with `arguments` in a folder, with no other environment; stdout and stderr come as one text."""
    with tempfile.NamedTemporaryFile() as said:
        process = _PROCESSES.Process(target=_snakemake, args=(list(arguments), folder, dict(environment), said.name))
        process.start()
        process.join()
        assert process.exitcode is not None
        text = Path(said.name).read_text(encoding="utf-8")
    return subprocess.CompletedProcess(["snakemake", *arguments], process.exitcode, text, "")


def _snakemake(arguments: list[str], folder: Path, environment: dict[str, str], said: str) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path.insert(0, str(folder))
    descriptor = os.open(said, os.O_WRONLY | os.O_APPEND)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    from snakemake.cli import main

    sys.argv = ["snakemake", *arguments]
    main()

"""What Snakemake itself says of a run that has not begun: its jobs, and which rule waits for which."""

import subprocess
import sys
from collections.abc import Sequence

from medinjection.records.errors import InputError


def planned(*what: str, arguments: Sequence[str]) -> str:
    """Return what Snakemake prints of the whole run, as if nothing of it were there.

    Args:
        what: options that say what is asked, such as `--rulegraph`.
        arguments: the run's own: its configuration files and values.

    Raises:
        InputError: Snakemake refuses; the message is its own.
    """
    command = [sys.executable, "-m", "snakemake", "all", "--forceall", "--nolock", *what, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InputError(f"Snakemake does not plan the run: {(done.stderr or done.stdout)[-2000:]}")
    return done.stdout if "--rulegraph" in what else done.stdout + done.stderr

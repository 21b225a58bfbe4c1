"""Targets that a person names: one that is misspelt, or of another run, is told with those that there are."""

from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

from medinjection.records.errors import InputError


def named_targets(command: Sequence[str]) -> list[str]:
    """Return the targets of a command line of Snakemake; none of a program that starts it otherwise.

    Args:
        command: the program, as in `sys.argv`, and its arguments.
    """
    if Path(command[0]).name not in ("snakemake", "__main__.py"):
        return []
    from snakemake.cli import get_argument_parser

    return get_argument_parser().parse_args(command[1:]).targets


def check_targets(named: Iterable[str], rules: Collection[str], targets: Sequence[str], run_folder: str) -> None:
    """Check that targets are rules, or may be files of the run.

    Args:
        rules: names of all rules.
        targets: those that only collect files, to choose from.
        run_folder: `results/<run>`.

    Raises:
        InputError: a target is no rule and looks like no file, or like a file of another run.
    """
    for target in named:
        if target in rules or Path(target).exists():
            continue
        results = f"{Path(run_folder).parent}/"
        if target.startswith(results) and not target.startswith(f"{run_folder}/"):
            raise InputError(
                f"{target}: this configuration makes files in {run_folder} only: name the configuration of the other "
                "run by --configfile"
            )
        if "/" not in target:
            near = get_close_matches(target, rules, n=1)
            raise InputError(
                f"{target}: no such target{f'; {near[0]} is one' if near else ''}. Expected a file below {run_folder}, "
                f"or one of {', '.join(targets)}"
            )

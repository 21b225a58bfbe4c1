"""Where the workflow may run and write: checked before anything else, so that a wrong place is told in one sentence."""

import os
from pathlib import Path

from medinjection.records.errors import InputError


def check_places(checkout: Path, working_folder: Path) -> None:
    """Check that Snakemake runs in the checkout, and that results can be written there.

    Args:
        checkout: folder of the Snakefile.
        working_folder: folder in which Snakemake runs, to which all paths of the workflow are relative.

    Raises:
        InputError: the working folder is another one, the name of the checkout holds braces, or results cannot be
            written.
    """
    if os.path.realpath(checkout) != os.path.realpath(working_folder):
        raise InputError(
            f"Snakemake runs in {working_folder}, but the files of this workflow are in {checkout}: "
            f"cd {checkout}, then give the same command without --directory. To keep results elsewhere, "
            "make `results` a link to that folder"
        )
    if "{" in str(checkout):
        raise InputError(
            f"{checkout}: Snakemake reads braces in a path as names of its own: rename the folder, or clone to another"
        )
    _check_writable(checkout / ".snakemake", "Snakemake keeps its notes there: clone to a folder of your own")
    _check_writable(checkout / "results", "no results can be made: give the rights, or make `results` a link elsewhere")


def _check_writable(folder: Path, consequence: str) -> None:
    """Check that a folder can be written or made. Raises InputError, which ends with the consequence."""
    if folder.is_symlink() and not folder.exists():
        raise InputError(
            f"{folder} is a link to {folder.readlink()}, which is not there: make that folder, or remove the link"
        )
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir():
        raise InputError(f"{there} is a file, expected a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise InputError(f"{there}: this user may not write there; {consequence}")

"""Where a run's files are, and the names that stand for folders in the configuration."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from medinjection.config.settings.common import without_braces
from medinjection.records.errors import InputError


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders that paths of the configuration may refer to.

    Attributes:
        run: the run's own; it replaces `{run_folder}`.
        data: original upstream files, None where the user names none; it replaces `{data_folder}`.
    """

    run: str
    data: str | None = None

    def filled(self, path: str, key: str) -> str:
        """Return a path of the configuration, found under `key`, with the folders filled in.

        Raises:
            InputError: the path is in the data folder, and that is not given, is not there, or has braces in its name.
        """
        if "{data_folder}" in path and not self.data:
            raise InputError(
                f"{key} is {path!r}, but no data folder is given: "
                "set the environment variable MEDINJECTION_DATA, or --config data_folder=FOLDER"
            )
        if "{data_folder}" in path and not Path(self.data or "").is_dir():
            raise InputError(
                f"{key} is in the data folder, which is {self.data!r} (data_folder, or the environment variable "
                "MEDINJECTION_DATA): no such folder"
            )
        try:
            return without_braces(path.replace("{run_folder}", self.run).replace("{data_folder}", self.data or ""))
        except ValueError as error:
            raise InputError(f"{key} is {path!r}, with the data folder {self.data!r}: {error}") from None


def files_below(folder: str, files: Collection[str]) -> list[str]:
    """Return those of `files` that are in `folder`, however deep."""
    return [file for file in files if file.startswith(f"{folder}/")]

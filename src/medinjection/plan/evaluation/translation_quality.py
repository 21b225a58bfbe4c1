"""Table 3: the files of the test sets, the outputs that are given with them, and COMET's model."""

import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from medinjection.config.settings.evaluation.translation_quality import CometSettings, TranslationTestSet
from medinjection.plan.flags import named_words
from medinjection.plan.folders import Folders, files_below


@dataclass(frozen=True, slots=True)
class TestSetPlan:
    """The test sets of a run, by name, and their files."""

    # Not a test, whatever pytest makes of the name.
    __test__ = False

    chosen: Mapping[str, TranslationTestSet]
    folders: Folders

    def folder(self, name: str) -> str:
        """Return the folder of a test set.

        Raises:
            InputError: it is in the data folder, and there is none.
        """
        return self.folders.filled(self.chosen[name].folder, f"translation_quality.test_sets.{name}.folder")

    def outputs(self, name: str) -> dict[str, str]:
        """Return system -> file of the outputs that the configuration gives for a test set."""
        return {
            system: self.folders.filled(path, f"translation_quality.test_sets.{name}.outputs.{system}")
            for system, path in self.chosen[name].outputs.items()
        }

    def output_flags(self, name: str) -> str:
        """Return the given outputs of a test set as words `system=file`."""
        return named_words(self.outputs(name))

    def files(self, name: str, rendered: Collection[str] = ()) -> list[str]:
        """Return the files of a test set and the outputs given with it.

        Args:
            rendered: files that this run makes itself; those of the folder are taken in place of what is there.
        """
        folder = self.folder(name)
        there = sorted(str(file) for file in Path(folder).rglob("*") if file.is_file())
        found = files_below(folder, rendered) or there
        return [*found, *self.outputs(name).values()]


def comet_files(comet: CometSettings) -> list[str]:
    """Return the checkpoint of COMET where it is a local one."""
    if comet.path is None:
        return []
    return [f"{comet.path}/checkpoints/model.ckpt" if Path(comet.path).is_dir() else comet.path]


def comet_flags(comet: CometSettings) -> str:
    """Return the flags that say which COMET model scores."""
    if comet.path:
        return f"--model-path {shlex.quote(comet.path)}"
    return f"--model-id {shlex.quote(comet.model_id)} --revision {comet.revision}"

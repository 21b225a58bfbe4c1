"""The sources of a run: what becomes of each, where its upstream files are, and what is made of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from medinjection.config.settings.run import Settings
from medinjection.plan.flags import optional
from medinjection.plan.folders import Folders, files_below
from medinjection.records.errors import InputError
from medinjection.records.schema import COMPONENTS
from medinjection.sources.registry import ALL_COMPONENTS, Source

# Components whose records are evaluated; training records must not be close to them.
HELD_OUT = ("native", "translated")


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """The sources of a run and their files.

    Raises:
        InputError: a source is not in the registry, lacks its teacher or its prompts, or none is used.
    """

    settings: Settings
    registry: Mapping[str, Source]
    folders: Folders

    def __post_init__(self) -> None:
        for name in self.settings.sources:
            _check_source(self.settings, self.registry, name)
        if not self.held_out and not self.settings.predictions:
            raise InputError(
                "sources: none has questions that models can be evaluated on, native or translated, with "
                f"components.origin {self.settings.components.origin!r}"
            )

    @property
    def used(self) -> list[str]:
        """Every source that the run reads: one of the authors' releases, or what they are rebuilt from."""
        origin = self.settings.components.origin
        return [name for name in self.settings.sources if _origin(self.registry[name]) in (origin, None)]

    @property
    def components(self) -> tuple[str, ...]:
        """The components that some source of the run is of."""
        return tuple(component for component in COMPONENTS if self.of_component(component))

    @property
    def held_out(self) -> tuple[str, ...]:
        """Those of them whose records are evaluated."""
        return tuple(component for component in HELD_OUT if component in self.components)

    @property
    def may_have_open_questions(self) -> bool:
        """Whether a source that is evaluated may have open questions."""
        return any(self.registry[name].open_questions for part in self.held_out for name in self.of_component(part))

    def of_component(self, component: str) -> list[str]:
        """Return the sources of one component."""
        return [name for name in self.used if self.registry[name].component in (component, ALL_COMPONENTS)]

    @property
    def documents(self) -> list[str]:
        """Sources of documents, from which a teacher generates items."""
        return [name for name in self.used if self.registry[name].kind == "documents"]

    @property
    def of_passages(self) -> list[str]:
        """Every source of the registry whose questions ask for the translation of a passage."""
        return [name for name, source in self.registry.items() if source.reader == "wmt"]

    @property
    def closed(self) -> list[str]:
        """Sources of closed questions, which a teacher converts to choice questions."""
        return [name for name in self.used if self.registry[name].kind == "closed"]

    @property
    def english(self) -> list[str]:
        """English sources, which a teacher translates."""
        return [name for name in self.used if self.registry[name].language == "en"]

    @property
    def asked(self) -> list[str]:
        """Sources on which a teacher works."""
        work = {*self.documents, *self.closed, *self.english}
        return [name for name in self.used if name in work]

    @property
    def french(self) -> list[str]:
        """Sources of French records, which need no teacher."""
        work = set(self.asked)
        return [name for name in self.used if name not in work]

    def folder(self, name: str) -> str | None:
        """Return the folder of a source's upstream files; None where they are downloaded.

        Raises:
            InputError: it is in the data folder, and there is none.
        """
        path = self.settings.sources[name].path
        return None if path is None else self.folders.filled(path, f"sources.{name}.path")

    def fetching_flags(self, name: str) -> str:
        """Return the flags that say where a source's files are, and of which split they are enough.

        Where models are evaluated as they are, and the run neither trains nor has the whole dataset, French records of
        the evaluated split are.
        """
        settings, chosen = self.settings, self.settings.sources[name]
        evaluated = settings.model or settings.prediction.api_models
        enough = evaluated and not settings.base_models and self.components != COMPONENTS
        enough = enough and name in self.french and chosen.split_shares is None
        split = settings.prediction.split if enough else None
        return " ".join(filter(None, (optional("--path", self.folder(name)), optional("--split", split))))

    def upstream_files(self, name: str, rendered: Collection[str] = ()) -> list[str]:
        """Return the files in a source's folder that are fetched.

        Args:
            rendered: files that this run makes itself; those are taken where the folder is the run's.
        """
        folder = self.folder(name)
        if folder is None:
            return []
        patterns = [file.name for file in self.registry[name].files]
        if folder.startswith(f"{self.folders.run}/"):
            names = {file: file.removeprefix(f"{folder}/") for file in files_below(folder, rendered)}
            return [file for file, name in names.items() if any(fnmatch(name, pattern) for pattern in patterns)]
        return sorted(str(file) for pattern in patterns for file in Path(folder).glob(pattern))

    def generating_flags(self, name: str, form: str) -> str:
        """Return the flags that say which questions a teacher writes from a source of documents, and of which task."""
        task = self.registry[name].choice_task if form == "choice" else None
        return f"--form {form} {optional('--task', task)}".strip()

    def records_file(self, name: str, component: str | None = None) -> str:
        """Return the file of a source's finished French records.

        Args:
            component: the one that is meant, of a source that holds all.
        """
        return f"{self.folders.run}/records/{component or self.registry[name].component}/{name}.parquet"

    def normalised_file(self, name: str) -> str:
        """Return the file of what a teacher is asked about a source."""
        return f"{self.folders.run}/normalised/{name}.parquet"

    def teacher_files(self, name: str) -> list[str]:
        """Return the files that hold a teacher's work on one source, shard by shard."""
        run, parts = self.folders.run, shards(self.settings.sources[name].shards)
        if name in self.documents:
            return [f"{run}/generated/{name}/{form}/{part}.parquet" for form in ("choice", "open") for part in parts]
        stage = "converted" if name in self.closed else "translated"
        return [f"{run}/{stage}/{name}/{part}.parquet" for part in parts]

    def normalising_flags(self, name: str, component: str | None = None) -> str:
        """Return the flags that say what is taken of a source, how many items are kept, and how they are split.

        Args:
            component: the one whose records are made; a flag is needed where the source holds all.
        """
        chosen = self.settings.sources[name]
        shares = chosen.split_shares
        flags = [
            optional("--component", component if self.registry[name].component == ALL_COMPONENTS else None),
            f"--seed {self.settings.seed} --max-reject-share {self.settings.max_reject_share}",
            optional("--limit", chosen.limit),
            optional(
                "--split-shares",
                shares and f"train={shares.train},validation={shares.validation},test={shares.test}",
            ),
        ]
        return " ".join(flag for flag in flags if flag)

    def evaluated_files(self) -> list[str]:
        """Return the records from which the evaluation is selected, as they are before any teacher is asked."""
        parts = [(name, component) for component in HELD_OUT for name in self.of_component(component)]
        return [
            self.normalised_file(name) if name in self.english else self.records_file(name, component)
            for name, component in parts
            if name not in {*self.closed, *self.documents}
        ]

    def reject_files(self) -> list[str]:
        """Return every file of rejects that the report counts."""
        run = self.folders.run
        files = [
            self.records_file(name, component) for component in self.components for name in self.of_component(component)
        ]
        files += [self.normalised_file(name) for name in self.asked]
        files += [
            f"{run}/{stage}/{component}.parquet" for stage in ("joined", "components") for component in self.components
        ]
        return [f"{file.removesuffix('.parquet')}.rejects.parquet" for file in files]


def _origin(source: Source) -> str | None:
    """Return the value of `components.origin` with which a source is used, None with any."""
    if source.kind == "evaluation":
        return None
    if source.kind != "released":
        return "rebuilt"
    return "released_all" if source.component == ALL_COMPONENTS else "released"


def shards(count: int) -> list[str]:
    """Return the names of the shards that a language model's work is cut into."""
    return [f"{number}-of-{count}" for number in range(1, count + 1)]


def near_duplicates_scope(component: str) -> str:
    """Return which file of near duplicates has all pairs of a component's training records with held-out ones."""
    return "evaluated" if component in HELD_OUT else "all"


def _check_source(settings: Settings, registry: Mapping[str, Source], name: str) -> None:
    if name not in registry:
        raise InputError(f"sources.{name}: not in {settings.registry}, expected one of: {', '.join(registry)}")
    source, chosen = registry[name], settings.sources[name]
    finished = source.kind in ("released", "evaluation") or (source.kind == "records" and source.language == "fr")
    if not finished and chosen.teacher is None:
        raise InputError(f"sources.{name}.teacher: missing, expected one of llms: {', '.join(settings.llms)}")
    if source.kind == "documents" and chosen.prompts is None:
        raise InputError(f"sources.{name}.prompts: missing, expected the prompt files `choice` and `open`")

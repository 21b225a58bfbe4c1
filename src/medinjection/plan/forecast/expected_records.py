"""How many training records each source is going to give, before anything is fetched, read or asked."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import inf
from pathlib import PurePosixPath

from medinjection.llm.client.prompts import read_prompt
from medinjection.plan.sources import SourcePlan
from medinjection.pricing.items import items_asked
from medinjection.records.schema import CHOICE_TASKS, COMPONENTS
from medinjection.sources.fetching.fetch import files_to_download
from medinjection.sources.paper_counts import ALL_SPLITS, PaperCount, counts_of, split_tasks
from medinjection.sources.registry import Source, SourceFile

NO_ADDRESS = "no address of its files is known and no `path` is named"
NO_FILES = "none of its files is in its `path`"


@dataclass(frozen=True, slots=True)
class ExpectedRecords:
    """Records of one source in the split train, before duplicates, rejects and decontamination.

    Attributes:
        tasks: task (`by_answers` where the answers decide) -> records; None where nothing tells how many there are.
        reason: why there is none, else empty.
        bound: maximum of what there may be of any task, where `tasks` are as many as the paper took or a share of a
            drawn sample; infinite where nothing bounds it, None where `tasks` are upstream's own counts.
    """

    source: str
    component: str
    tasks: Mapping[str, int] | None
    reason: str = ""
    bound: float | None = None

    def of_tasks(self, tasks: Sequence[str]) -> int:
        """Return the records of `tasks`; of questions whose answers decide all are counted with either task."""
        wanted = {*tasks, *(("by_answers",) if set(tasks) & set(CHOICE_TASKS) else ())}
        return sum(count for task, count in (self.tasks or {}).items() if task in wanted)

    def at_most(self, tasks: Sequence[str]) -> float:
        """Return how many records of `tasks` there may be."""
        if self.tasks is None:
            return inf
        return self.of_tasks(tasks) if self.bound is None else self.bound


def expected_records(sources: SourcePlan, paper: Sequence[PaperCount]) -> list[ExpectedRecords]:
    """Return what each source of the run is going to give.

    The registry's counts of the files that are going to be read are multiplied by the items that prompts ask for and
    by the registry's yields. Where the registry has no count, as many records are expected as the paper took.

    Raises:
        InputError: a folder or a prompt is missing.
    """
    return [
        _expected(sources, name, component, paper)
        for component in COMPONENTS
        for name in sources.of_component(component)
    ]


def _expected(sources: SourcePlan, name: str, component: str, paper: Sequence[PaperCount]) -> ExpectedRecords:
    source, chosen, folder = sources.registry[name], sources.settings.sources[name], sources.folder(name)
    if folder is not None and folder.startswith(f"{sources.folders.run}/"):
        return ExpectedRecords(name, component, None)
    files = files_to_download(source) if folder is None else _present(sources, name, folder)
    if not files:
        return ExpectedRecords(name, component, {}, NO_ADDRESS if folder is None else NO_FILES)
    shares = chosen.split_shares.model_dump() if chosen.split_shares else None
    # Rows of a file that holds all components do not tell how many are of this one.
    counted = registry_rows(source, files, shares) if source.component == component else None
    rows = counted or paper_rows(source, component, paper, shares or source.split_shares)
    if rows is None:
        return ExpectedRecords(name, component, None)
    total = sum(rows.values())
    kept = min(1.0, chosen.limit / total) if chosen.limit else 1.0
    # All documents are train, however they are sampled.
    bound = None if counted and (kept == 1 or source.kind == "documents") else float(chosen.limit or inf)
    if source.kind == "documents":
        # The registry refuses documents without a task, the plan of the sources those without prompts.
        assert chosen.prompts is not None and source.choice_task is not None
        prompts = {source.choice_task: ("choice", chosen.prompts.choice), "oeq": ("open", chosen.prompts.open)}
        tasks = {
            task: total * kept * items_asked(read_prompt(prompt).text) * _yield(source, form)
            for task, (form, prompt) in prompts.items()
        }
    else:
        tasks = {task: count * kept for (task, split), count in rows.items() if split == "train"}
        tasks = {task: count * _yield(source, "records") for task, count in tasks.items()}
    expected = {task: round(count) for task, count in tasks.items()}
    return ExpectedRecords(name, component, expected, bound=bound)


def _present(sources: SourcePlan, name: str, folder: str) -> tuple[SourceFile, ...]:
    """Return the files of the registry that are in a source's folder."""
    found = [PurePosixPath(path).relative_to(folder).as_posix() for path in sources.upstream_files(name)]
    files = sources.registry[name].files
    return tuple(file for file in files if any(fnmatchcase(path, file.name) for path in found))


def registry_rows(
    source: Source, files: Sequence[SourceFile], shares: Mapping[str, float] | None
) -> dict[tuple[str, str], float] | None:
    """Return (task, split) -> rows by the registry's counts; None where it counts none of the files."""
    rows: defaultdict[tuple[str, str], float] = defaultdict(float)
    for file in files:
        task = file.choice_task or source.choice_task or "oeq"
        own = {file.split: 1.0} if file.split else source.split_shares or {"test": 1.0}
        for split, share in (shares or own).items():
            rows[task, split] += (file.records or 0) * share
    return rows if any(rows.values()) else None


def paper_rows(
    source: Source, component: str, paper: Sequence[PaperCount], shares: Mapping[str, float] | None
) -> dict[tuple[str, str], float] | None:
    """Return (task, split) -> records that the paper took of a source, or of a component that was released whole."""
    if source.kind == "released":
        known = [one for one in paper if one.component == component]
    else:
        known = counts_of(paper, [source.name])
    rows: defaultdict[tuple[str, str], float] = defaultdict(float)
    if shares:
        undivided = {one.task for one in known if one.split == ALL_SPLITS}
        for one in known:
            if one.split == ALL_SPLITS or one.task not in undivided:
                for split, share in shares.items():
                    rows[one.task, split] += one.count * share
    else:
        for split in {one.split for one in known} - {ALL_SPLITS}:
            rows.update({(task, split): count for task, count in split_tasks(known, split).items()})
    return rows if any(rows.values()) else None


def _yield(source: Source, form: str) -> float:
    found = (source.yields or {}).get(form)
    return found.kept / found.of if found else 1.0

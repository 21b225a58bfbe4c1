"""What a run says of itself, counted from its files: records, rejects, mixes, models, tests."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from medinjection.components.statistics import RecordCount, SourceFacts
from medinjection.records.conservation import DELIBERATE_REASONS, reason_kind
from medinjection.records.errors import InputError
from medinjection.records.schema import COMPONENTS, SPLITS, TASKS

# Reasons may name a record's own values, so that a file can have as many as rejects.
SHOWN_REASONS = 8


@dataclass(frozen=True, slots=True)
class SplitCount:
    """Records of one component and split by task, in the order of `TASKS`."""

    component: str
    split: str
    tasks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SourceCount:
    """Records of one source by split, in the order of `SPLITS`, with its licences."""

    component: str
    source: str
    splits: tuple[int, ...]
    licences: str


@dataclass(frozen=True, slots=True)
class RejectCount:
    """How many rows of one file were set aside for one reason; `deliberate` ones are no defects."""

    file: str
    stage: str
    reason: str
    count: int
    deliberate: bool


@dataclass(frozen=True, slots=True)
class MixFacts:
    """One mix: its records, the counts of its components and tasks, the checksums of its inputs."""

    name: str
    size: int
    components: Mapping[str, int]
    tasks: Mapping[str, int]
    checksums: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One model: its `run.json`, and from its training log the steps and the first and last loss."""

    name: str
    run: Mapping[str, Any]
    steps: int | None = None
    first_loss: float | None = None
    last_loss: float | None = None


def counts_by_split(counts: Sequence[RecordCount]) -> list[SplitCount]:
    """Return the records of each component and split that has some."""
    found: Counter[tuple[str, str, str]] = Counter()
    for row in counts:
        found[row.component, row.split, row.task] += row.records
    return [
        SplitCount(component, split, tuple(found[component, split, task] for task in TASKS))
        for component in COMPONENTS
        for split in SPLITS
        if any(found[component, split, task] for task in TASKS)
    ]


def counts_by_source(counts: Sequence[RecordCount], sources: Sequence[SourceFacts]) -> list[SourceCount]:
    """Return the records of each source, in the order of `sources`."""
    found: Counter[tuple[str, str, str]] = Counter()
    for row in counts:
        found[row.component, row.source, row.split] += row.records
    return [
        SourceCount(
            source.component,
            source.source,
            tuple(found[source.component, source.source, split] for split in SPLITS),
            ", ".join(source.licences),
        )
        for source in sources
    ]


def count_rejects(paths: Sequence[Path | str]) -> list[RejectCount]:
    """Count the rejects of every file by stage and reason, the commonest first; rare reasons are added up."""
    counts = []
    for path in paths:
        name = f"{Path(path).parent.name}/{Path(path).name.removesuffix('.parquet').removesuffix('.rejects')}"
        found: Counter[tuple[str, str]] = Counter()
        for (stage, reason), count in _counted(path, ("stage", "reason")).items():
            found[stage, reason_kind(reason)] += count
        ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        for (stage, reason), count in ordered[:SHOWN_REASONS]:
            counts.append(RejectCount(name, stage, reason, count, _is_deliberate(reason)))
        if rest := ordered[SHOWN_REASONS:]:
            total = sum(count for _, count in rest)
            stages = ", ".join(sorted({stage for (stage, _), _ in rest}))
            deliberate = all(_is_deliberate(reason) for (_, reason), _ in rest)
            counts.append(RejectCount(name, stages, f"{len(rest)} other reasons", total, deliberate))
    return counts


def read_mixes(paths: Iterable[Path | str]) -> list[MixFacts]:
    """Read the summaries of mixes, in the order given.

    Raises:
        InputError: a file is missing, is no JSON object, or lacks a key.
    """
    mixes = []
    for path in paths:
        said = read_object(path)
        try:
            sums = {name: entry["sha256"] for name, entry in said["inputs"].items()}
            mixes.append(MixFacts(said["mix"], said["size"], said["components"], said["tasks"], sums))
        except KeyError as error:
            raise InputError(f"{path}: no key {error}, expected the summary of a mix") from error
    return mixes


def read_models(runs: Iterable[Path | str], trainings: Iterable[Path | str]) -> list[ModelFacts]:
    """Read what models say of themselves, in the order of `runs`; files of one folder belong together.

    Raises:
        InputError: a file is missing or unreadable, a model is not finished, or a training log has no run beside it.
    """
    losses = {Path(path).parent: _losses(path) for path in trainings}
    models = []
    for path in runs:
        run = read_run(path)
        steps = losses.pop(Path(path).parent, [])
        name = Path(path).parent.name
        if steps:
            models.append(ModelFacts(name, run, steps[-1][0], steps[0][1], steps[-1][1]))
        else:
            models.append(ModelFacts(name, run))
    if losses:
        raise InputError(f"{min(losses)}/training.parquet: no run.json of the same folder was given")
    return models


def read_run(path: Path | str) -> dict[str, Any]:
    """Read the `run.json` of a finished model.

    Raises:
        InputError: the file is missing, is no JSON object, or says that the model is not finished.
    """
    run = read_object(path)
    if run.get("status") != "finished":
        raise InputError(f"{path}: status is {run.get('status')!r}, expected 'finished'")
    return run


def read_object(path: Path | str) -> dict[str, Any]:
    """Read a JSON object. Raises InputError where the file is missing or holds anything else."""
    try:
        said = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except ValueError as error:
        raise InputError(f"{path}: not readable as JSON ({error})") from error
    if not isinstance(said, dict):
        raise InputError(f"{path}: holds {type(said).__name__}, expected a JSON object")
    return said


def _is_deliberate(reason: str) -> bool:
    return reason.startswith(DELIBERATE_REASONS)


def _losses(path: Path | str) -> list[tuple[int, float]]:
    log = _columns(path, ("step", "loss"))
    pairs = zip(log["step"].to_pylist(), log["loss"].to_pylist(), strict=True)
    return sorted((step, loss) for step, loss in pairs if loss is not None)


def _counted(path: Path | str, names: Sequence[str]) -> dict[tuple[str, ...], int]:
    """Return how many rows of a parquet file have each combination of the columns `names`."""
    groups = _columns(path, names).group_by(list(names), use_threads=False).aggregate([([], "count_all")])
    return {tuple(row[name] for name in names): row["count_all"] for row in groups.to_pylist()}


def _columns(path: Path | str, names: Sequence[str]) -> pa.Table:
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    found = pq.read_schema(path).names
    if missing := [name for name in names if name not in found]:
        raise InputError(f"{path}: no column {', '.join(missing)}; found: {', '.join(found)}")
    return pq.read_table(path, columns=list(names))

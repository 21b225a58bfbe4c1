"""The dataset as a folder for the Hugging Face hub: its records by component and split, and its card."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from medinjection.components.statistics import RecordCount, SourceFacts, count_records, describe_sources
from medinjection.records.errors import InputError
from medinjection.records.files import batches_written, read_batches, write_text
from medinjection.records.schema import COMPONENTS, RECORD_SCHEMA, SPLITS, TASKS
from medinjection.reporting.duplicate_pairs import PairCount, count_pairs
from medinjection.reporting.facts import count_rejects
from medinjection.reporting.quantities import NOTHING
from medinjection.reporting.remark import Remark
from medinjection.reporting.templates import rendered
from medinjection.sources.registry import Source

# Classes of the hub's `size_categories`: the first bound that the number of records does not reach.
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_LARGEST_SIZE = "1M<n<10M"
_SHOWN_PAIRS = 30

Splits = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class CardInputs:
    """What the card is made from: files of the run, the registry's sources, and how the run was configured."""

    components: Sequence[Path]
    rejects: Sequence[Path]
    near_duplicates: Path
    registry: Mapping[str, Source]
    run_name: str
    remark: Remark
    decontamination: bool


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source as the card shows it: what the registry says, our records by split, and what was counted."""

    source: Source
    facts: SourceFacts
    splits: Mapping[str, int]

    @property
    def records(self) -> int:
        """Records of the source in all splits."""
        return sum(self.splits.values())

    @property
    def unshufflable_share(self) -> str:
        """Percentage of its choice records whose options must keep their order."""
        if not self.facts.choice_records:
            return NOTHING
        return f"{100 * self.facts.unshufflable / self.facts.choice_records:.1f} %"


def write_dataset(inputs: CardInputs, folder: Path | str) -> None:
    """Write `data/<component>/<split>.parquet` and, last, `README.md`, the card that tells the hub's library of them.

    Raises:
        InputError: a file is missing or has another schema, or a source is not in the registry.
    """
    folder = Path(folder)
    splits: dict[str, dict[str, int]] = {}
    for path in inputs.components:
        splits |= write_splits(path, folder / "data")
    text = card_text(inputs, {name: splits[name] for name in COMPONENTS if name in splits})
    write_text(folder / "README.md", text)


def write_splits(path: Path | str, folder: Path | str) -> dict[str, dict[str, int]]:
    """Write one component's records to `<component>/<split>.parquet` in `folder`, batch by batch.

    A split without records gets no file, and a file of an earlier run that has none any more is removed.

    Returns:
        component -> split -> records, for the splits that have some.

    Raises:
        InputError: the file is missing, has another schema or no record, or holds records of several components.
    """
    found: dict[str, dict[str, int]] = {}
    with ExitStack() as stack:
        writers: dict[str, Any] = {}
        for batch in read_batches(path, RECORD_SCHEMA):
            for component in pc.unique(batch["component"]).to_pylist():
                found.setdefault(component, {})
            if len(found) > 1:
                raise InputError(f"{path}: holds records of {', '.join(sorted(found))}, expected one component")
            (component,) = found
            for split in SPLITS:
                rows = batch.filter(pc.equal(batch["split"], split))
                if not len(rows):
                    continue
                if split not in writers:
                    file = Path(folder) / component / f"{split}.parquet"
                    writers[split] = stack.enter_context(batches_written(file, RECORD_SCHEMA))
                writers[split](rows)
                found[component][split] = found[component].get(split, 0) + len(rows)
    if not found:
        raise InputError(f"{path}: no record, expected at least one")
    (component,) = found
    for split in set(SPLITS) - set(found[component]):
        (Path(folder) / component / f"{split}.parquet").unlink(missing_ok=True)
    return {component: {split: found[component][split] for split in SPLITS if split in found[component]}}


def size_category(records: int) -> str:
    """Return the hub's name for a dataset of so many records."""
    return next((name for bound, name in _SIZES if records < bound), _LARGEST_SIZE)


def card_text(inputs: CardInputs, splits: Splits) -> str:
    """Return the card: the metadata that the hub reads, then the text.

    Args:
        splits: component -> split -> records, as `write_splits` returns it.

    Raises:
        InputError: as `write_dataset`.
    """
    counts = count_records(inputs.components)
    facts = describe_sources(inputs.components)
    lines = source_lines(facts, counts, inputs.registry)
    pairs = count_pairs(inputs.near_duplicates, inputs.components)
    text = rendered(
        "cards/data_card.md.j2",
        {
            "run_name": inputs.run_name,
            "note": str(inputs.remark),
            "decontamination": inputs.decontamination,
            "splits": splits,
            "split_names": SPLITS,
            "tasks": {task: sum(row.records for row in counts if row.task == task) for task in TASKS},
            "records": sum(row.records for row in counts),
            "lines": lines,
            "rejects": count_rejects(inputs.rejects),
            "teachers": _teachers(lines),
            "notes": [(line.source.title, line.source.notes) for line in lines if line.source.notes],
            "pairs": pairs[:_SHOWN_PAIRS],
            "other_pairs": sum(row.pairs for row in pairs[_SHOWN_PAIRS:]),
            **_duplicate_totals(pairs),
        },
    )
    return f"---\n{_metadata(counts, lines, splits)}\n---\n\n{text}"


def source_lines(
    facts: Sequence[SourceFacts], counts: Sequence[RecordCount], registry: Mapping[str, Source]
) -> list[SourceLine]:
    """Return one line per source of the dataset. Raises InputError where the registry does not know one."""
    lines = []
    for fact in facts:
        if fact.source not in registry:
            raise InputError(f"source {fact.source}: not in the registry, expected one of {', '.join(registry)}")
        mine = [row for row in counts if (row.component, row.source) == (fact.component, fact.source)]
        splits = {split: sum(row.records for row in mine if row.split == split) for split in SPLITS}
        lines.append(SourceLine(registry[fact.source], fact, splits))
    return lines


def _metadata(counts: Sequence[RecordCount], lines: Sequence[SourceLine], splits: Splits) -> str:
    from huggingface_hub import DatasetCardData

    tasks = {row.task for row in counts}
    categories = ["question-answering"]
    if tasks - {"oeq"}:
        categories.append("multiple-choice")
    categories += sorted({line.source.task_category for line in lines if line.source.task_category})
    files = {name: [{"split": s, "path": f"data/{name}/{s}.parquet"} for s in parts] for name, parts in splits.items()}
    everything = [
        {"split": split, "path": [f"data/{name}/{split}.parquet" for name in splits if split in splits[name]]}
        for split in SPLITS
        if any(split in parts for parts in splits.values())
    ]
    configs = [{"config_name": name, "data_files": parts} for name, parts in {"default": everything, **files}.items()]
    card = DatasetCardData(
        pretty_name="MedInjection-FR",
        language=["fr"],
        license="other",
        license_name="one-licence-per-source",
        license_link="README.md#licences",
        task_categories=categories,
        size_categories=[size_category(sum(row.records for row in counts))],
        tags=["medical", "biology", "instruction-tuning"],
        configs=configs,
    )
    return card.to_yaml(line_break="\n").strip()


def _teachers(lines: Sequence[SourceLine]) -> list[tuple[str, list[str]]]:
    names = sorted({teacher for line in lines for teacher in line.facts.teachers})
    return [(name, [line.source.name for line in lines if name in line.facts.teachers]) for name in names]


def _duplicate_totals(pairs: Sequence[PairCount]) -> dict[str, int]:
    held_out = [row for row in pairs if row.crosses_splits and "train" in (row.left_split, row.right_split)]
    return {
        "all_pairs": sum(row.pairs for row in pairs),
        "remaining_pairs": sum(row.remaining for row in pairs),
        "leaking_pairs": sum(row.pairs for row in held_out),
        "remaining_leaking_pairs": sum(row.remaining for row in held_out),
        "pairs_across_sources": sum(row.pairs for row in pairs if row.left_source != row.right_source),
        "other_answer_pairs": sum(row.other_answer for row in pairs),
    }

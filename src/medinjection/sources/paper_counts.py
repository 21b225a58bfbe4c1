"""The paper's own counts by source, task and split, each with its evidence: `resources/published/ledger.csv`."""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from medinjection.records.errors import InputError
from medinjection.records.schema import CHOICE_TASKS, COMPONENTS, SPLITS, TASKS

# From the strongest to the weakest: printed; follows from printed numbers by addition; from the sizes of released
# files; plausible, nothing contradicts it.
EVIDENCE = ("published", "identity", "size", "inference")
ALL_SPLITS = "all"
# Table 3 of the paper is of this test set, as the configuration calls it.
PAPER_TEST_SET = "wmt24"
COLUMNS = ("component", "sources", "task", "split", "count", "evidence", "basis")


@dataclass(frozen=True, slots=True)
class PaperCount:
    """How many records of one task and split the paper took from one source, or from several together.

    Attributes:
        component: empty for records that no source of the paper explains.
        sources: names of the registry.
        split: a split, or `all` where the count is known for all splits together.
        evidence: one of `EVIDENCE`. A count by inference divides another line's, and is no part of a sum.
        basis: what the evidence is, in words.
    """

    component: str
    sources: tuple[str, ...]
    task: str
    split: str
    count: int
    evidence: str
    basis: str

    @property
    def is_inferred(self) -> bool:
        """Whether the count divides that of another line."""
        return self.evidence == "inference"


def read_paper_counts(path: Path | str) -> list[PaperCount]:
    """Read the paper's counts, in the order of the file.

    Raises:
        InputError: the file is missing, has other columns than `COLUMNS`, or a line holds an unknown component, task,
            split or evidence, no whole number, or the same sources, task and split as one before it.
    """
    try:
        with open(path, encoding="utf-8", newline="") as handle:
            header, *lines = list(csv.reader(handle)) or [[]]
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    if tuple(header) != COLUMNS:
        raise InputError(f"{path}: found the columns {', '.join(header) or 'none'}, expected {', '.join(COLUMNS)}")
    counts: list[PaperCount] = []
    for number, line in enumerate(lines, start=2):
        counts.append(_count(f"{path}: line {number}", line))
        key = (counts[-1].sources, counts[-1].task, counts[-1].split)
        if key in [(one.sources, one.task, one.split) for one in counts[:-1]]:
            raise InputError(f"{path}: line {number}: sources, task and split as in a line before it")
    return counts


def task_totals(counts: Iterable[PaperCount]) -> Counter[str]:
    """Return the records of each task, inferred counts left out: they divide others."""
    totals: Counter[str] = Counter()
    for one in counts:
        totals[one.task] += 0 if one.is_inferred else one.count
    return totals


def weakest(counts: Iterable[PaperCount]) -> str:
    """Return the weakest evidence of some counts: a sum is no better than that."""
    return max((one.evidence for one in counts), key=EVIDENCE.index)


def component_sources(counts: Iterable[PaperCount], component: str) -> list[str]:
    """Return the sources that the paper has of a component, in the order of the file."""
    return list(dict.fromkeys(name for one in counts if one.component == component for name in one.sources))


def counts_of(counts: Sequence[PaperCount], sources: Iterable[str]) -> list[PaperCount]:
    """Return the counts of nothing but some of `sources`."""
    names = set(sources)
    return [one for one in counts if one.sources and names.issuperset(one.sources)]


def split_tasks(counts: Sequence[PaperCount], split: str) -> Counter[str]:
    """Return the records of a split by task. Where a line says `all`, the inferred ones that divide it count."""
    found: Counter[str] = Counter()
    for one in counts:
        if one.split == split:
            found[one.task] += one.count
    return found


def _count(place: str, line: Sequence[str]) -> PaperCount:
    if len(line) != len(COLUMNS):
        raise InputError(f"{place}: found {len(line)} cells, expected {len(COLUMNS)}")
    component, sources, task, split, count, evidence, basis = line
    expected = {
        "component": (component, ("", *COMPONENTS)),
        "task": (task, TASKS),
        "split": (split, (*SPLITS, ALL_SPLITS)),
        "evidence": (evidence, EVIDENCE),
    }
    for column, (value, known) in expected.items():
        if value not in known:
            raise InputError(f"{place}: {column} is {value!r}, expected one of {', '.join(filter(None, known))}")
    if not count.isdecimal():
        raise InputError(f"{place}: count is {count!r}, expected a whole number")
    if not basis.strip() or bool(component) != bool(sources):
        raise InputError(f"{place}: expected a basis, and sources where there is a component")
    return PaperCount(component, tuple(filter(None, sources.split("+"))), task, split, int(count), evidence, basis)


def paper_mix_size(paper: Sequence[PaperCount]) -> int:
    """Return the size of a mix by the paper's rule and its own counts: the choice records of its smallest component."""
    sizes = []
    for component in COMPONENTS:
        in_train = split_tasks([one for one in paper if one.component == component], "train")
        sizes.append(sum(in_train[task] for task in CHOICE_TASKS))
    return min(sizes)

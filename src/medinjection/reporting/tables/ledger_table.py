"""The ledger: our counts by source, task and split beside the paper's, and what became of every row of a source."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from medinjection.components.accounting import SourceAccount
from medinjection.components.statistics import RecordCount
from medinjection.records.csv_rows import read_rows
from medinjection.records.files import csv_text, write_text
from medinjection.records.schema import SPLITS, TASKS
from medinjection.reporting.grid import Grid, write_grid
from medinjection.reporting.quantities import NOTHING, thousands
from medinjection.reporting.remark import NO_REMARK, Remark, marked_csv
from medinjection.sources.items import STAGE
from medinjection.sources.paper_counts import (
    ALL_SPLITS,
    PaperCount,
    component_sources,
    split_tasks,
    task_totals,
    weakest,
)
from medinjection.sources.registry import Source

NAME = "ledger"
REASONS_NAME = "ledger_reasons"
COLUMNS = ("component", "sources", "task", "split", "ours", "paper", "evidence", "difference", "reasons")
REASONS_COLUMNS = ("source", "step", "rows")
ALL = "all"
# Reasons of rejects that one line of the ledger names; `ledger_reasons` has all.
_NAMED = 5

_TITLE = "Records by source, task and split, ours beside what the paper's published counts say once they are added up."
_LEGEND = (
    "Evidence: published (printed by the paper or upstream), identity (follows by addition), size (from the sizes of "
    "the released files), inference (plausible; divides the line above and is no part of a sum)."
)
_OURS_ALONE = "A demonstration is not compared with the paper: its counts are shown alone."
_REASONS_TITLE = (
    "What became of each source's rows. Rows read, less those set aside, are the records of the components."
)


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line; `paper`, `evidence` and `difference` are empty where nothing is compared, `reasons` but in totals."""

    component: str
    sources: str
    task: str
    split: str
    ours: str
    paper: str = ""
    evidence: str = ""
    difference: str = ""
    reasons: str = ""


def ledger_lines(
    paper: Sequence[PaperCount],
    counts: Sequence[RecordCount],
    registry: Mapping[str, Source],
    accounts: Sequence[SourceAccount],
    comparable: bool,
) -> list[LedgerLine]:
    """Return the ledger: for each source, or sources that the paper counts together, a total and lines that divide it.

    The authors' release stands in the place of all sources of a component. A source that the paper does not have is
    compared with nothing.

    Args:
        accounts: of every source of the run; the first line of a source gives the reasons of its difference.
        comparable: whether the run is no demonstration; only then do lines show the paper's counts.
    """
    by_name = {account.source: account for account in accounts}
    lines: list[LedgerLine] = []
    seen: set[str] = set()
    for component, names, known in _groups(paper, counts, registry):
        divides = all(one.is_inferred for one in known)
        if not comparable and (divides or not any(name in by_name for name in names)):
            continue
        # A release of all components in one set has one account, told once.
        found = [by_name[name] for name in names if name in by_name and name not in seen]
        seen.update(names)
        absent = [name for name in names if name not in by_name]
        said = [_way(found, known, comparable)] if found else []
        said += [f"not in this run: {', '.join(absent)}"] if absent and comparable else []
        mine = [row for row in counts if row.component == component and row.source in names]
        lines += _group_lines(component, names, known, mine, "; ".join(filter(None, said)), comparable)
    for component, name in sorted({(row.component, row.source) for row in counts if row.source not in seen}):
        mine = [row for row in counts if (row.component, row.source) == (component, name)]
        said = ["not a source of the paper"] if comparable else []
        said += [_way([by_name[name]], (), comparable)]
        lines += _group_lines(component, (name,), (), mine, "; ".join(said), comparable=False)
    everything = [one for one in paper if not one.is_inferred] if comparable else []
    return [*lines, _line("", "total", ALL, ALL, sum(row.records for row in counts), everything)]


def reason_lines(accounts: Iterable[SourceAccount], comparable: bool) -> list[tuple[str, str, int]]:
    """Return source, step and rows of every step from upstream's rows to the records; rows set aside are negative.

    Args:
        comparable: whether upstream's own rows, as the registry counts them, are those that the run should have.
    """
    lines = []
    for account in accounts:
        steps = []
        if comparable and account.upstream is not None:
            steps += [("rows that the registry counts", account.upstream)]
        steps += [("rows read" if account.documents is None else "documents read", account.read)]
        if account.documents is not None:
            made = account.records + sum(rows for (stage, _), rows in account.set_aside.items() if stage != STAGE)
            steps += [("documents kept", account.documents), ("items, and documents without any", made)]
        steps += [(f"{stage}: {reason}", -rows) for (stage, reason), rows in account.set_aside.items()]
        lines += [(account.source, step, rows) for step, rows in [*steps, ("records", account.records)]]
    return lines


def ledger_csv(lines: Iterable[LedgerLine]) -> str:
    """Return the ledger as CSV with the columns `COLUMNS`."""
    return csv_text(COLUMNS, map(astuple, lines))


def read_ledger(path: Path | str) -> list[LedgerLine]:
    """Read the CSV that `ledger_csv` made. Raises InputError where it is missing or lacks a column."""
    return [LedgerLine(**{name: row[name] for name in COLUMNS}) for row in read_rows(path, COLUMNS)]


def read_reasons(path: Path | str) -> list[tuple[str, str, int]]:
    """Read what `reason_lines` gave. Raises InputError where the file is missing or lacks a column."""
    return [(row["source"], row["step"], int(row["rows"])) for row in read_rows(path, REASONS_COLUMNS)]


def ledger_grid(lines: Sequence[LedgerLine], remark: Remark) -> Grid:
    """Return the ledger as a reader sees it, without the reasons; the paper's columns only where lines have some."""
    compared = any(line.paper for line in lines)
    header = ("sources", "task", "split", "ours", *(("paper", "difference", "evidence") if compared else ()))
    shown = []
    for line in lines:
        total = line.task == ALL
        cells = [line.sources.replace("+", " + ") if total else "", line.task, line.split, thousands(int(line.ours))]
        if compared:
            paper = thousands(int(line.paper)) if line.paper else NOTHING
            difference = f"{int(line.difference):+,}" if line.difference else NOTHING
            cells += [paper, difference, line.evidence or NOTHING]
        shown.append(tuple(cells))
    parts = [_TITLE, _LEGEND if compared else _OURS_ALONE, *filter(None, [str(remark)])]
    return Grid(" ".join(parts), header, tuple(shown), "Ledger", left=3)


def reasons_grid(lines: Sequence[tuple[str, str, int]], remark: Remark) -> Grid:
    """Return the steps of every source as a reader sees them."""
    shown, last = [], None
    for source, step, rows in lines:
        shown.append(("" if source == last else source, step, f"{rows:,}"))
        last = source
    return Grid(
        " ".join(filter(None, [_REASONS_TITLE, str(remark)])), REASONS_COLUMNS, tuple(shown), "Ledger, reasons", left=2
    )


def write_ledger(
    lines: Sequence[LedgerLine],
    accounts: Sequence[SourceAccount],
    folder: Path | str,
    remark: Remark = NO_REMARK,
) -> None:
    """Write `ledger` and `ledger_reasons` to `folder`, each as CSV, Markdown and LaTeX; captions end with `remark`."""
    reasons = reason_lines(accounts, comparable=not remark.stand_ins)
    for name, grid in ((NAME, ledger_grid(lines, remark)), (REASONS_NAME, reasons_grid(reasons, remark))):
        write_grid(grid, Path(folder) / name)
    write_text(Path(folder) / f"{NAME}.csv", marked_csv(ledger_csv(lines), remark))
    write_text(Path(folder) / f"{REASONS_NAME}.csv", marked_csv(csv_text(REASONS_COLUMNS, reasons), remark))


def _groups(
    paper: Sequence[PaperCount], counts: Iterable[RecordCount], registry: Mapping[str, Source]
) -> Iterator[tuple[str, tuple[str, ...], list[PaperCount]]]:
    """Yield component, sources and the paper's counts of what the paper counts together, or the release has as one."""
    of_release = {row.component: row.source for row in counts if registry[row.source].kind == "released"}
    for component, name in of_release.items():
        yield component, (name,), _of_component(paper, component)
    groups: dict[tuple[str, tuple[str, ...]], list[PaperCount]] = {}
    for one in paper:
        groups.setdefault((one.component, one.sources), []).append(one)
    for (component, names), known in groups.items():
        if component not in of_release:
            yield component, names, known


def _of_component(paper: Sequence[PaperCount], component: str) -> list[PaperCount]:
    """Return the counts of a whole component: each task's, and its splits where they are known of every record."""
    mine = [one for one in paper if one.component == component]
    found = []
    for task, total in task_totals(mine).items():
        same = [one for one in mine if one.task == task]
        names = component_sources(same, component)
        certain = weakest([one for one in same if not one.is_inferred])
        basis = "sum over the component's sources"
        found.append(PaperCount(component, tuple(names), task, ALL_SPLITS, total, certain, basis))
        splits = {split: split_tasks(same, split)[task] for split in SPLITS}
        if sum(splits.values()) == total:
            evidence = weakest(same)
            found += [
                PaperCount(component, tuple(names), task, split, count, evidence, basis)
                for split, count in splits.items()
            ]
    return found


def _group_lines(
    component: str,
    names: Sequence[str],
    known: Sequence[PaperCount],
    mine: Sequence[RecordCount],
    reasons: str,
    comparable: bool,
) -> list[LedgerLine]:
    """Return the total of some sources, then a line for each count of the paper's and for what else we have of them."""
    label = "+".join(names) or "of no source"
    total = _line(component, label, ALL, ALL, sum(row.records for row in mine), _whole(known) if comparable else ())
    lines = [replace(total, reasons=reasons)]
    places = [(one.task, one.split) for one in known] if comparable and component else []
    ours: Counter[tuple[str, str]] = Counter()
    for row in mine:
        ours[row.task, row.split] += row.records
        ours[row.task, ALL_SPLITS] += row.records
    told = {task for task, split in places if split == ALL_SPLITS}
    further = [(t, s) for t in TASKS for s in SPLITS if (t, s) in ours and (t, s) not in places and t not in told]
    for task, split in dict.fromkeys([*places, *further]):
        counts = [one for one in known if (one.task, one.split) == (task, split)]
        line = _line(component, label, task, split, ours[task, split], counts if comparable else ())
        if comparable and not counts and known:
            line = replace(line, paper="0", evidence=total.evidence, difference=line.ours)
        lines.append(line)
    return lines


def _line(component: str, label: str, task: str, split: str, ours: int, counts: Sequence[PaperCount]) -> LedgerLine:
    line = LedgerLine(component, label, task, split, str(ours))
    if not counts:
        return line
    paper = sum(one.count for one in counts)
    return replace(line, paper=str(paper), evidence=weakest(counts), difference=str(ours - paper))


def _whole(known: Sequence[PaperCount]) -> list[PaperCount]:
    """Return counts that add up to all records of a group: of a task that for all splits, else those of its splits."""
    undivided = {one.task for one in known if one.split == ALL_SPLITS}
    return [one for one in known if one.split == ALL_SPLITS or one.task not in undivided]


def _way(accounts: Sequence[SourceAccount], known: Sequence[PaperCount], comparable: bool) -> str:
    """Say what became of the rows of some sources, and where upstream's own number of rows is not the paper's.

    Corpora of a demonstration may be made for it: nothing is said of upstream then.
    """
    said = []
    for account in accounts:
        steps = [f"{account.read:,} {'rows' if account.documents is None else 'documents'} read"]
        if comparable and account.upstream not in (None, account.read):
            steps.append(f"the registry counts {account.upstream:,}")
        if comparable and account.others:
            more = f" and {len(account.others) - _NAMED} more" if len(account.others) > _NAMED else ""
            steps.append(f"files other than the pinned ones: {', '.join(account.others[:_NAMED])}{more}")
        reasons = list(account.set_aside.items())
        steps += [f"{rows:,} {reason}" for (_, reason), rows in reasons[:_NAMED]]
        if rest := sum(rows for _, rows in reasons[_NAMED:]):
            steps.append(f"{rest:,} for other reasons")
        said.append((f"{account.source}: " if len(accounts) > 1 else "") + ", ".join(steps))
    upstream = [account.upstream for account in accounts if account.upstream and account.documents is None]
    paper = sum(one.count for one in _whole(known))
    is_whole = len(upstream) == len(accounts) == len({name for one in known for name in one.sources})
    if comparable and paper and upstream and is_whole and sum(upstream) != paper:
        said.append(f"upstream has {sum(upstream):,}, the paper {paper:,}")
    return "; ".join(said)

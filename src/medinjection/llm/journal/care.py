"""Care of journals: what is in them, and taking lines out on purpose, so that their questions are asked again."""

from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from medinjection.llm.batch.log import LOG_SUFFIX
from medinjection.llm.journal.journal import Entry, read_entry, short_key
from medinjection.llm.lock_files import holder, locked
from medinjection.records.errors import InputError
from medinjection.records.files import written_atomically
from medinjection.records.text import is_blank

# A job that was just stopped may still be writing what was under way.
_LOCK_SECONDS = 0.5
_BUSY = "a process has this journal open; wait for it or stop it, then prune"
_REFUSALS = ("content_filter", "refusal")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a journal: its number from 1, its bytes, and its entry, None where it is damaged."""

    number: int
    content: bytes
    entry: Entry | None

    @property
    def finished(self) -> bool:
        """Whether the line has its line feed; the last one of a killed job may have none."""
        return self.content.endswith(b"\n")


@dataclass(slots=True)
class Contents:
    """What a journal holds.

    Attributes:
        answers: lines that are entries; `lines` counts the damaged ones too.
        repeated: answers whose key a later line has too; the later one counts.
        cut_off, refused, empty: answers that a stage does not take (a judge's score may be cut off and whole).
        money: what the answers with a known price have cost; `without_price` counts the others.
        damaged: numbers of the lines that are no entries.
        unfinished: whether the last line has no line feed.
        held: whether a process has it open to write, or was killed on another machine while it had.
    """

    path: Path
    lines: int = 0
    answers: int = 0
    repeated: int = 0
    models: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    cut_off: int = 0
    refused: int = 0
    empty: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    without_price: int = 0
    damaged: list[int] = field(default_factory=list)
    unfinished: bool = False
    held: bool = False
    spent: float = 0.0

    @property
    def money(self) -> float | None:
        """What the answers of known price have cost; None where no price is known."""
        return self.spent if self.without_price < self.answers else None


@dataclass(frozen=True, slots=True)
class Criteria:
    """Which lines are removed: those that meet any of these.

    Attributes:
        damaged: lines that are no entries, an unfinished last one included.
        repeated: answers whose key a later line has too.
        cut_off: answers that ended at the token limit.
        refused: answers that the model or the provider's content filter refused.
        empty: answers without text.
        models: answers of these models.
        keys: answers to these requests (the `request_id` of a record's provenance).
    """

    damaged: bool = False
    repeated: bool = False
    cut_off: bool = False
    refused: bool = False
    empty: bool = False
    models: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return any((self.damaged, self.repeated, self.cut_off, self.refused, self.empty, self.models, self.keys))

    def met_by(self, line: Line, is_repeated: bool) -> list[str]:
        """Return the names of the criteria that a line meets."""
        entry = line.entry
        if entry is None:
            return ["damaged"] if self.damaged else []
        met = {
            "repeated": self.repeated and is_repeated,
            "cut off": self.cut_off and entry.finish_reason == "length",
            "refused": self.refused and entry.finish_reason in _REFUSALS,
            "empty": self.empty and is_blank(entry.text),
            "model": entry.model in self.models,
            "key": entry.key in self.keys,
        }
        return [name for name, meets in met.items() if meets]


@dataclass(slots=True)
class Pruned:
    """What was removed from a journal (or would be): lines by criterion, what they cost, and the keys that were found.

    A line that meets several criteria is counted under each of them. `spent` is what the removed answers of known
    price have cost, `without_price` counts the others.
    """

    path: Path
    kept: int = 0
    removed: int = 0
    by_criterion: Counter[str] = field(default_factory=Counter)
    spent: float = 0.0
    without_price: int = 0
    found: set[str] = field(default_factory=set)


def journals_in(path: Path) -> list[Path]:
    """Return the journals below a folder, in a fixed order, or the one journal that `path` is.

    Raises:
        InputError: there is no such folder or file.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise InputError(f"{path}: no such folder or file")
    return sorted(file for file in path.rglob("*.jsonl") if not file.name.endswith(LOG_SUFFIX))


def journals_beside(path: Path) -> list[Path]:
    """Return the other journals in the folder of one that may not be there yet, in a fixed order."""
    return [other for other in journals_in(path.parent) if other != path] if path.parent.is_dir() else []


def each_line(path: Path) -> Iterator[Line]:
    """Yield the lines of a journal as they are; the file is only read and never locked."""
    with open(path, "rb") as file:
        for number, content in enumerate(file, start=1):
            yield Line(number, content, read_entry(content))


def inspect_journal(path: Path) -> Contents:
    """Return what is in a journal, without holding it in memory: only its keys are."""
    found = Contents(path, held=holder(path) is not None)
    seen: set[bytes] = set()
    for line in each_line(path):
        found.lines += 1
        found.unfinished = not line.finished
        if (entry := line.entry) is None:
            found.damaged.append(line.number)
            continue
        short = short_key(entry.key)
        found.repeated += short in seen
        seen.add(short)
        found.answers += 1
        found.models[entry.model] += 1
        found.reasons[entry.finish_reason or "none"] += 1
        found.cut_off += entry.finish_reason == "length"
        found.refused += entry.finish_reason in _REFUSALS
        found.empty += is_blank(entry.text)
        found.prompt_tokens += entry.prompt_tokens or 0
        found.completion_tokens += entry.completion_tokens or 0
        found.without_price += entry.cost is None
        found.spent += entry.cost or 0.0
    return found


def prune_journal(path: Path, criteria: Criteria, dry_run: bool = False) -> Pruned:
    """Rewrite a journal without the lines that meet any of `criteria`, atomically and under its lock.

    What is kept is kept byte for byte. A journal of which nothing is removed is not written.

    Raises:
        InputError: a process has the journal open, or there is no criterion.
    """
    if not criteria:
        raise InputError("nothing says which lines to remove: give at least one criterion")
    if path.name.endswith(LOG_SUFFIX):
        raise InputError(f"{path}: this is a log of batches under way, not a journal")
    with nullcontext() if dry_run else locked(path, _LOCK_SECONDS, _BUSY):
        if path.stat().st_size and not any(line.entry for line in each_line(path)):
            raise InputError(f"{path}: none of its lines is an answer: this is no journal")
        last = _last_lines(path) if criteria.repeated else {}
        pruned = Pruned(path)
        for _ in _kept(path, criteria, last, pruned):
            pass
        if dry_run or not pruned.removed:
            return pruned
        with written_atomically(path) as partial:
            with open(partial, "wb") as output:
                output.writelines(line.content for line in _kept(path, criteria, last, Pruned(path)))
            partial.chmod(path.stat().st_mode & 0o7777)
        return pruned


def _kept(path: Path, criteria: Criteria, last: dict[bytes, int], pruned: Pruned) -> Iterator[Line]:
    """Yield the lines that stay, and count in `pruned` what becomes of all."""
    for line in each_line(path):
        is_repeated = bool(last) and line.entry is not None and last[short_key(line.entry.key)] != line.number
        met = criteria.met_by(line, is_repeated)
        if not met:
            pruned.kept += 1
            yield line
            continue
        pruned.removed += 1
        pruned.by_criterion.update(met)
        if line.entry:
            pruned.spent += line.entry.cost or 0.0
            pruned.without_price += line.entry.cost is None
            if line.entry.key in criteria.keys:
                pruned.found.add(line.entry.key)


def _last_lines(path: Path) -> dict[bytes, int]:
    """Return the number of the last line of each key: the one that a journal answers with."""
    return {short_key(line.entry.key): line.number for line in each_line(path) if line.entry}

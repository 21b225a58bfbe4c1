"""What journals hold, shown on a terminal or as JSON."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from medinjection.llm.journal.care import Contents, Pruned

_HEADER = ("journal", "lines", "distinct", "repeated", "cut off", "refused", "empty", "prompt", "answer", "money", "")
_SHOWN_DAMAGE = 10
_SUMS = (
    "lines",
    "answers",
    "repeated",
    "cut_off",
    "refused",
    "empty",
    "prompt_tokens",
    "completion_tokens",
    "without_price",
)


def inspection_table(contents: Sequence[Contents], folder: Path) -> str:
    """Return a table with a line for each journal, their sum, and the models and reasons of ending below it.

    `prompt` and `answer` are tokens. Money is empty where no price is known.
    """
    rows = [_HEADER, *((_name(one.path, folder), *_numbers([one]), _notes(one)) for one in contents)]
    rows.append((f"{len(contents)} journals", *_numbers(contents), ""))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for name, *cells, notes in rows:
        aligned = (cell.rjust(width) for cell, width in zip(cells, widths[1:-1], strict=True))
        lines.append("  ".join((name.ljust(widths[0]), *aligned, notes)).rstrip())
    lines += ["", f"models: {_counted(one.models for one in contents)}"]
    lines.append(f"ended with: {_counted(one.reasons for one in contents)}")
    return "\n".join(lines)


def inspection_json(contents: Sequence[Contents]) -> str:
    """Return all that was found as a JSON object: `journals`, one object each, and `total`."""
    total = {name: sum(getattr(one, name) for one in contents) for name in _SUMS}
    total |= {"distinct": sum(one.answers - one.repeated for one in contents), "money": _money(contents)}
    return json.dumps({"journals": [_fields(one) for one in contents], "total": total}, ensure_ascii=False, indent=1)


def pruning_text(done: Sequence[Pruned], what: str) -> str:
    """Say what was removed from each journal, and in all; `what` says whether it was or would be."""
    lines = []
    for pruned in done:
        if pruned.removed:
            why = ", ".join(f"{count} {name}" for name, count in sorted(pruned.by_criterion.items()))
            lines.append(f"{pruned.path}: {pruned.removed} lines {what} ({why}), {pruned.kept} kept")
    lines.append(f"{sum(pruned.removed for pruned in done)} lines {what} from {len(done)} journals")
    if spent := sum(pruned.spent for pruned in done):
        without = sum(pruned.without_price for pruned in done)
        more = f" and {without} answers of unknown price" if without else ""
        lines.append(f"they cost {spent:.4f}{more}, which cost.csv and a budget then no longer count")
    return "\n".join(lines)


def _fields(one: Contents) -> dict[str, Any]:
    return {
        "path": str(one.path),
        **{name: getattr(one, name) for name in _SUMS},
        "distinct": one.answers - one.repeated,
        "models": dict(sorted(one.models.items())),
        "finish_reasons": dict(sorted(one.reasons.items())),
        "money": _money([one]),
        "damaged": one.damaged,
        "unfinished": one.unfinished,
        "held": one.held,
    }


def _numbers(contents: Sequence[Contents]) -> list[str]:
    distinct = sum(one.answers - one.repeated for one in contents)
    names = ("repeated", "cut_off", "refused", "empty", "prompt_tokens", "completion_tokens")
    sums = [sum(getattr(one, name) for one in contents) for name in names]
    counts = [sum(one.lines for one in contents), distinct, *sums]
    money, without = _money(contents), sum(one.without_price for one in contents)
    known = "" if money is None else f"{money:.4f}"
    return [*(f"{count:,}" for count in counts), f"{known} + {without:,} unknown" if known and without else known]


def _money(contents: Sequence[Contents]) -> float | None:
    """Return the sum of what is known, None where there are answers and no price is known."""
    known = [one.money for one in contents if one.money is not None]
    return sum(known) if known else None


def _notes(one: Contents) -> str:
    notes = ["open"] if one.held else []
    if one.unfinished:
        notes.append("last line unfinished")
    if one.damaged:
        shown = ", ".join(map(str, one.damaged[:_SHOWN_DAMAGE]))
        more = f" and {len(one.damaged) - _SHOWN_DAMAGE} more" if len(one.damaged) > _SHOWN_DAMAGE else ""
        notes.append(f"damaged: line {shown}{more}")
    return "; ".join(notes)


def _name(path: Path, folder: Path) -> str:
    return path.name if path == folder else path.relative_to(folder).as_posix()


def _counted(counters: Iterable[Counter[str]]) -> str:
    total: Counter[str] = sum(counters, Counter())
    return ", ".join(f"{name} {count:,}" for name, count in sorted(total.items())) or "none"

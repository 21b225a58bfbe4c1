"""Files whose form was never seen: those in which no row is understood are refused, with what was found."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from medinjection.records.conservation import Reject, reason_kind
from medinjection.records.errors import InputError
from medinjection.sources.items import RawItem
from medinjection.sources.reading.file_formats import Row


def some_understood(
    path: Path,
    rows: Iterable[Row],
    convert: Callable[[Iterator[Row]], Iterator[RawItem]],
    shown: Callable[[Any], str],
    expected: str,
) -> Iterator[RawItem]:
    """Yield what the rows of a file become.

    Args:
        convert: turns rows into items and rejects.
        shown: says what a row holds.
        expected: the forms that are read.

    Raises:
        InputError: after the last row, where all became rejects.
    """
    first: list[Any] = []

    def noted() -> Iterator[Row]:
        for row in rows:
            if not first:
                first.append(row.values)
            yield row

    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    made = 0
    for item in convert(noted()):
        if isinstance(item, Reject):
            kind = reason_kind(item.reason)
            counts[kind] += 1
            examples.setdefault(kind, item.reason)
        else:
            made += 1
        yield item
    if not made and counts:
        kind, count = counts.most_common(1)[0]
        raise InputError(
            f"{path}: no row makes a record ({examples[kind]}: {count} of {counts.total()}); "
            f"found {shown(first[0])} in the first row, expected {expected}"
        )

"""A file of the demonstration corpora, about to be written.

The names of the files are read before a workflow starts, so that pyarrow is only imported by what writes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """One file to write: its rows as text, how many they are, and what stands before, between and after them.

    A file with `table` is parquet and has no `rows`: its columns are those of the first row, and hold texts or whole
    numbers as that does.
    """

    name: str
    size: int
    rows: Iterable[str] = ()
    head: str = ""
    between: str = "\n"
    tail: str = "\n"
    table: Sequence[dict[str, Any]] = ()

    def write(self, folder: Path) -> None:
        """Write the file below `folder`."""
        from medinjection.records.files import written_atomically

        with written_atomically(folder / self.name) as partial:
            if self.table:
                import pyarrow as pa
                import pyarrow.parquet as pq

                columns = self.table[0].items()
                schema = pa.schema(
                    [(name, pa.int64() if isinstance(cell, int) else pa.string()) for name, cell in columns]
                )
                pq.write_table(pa.Table.from_pylist(list(self.table), schema), partial)
                return
            with open(partial, "w", encoding="utf-8", newline="\n") as handle:
                handle.write(self.head)
                for number, row in enumerate(self.rows):
                    handle.write(self.between + row if number else row)
                handle.write(self.tail)


def json_array(name: str, size: int, rows: Iterator[str]) -> RenderedFile:
    """Return a file that is one JSON array, an element per line."""
    return RenderedFile(name, size, rows, "[\n", ",\n", "\n]")


def scaled(size: int, count: int, minimum: int) -> int:
    """Return `count`, which is meant for a demonstration of size 800, for one of `size`; at least `minimum`."""
    return max(minimum, size * count // 800)

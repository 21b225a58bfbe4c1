"""Which module reads which source: `reader` in the registry is the name of a module in one of this folder's rooms."""

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from medinjection.records.errors import InputError
from medinjection.sources.items import RawItem
from medinjection.sources.registry import Source

Reader = Callable[[Path, Source], Iterator[RawItem]]


def reader_names() -> list[str]:
    """Return the names that `reader` may take in the registry."""
    return sorted(_rooms_by_name())


def reader_path(source: Source) -> str:
    """Return the import path `module:name` of the reader of `source`.

    The reader is found by it alone: an edit of one reader reruns the sources that name it, and no others.

    Raises:
        InputError: the registry names a reader that does not exist.
    """
    rooms = _rooms_by_name()
    if source.reader not in rooms:
        raise InputError(f"{source.name}.reader: found {source.reader!r}, expected one of: {', '.join(sorted(rooms))}")
    return f"{__name__.rpartition('.')[0]}.{rooms[source.reader]}.{source.reader}:read"


def reader_of(source: Source) -> Reader:
    """Return the reader of `source`. Raises InputError where the registry names one that does not exist."""
    module, _, name = reader_path(source).partition(":")
    reader: Reader = getattr(import_module(module), name)
    return reader


def _rooms_by_name() -> dict[str, str]:
    """Return the room of each reader: `frenchmedmcqa` is in `french`."""
    return {path.stem: path.parent.name for path in Path(__file__).parent.glob("*/[a-z]*.py")}

"""Which module reads which source: `reader` in the registry is the name of a module in this folder."""

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from medinjection.records.errors import InputError
from medinjection.sources.items import RawItem
from medinjection.sources.registry import Source

Reader = Callable[[Path, Source], Iterator[RawItem]]


def reader_names() -> list[str]:
    """Return the names that `reader` may take in the registry."""
    files = Path(__file__).parent.glob("[a-z]*.py")
    return sorted(path.stem for path in files if path.name != Path(__file__).name)


def reader_path(source: Source) -> str:
    """Return the import path `module:name` of the reader of `source`.

    The reader is found by it alone: an edit of one reader reruns the sources that name it, and no others.

    Raises:
        InputError: the registry names a reader that does not exist.
    """
    names = reader_names()
    if source.reader not in names:
        raise InputError(f"{source.name}.reader: found {source.reader!r}, expected one of: {', '.join(names)}")
    return f"{__name__.rpartition('.')[0]}.{source.reader}:read"


def reader_of(source: Source) -> Reader:
    """Return the reader of `source`. Raises InputError where the registry names one that does not exist."""
    module, _, name = reader_path(source).partition(":")
    reader: Reader = getattr(import_module(module), name)
    return reader

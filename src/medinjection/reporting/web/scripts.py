"""The scripts of the pages, as they stand in a page, each known to its policy by a hash.

Tables sort, filter and are copied by DataTables, whose bundle the package `itables` ships as one file. Of the libraries
tried it alone works on the page's own `<table>`, so that a page without scripts, on paper and for a screen reader has
the same tables: Tabulator puts `<div>` in their place, and simple-datatables is LGPL. The bundle has 0.62 MB.
"""

import re
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from medinjection.records.errors import InputError
from medinjection.reporting.inline import policy_hash

_FOLDER = Path(__file__).parent
_BUNDLE = "itables/html/dt_bundle.js"
_EXPORTS = re.compile(r"\bexport\s*\{[^}]*\b(\w+) as default\b[^}]*\};?")


@dataclass(frozen=True, slots=True)
class Script:
    """A script of a page: its text, which stands between the tags as it is, and what the page's policy calls it."""

    text: str
    hash: str


def own_script(name: str) -> Script:
    """Return one of the scripts beside this file."""
    return _script((_FOLDER / name).read_text(encoding="utf-8"))


def tables_script() -> Script:
    """Return DataTables with tables.js, which uses it, behind it; the two are one module.

    Raises:
        InputError: the bundle of the installed `itables` is not as expected.
    """
    path = Path(str(distribution("itables").locate_file(_BUNDLE)))
    # A module cannot be imported from a page that is one file: what it exports becomes a name for tables.js. In a
    # script element `<!--` would begin a comment.
    bundle, found = _EXPORTS.subn(r"const DataTable=\1;", path.read_text(encoding="utf-8"))
    if found != 1 or "</script" in bundle:
        raise InputError(f"{path}: {found} statements that export DataTables, expected one and no end of a script")
    bundle = bundle.replace("<!--", r"<\!--")
    return _script(f"{bundle}\n{(_FOLDER / 'tables.js').read_text(encoding='utf-8')}")


def _script(text: str) -> Script:
    text = f"\n{text}"
    return Script(text, policy_hash(text))

"""CSV as spreadsheets read and write it: semicolons or commas, BOM or none, their encodings, their line ends."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from medinjection.records.errors import InputError

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DELIMITERS = ";,\t"
# A cell that begins so is a formula to a spreadsheet; an apostrophe before it makes it a text. Where apostrophes stand
# there already, one more does, so that what was there can be told again.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARD = "'"
# The module's own limit, 128 kB, is below what an answer may have.
_LONGEST_CELL = 2**31 - 1


def spreadsheet_text(header: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table that a French spreadsheet opens by a double click: BOM, semicolons, CRLF, no formulas."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return f"\ufeff{text.getvalue()}"


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"{_GUARD}{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Return a cell without what `guarded` put before it."""
    return cell[1:] if cell.startswith(_GUARD) and _FORMULA.match(cell[1:]) else cell


def read_spreadsheet(path: Path | str, required: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of a csv as (row number, column -> cell); the header is row 1, empty rows are left out.

    It may have a BOM or none, be in UTF-8, UTF-16 or Windows-1252, be parted by semicolons, commas or tabs, begin with
    a line `sep=;`, have any line ends, and end its rows with empty cells. Names of columns are read in small letters.

    Args:
        required: columns that must be there; the delimiter is the one that finds them.

    Raises:
        InputError: the file is missing or empty, a column is missing or there twice, a row has more cells than the
            header, or a quote is not closed.
    """
    text = _decoded(Path(path))
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep="):
        text = rest
    if not text.strip():
        raise InputError(f"{path}: empty, expected a header with the columns {', '.join(required)}")
    tables = [_parsed(path, text, delimiter) for delimiter in _DELIMITERS]
    table = next((t for t in tables if set(required) <= set(_header(t))), None)
    if table is None:
        found = max((_header(t) for t in tables), key=lambda names: len(set(names) & set(required)))
        missing = [name for name in required if name not in found]
        raise InputError(f"{path}: no column {', '.join(missing)}; found {', '.join(filter(None, found)) or 'none'}")
    header = _header(table)
    named = [name for name in header if name]
    if twice := sorted({name for name in named if named.count(name) > 1}):
        raise InputError(f"{path}: column {twice[0]} is there twice, expected once")
    rows = []
    for number, cells in enumerate(table[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if any(cell.strip() for cell in cells[len(header) :]):
            raise InputError(f"{path}: row {number}: {len(cells)} cells, expected the {len(header)} of the header")
        cells += [""] * (len(header) - len(cells))
        rows.append((number, {name: cell for name, cell in zip(header, cells, strict=False) if name}))
    return rows


def _decoded(path: Path) -> str:
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    content = path.read_bytes()
    known = next((encoding for bom, encoding in _BOMS if content.startswith(bom)), None)
    try:
        text = content.decode(known or "utf-8")
    except UnicodeDecodeError as error:
        if known:
            raise InputError(f"{path}: not readable as {known} ({error})") from error
        # Excel's "CSV" without "UTF-8" in its name; bytes that it has no letter for are marked.
        text = content.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _parsed(path: Path | str, text: str, delimiter: str) -> list[list[str]]:
    limit = csv.field_size_limit(_LONGEST_CELL)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False))
    except csv.Error as error:
        raise InputError(f"{path}: no csv ({error})") from error
    finally:
        csv.field_size_limit(limit)


def _header(table: Sequence[Sequence[str]]) -> list[str]:
    return [cell.strip().lower() for cell in table[0]] if table else []

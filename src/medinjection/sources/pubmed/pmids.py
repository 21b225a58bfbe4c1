"""Lists of PMIDs, the numbers that PubMed knows its citations by: one a line."""

import re
from pathlib import Path

from medinjection.records.errors import InputError
from medinjection.sources.reading.file_formats import read_lines

_PMID = re.compile(r"[1-9][0-9]{0,8}")
# So the organisers of WMT name documents of test sets that have no PMID, among PMIDs.
_DOCUMENT = re.compile(r"doc[0-9]+")


def read_pmids(path: Path, with_documents: bool = False) -> list[str]:
    """Return the PMIDs of a file in its order; one that is listed twice comes twice, blank lines hold none.

    Args:
        with_documents: pass over lines such as doc12 instead of refusing them.

    Raises:
        InputError: missing, empty, not UTF-8, or a line is no PMID (names it).
    """
    found = []
    for row in read_lines(path):
        text = row.values.strip()
        if not text or (with_documents and _DOCUMENT.fullmatch(text)):
            continue
        if not _PMID.fullmatch(text):
            raise InputError(f"{path}: line {row.number} is {text[:40]!r}, expected a PMID: a number of 1 to 9 digits")
        found.append(text)
    if not found:
        raise InputError(f"{path}: the file lists no PMID")
    return found

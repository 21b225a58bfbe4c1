"""English abstracts with their French ones, by a list of PMIDs: a row for each line of the list.

Why a citation is left out is a reason of its own (`left_out`), so that records and rejects add up to the list: a PMID
of a test set, one that PubMed has no citation of, a retracted article, an abstract that is missing or the same in both
languages. Where a citation has several French abstracts, the first is taken. Of two versions of a citation, the newer
one; what comes beside it, or is on no list, is a row that is left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medinjection.records.errors import InputError
from medinjection.sources.pubmed.citations import Citation, read_citations
from medinjection.sources.pubmed.pmids import read_pmids
from medinjection.sources.reading.file_formats import Row
from medinjection.sources.registry import SourceFile

_LIST, _TEST_SETS, _CITATIONS = "pmids", "pmids of test sets", "citations"

Files = Sequence[tuple[SourceFile, Path]]


def is_of_pubmed(present: Files) -> bool:
    """Say whether the files are lists of PMIDs and citations of PubMed."""
    return any(file.subset in (_LIST, _TEST_SETS, _CITATIONS) for file, _ in present)


def abstract_pairs(folder: Path, present: Files) -> Iterator[tuple[SourceFile, Iterator[Row]]]:
    """Yield each file with its rows: the list with a row a line, then the XML files with what is on no line of it.

    A row has the keys pmid, English, French (absent where there is no such abstract) and left_out (a reason, or None).

    Raises:
        InputError: the list, the list of test sets or the citations are missing, or one cannot be read.
    """
    found: dict[str, list[tuple[SourceFile, Path]]] = {_LIST: [], _TEST_SETS: [], _CITATIONS: []}
    for file, path in present:
        found.setdefault(str(file.subset), []).append((file, path))
    if missing := [subset for subset in (_LIST, _TEST_SETS, _CITATIONS) if not found[subset]]:
        names = ", ".join(path.relative_to(folder).as_posix() for _, path in present[:6])
        raise InputError(f"{folder}: found {names}, but no file with the {' and the '.join(missing)}")
    [(listing, path)] = found[_LIST]
    pmids = read_pmids(path)
    tests = {pmid for _, listed in found[_TEST_SETS] for pmid in read_pmids(listed, with_documents=True)}
    places: dict[str, _Place] = {}
    beside: dict[Path, list[Row]] = {}
    listed = set(pmids)
    for _, xml in found[_CITATIONS]:
        rows = beside.setdefault(xml, [])
        with open(xml, "rb") as handle:
            for number, citation in enumerate(read_citations(handle, str(xml)), start=1):
                place = _Place(xml.name, number, citation)
                earlier = places.get(citation.pmid)
                if citation.pmid not in listed:
                    rows.append(_row(place, "not sampled (PMID that is on no list)"))
                elif earlier is None:
                    places[citation.pmid] = place
                elif citation == earlier.citation:
                    rows.append(_row(place, "duplicate of a citation"))
                else:
                    newer = citation.version > earlier.citation.version
                    places[citation.pmid], older = (place, earlier) if newer else (earlier, place)
                    rows.append(_row(older, "not sampled (older version of a citation)"))
    yield listing, _listed_rows(path.name, pmids, tests, places)
    for file, xml in found[_CITATIONS]:
        yield file, iter(beside[xml])


@dataclass(frozen=True, slots=True)
class _Place:
    """A citation and where it is: the file, and which of its citations, counted from 1."""

    file: str
    number: int
    citation: Citation


def _listed_rows(name: str, pmids: Sequence[str], tests: set[str], places: Mapping[str, _Place]) -> Iterator[Row]:
    """Yield a row for each line of the list: what its citation says where there is one, else the line."""
    done: set[str] = set()
    for number, pmid in enumerate(pmids, start=1):
        line = _Place(name, number, Citation(pmid, 1, None, (), False))
        if pmid in done:
            yield _row(line, "duplicate of a PMID of the list")
        else:
            yield _row(places.get(pmid, line), _why_left_out(places.get(pmid), pmid in tests))
        done.add(pmid)


def _why_left_out(place: _Place | None, is_test: bool) -> str | None:
    if is_test:
        return "not sampled (PMID of a test set)"
    if place is None:
        return "not sampled (PubMed has no citation with this PMID)"
    citation = place.citation
    reasons = (
        (citation.retracted, "retracted article"),
        (citation.english is None, "no English abstract"),
        (not citation.french, "no French abstract"),
        (citation.french[:1] == (citation.english,), "the two abstracts are the same text"),
    )
    return next((f"not sampled ({reason})" for holds, reason in reasons if holds), None)


def _row(place: _Place, left_out: str | None) -> Row:
    citation = place.citation
    values: dict[str, Any] = {"pmid": citation.pmid, "left_out": left_out}
    if citation.english is not None:
        values["English"] = citation.english
    if citation.french:
        values["French"] = citation.french[0]
    return Row(place.file, place.number, values)

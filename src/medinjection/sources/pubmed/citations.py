"""Reading PubMed's XML: the abstracts of its citations, and nothing that the XML might ask of the reader.

The elements are those of NLM's description of MEDLINE/PubMed XML: `Abstract` holds the English abstract as it was
published, each `OtherAbstract` another one, with its type and its language (three letters; English where none is said).
A publisher's abstract that is not in PubMed has a standard sentence in its place.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from lxml import etree

from medinjection.records.errors import InputError

_ROOT = "PubmedArticleSet"
_ARTICLES = ("PubmedArticle", "PubmedBookArticle")
_FRENCH = "fre"
# A retelling for readers who are no specialists: not a translation of the abstract.
_RETELLING = "plain-language-summary"
_NOT_HERE = "abstract available from the publisher"
# The label of a part that has none.
_NO_LABEL = "UNLABELLED"
_RETRACTED_TYPE = "Retracted Publication"
_RETRACTING_NOTICES = {"RetractionIn", "RetractedandRepublishedIn"}
_BREAKS = re.compile(r"[ \t\r\n]+")
# Raised and lowered figures carry meaning: 10<sup>9</sup> is not 109.
_RAISED = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_MOVED = {"sup": _RAISED, "sub": _LOWERED}


@dataclass(frozen=True, slots=True)
class Citation:
    """What we take of a citation: its PMID and version, its abstracts, and whether the article was retracted.

    `english` is None where there is no abstract. `french` has the French ones in the citation's order, without those
    that retell it in plain language. A part of a structured abstract is a line that begins with its label.
    """

    pmid: str
    version: int
    english: str | None
    french: tuple[str, ...]
    retracted: bool


def read_citations(content: IO[bytes], name: str) -> Iterator[Citation]:
    """Yield the citations of a PubMed XML document, one after the other.

    The document is read without network, without its DTD and without replacing entities, and libxml2's limits of depth
    and size stay in force: neither a small file that unfolds to gigabytes nor one that names other files does any harm.

    Args:
        name: what messages call the document.

    Raises:
        InputError: not well-formed XML (cut short, for one), another document than a set of citations (its ERROR is
            quoted), a citation without PMID, or entities of its own.
    """
    parser = etree.iterparse(
        content,
        events=("end",),
        tag=_ARTICLES,
        load_dtd=False,
        no_network=True,
        resolve_entities=False,
        huge_tree=False,
        recover=False,
    )
    try:
        for _, article in parser:
            yield _citation(article, name)
            # What was read is given up, or the whole tree would be held.
            article.clear()
            while article.getprevious() is not None:
                del article.getparent()[0]
    except etree.XMLSyntaxError as error:
        raise InputError(f"{name}: not well-formed XML ({error.msg}); is it cut short?") from error
    root = parser.root
    if root.tag != _ROOT:
        said = root.findtext("ERROR")
        raise InputError(f"{name}: found {root.tag}{f' ({said.strip()[:200]})' if said else ''}, expected {_ROOT}")
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and any(True for _ in declared.iterentities()):
        raise InputError(f"{name}: the XML declares entities of its own, expected none")


def _citation(article: Any, name: str) -> Citation:
    medline = article.find("MedlineCitation")
    if medline is None:
        medline = article.find("BookDocument")
    pmid = None if medline is None else medline.find("PMID")
    if pmid is None or not (pmid.text or "").strip():
        raise InputError(f"{name}: a {article.tag} has no PMID")
    version = pmid.get("Version", "1")
    abstract = medline.find("Article/Abstract")
    if abstract is None:
        abstract = medline.find("Abstract")
    texts = [
        _text(other)
        for other in medline.findall("OtherAbstract")
        if other.get("Language") == _FRENCH and other.get("Type") != _RETELLING
    ]
    types = {(each.text or "").strip() for each in medline.iterfind("Article/PublicationTypeList/PublicationType")}
    notices = {each.get("RefType") for each in medline.iterfind("CommentsCorrectionsList/CommentsCorrections")}
    return Citation(
        pmid=pmid.text.strip(),
        version=int(version) if version.isdecimal() else 1,
        english=_text(abstract),
        french=tuple(text for text in texts if text),
        retracted=_RETRACTED_TYPE in types or bool(notices & _RETRACTING_NOTICES),
    )


def _text(abstract: Any) -> str | None:
    """Return the parts of an abstract, a line each; None where there is no text, or only the standard sentence."""
    if abstract is None:
        return None
    lines = []
    for part in abstract.findall("AbstractText"):
        text = _in_one_line(_flat(part))
        if not text or text.casefold().rstrip(". ") == _NOT_HERE:
            continue
        label = _in_one_line(part.get("Label", "")).rstrip(": ")
        lines.append(f"{label}: {text}" if label and label.upper() != _NO_LABEL else text)
    return "\n".join(lines) or None


def _in_one_line(text: str) -> str:
    """Return a text without the line breaks of the XML; spaces that hold words together stay."""
    return _BREAKS.sub(" ", text).strip(" ")


def _flat(element: Any) -> str:
    """Return the text of an element with that of the elements in it, such as <i> and <sub>."""
    parts = [element.text or ""]
    for child in element:
        # Comments, entities and the like have no tag that is a text.
        if isinstance(child.tag, str):
            parts.append(_moved(child.tag, _flat(child)))
        parts.append(child.tail or "")
    return "".join(parts)


def _moved(tag: str, text: str) -> str:
    """Return figures in <sup> and <sub> as raised and lowered ones; other texts as they are."""
    table = _MOVED.get(tag, {})
    return text.translate(table) if all(ord(character) in table for character in text) else text

"""The demonstration's abstracts in two languages: WMT's list of PMIDs with PubMed's XML, and WMT 2024's test files.

An abstract is some statements of the knowledge base about one specialty; no article stands behind it, and its PMID is
beyond PubMed's. What citations lack or have in excess is planted in a few: no French abstract, only the sentence that
stands for one, a retracted article, several French abstracts, parts with labels, marked-up text, and a PMID that PubMed
does not know. The abstracts of WMT 2024's files are in a wording that the others do not use; these are split later.
"""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from medinjection.demo.corpora.rendered_file import RenderedFile, scaled
from medinjection.demo.knowledge.facts import Fact, KnowledgeBase
from medinjection.demo.knowledge.phrases import Phrase
from medinjection.demo.knowledge.wording import paragraph, statement
from medinjection.records.sampling import ranked

MEDLINE_FILES = (
    "wmt_biomedical/train22_eng_fre.txt",
    "wmt_biomedical/blacklist_test_sets.txt",
    "wmt_biomedical/pubmed/0001.xml",
    "wmt24/en2fr_en.txt",
    "wmt24/en2fr_fr.txt",
)

# Citations and test abstracts at a demonstration of size 800, and the fewest of a smaller one.
_CITATIONS, _TEST_ABSTRACTS = (40, 10), (8, 3)
_WORDINGS, _TEST_WORDINGS = (0, 1), (2,)
_STATEMENTS = 4
_FIRST_PMID = 990_000_001
# Places of what is planted, in each corpus.
_NO_FRENCH, _SENTENCE_ONLY, _RETRACTED, _OF_TEST_SET, _SEVERAL_FRENCH, _UNKNOWN = 1, 2, 3, 4, 6, 7
_WITH_LABELS = 3  # every third
_LABELS = (("BACKGROUND", "CONTEXTE"), ("RESULTS", "RÉSULTATS"))
_HEAD = (
    '<?xml version="1.0" ?>\n'
    '<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
    '"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n<PubmedArticleSet>\n'
)


def medline_files(knowledge: KnowledgeBase, size: int, seed: int) -> Iterator[RenderedFile]:
    """Yield the files of MEDLINE_FILES, in that order."""
    count = scaled(size, *_CITATIONS)
    pmids = [str(_FIRST_PMID + number) for number in range(count)]
    articles = [
        _article(pmid, number, _sentences(knowledge, f"{seed}:pubmed:{number}", number, _WORDINGS))
        for number, pmid in enumerate(pmids)
        if number != _UNKNOWN
    ]
    listing, tests, citations, *sides = MEDLINE_FILES
    yield RenderedFile(listing, count, pmids)
    yield RenderedFile(tests, 1, [pmids[_OF_TEST_SET]])
    yield RenderedFile(citations, count, articles, _HEAD, "\n", "\n</PubmedArticleSet>\n")
    count = scaled(size, *_TEST_ABSTRACTS)
    abstracts = [
        paragraph(_sentences(knowledge, f"{seed}:wmt24:{number}", number, _TEST_WORDINGS)) for number in range(count)
    ]
    for name, lines in zip(sides, ([a.en for a in abstracts], [a.fr for a in abstracts]), strict=True):
        yield RenderedFile(name, count, lines)


def _sentences(knowledge: KnowledgeBase, key: str, number: int, wordings: Sequence[int]) -> list[Phrase]:
    """Return statements about one specialty; the specialties take turns."""
    groups: dict[str, list[Fact]] = {}
    for fact in knowledge.facts:
        groups.setdefault(fact.specialty, []).append(fact)
    names = sorted(groups)
    facts = ranked(groups[names[number % len(names)]], key, lambda fact: fact.id)[:_STATEMENTS]
    return [statement(fact, wordings[place % len(wordings)]) for place, fact in enumerate(facts)]


def _article(pmid: str, number: int, sentences: Sequence[Phrase]) -> str:
    """Return a citation as PubMed writes it, without what nothing here reads."""
    labelled = number % _WITH_LABELS == 0
    french = _parts([phrase.fr for phrase in sentences], [label for _, label in _LABELS] if labelled else None)
    others = [("Publisher", french)]
    if number == _NO_FRENCH:
        others = []
    elif number == _SENTENCE_ONLY:
        others = [("Publisher", _parts(["Abstract available from the publisher."], None))]
    elif number == _SEVERAL_FRENCH:
        others = [("plain-language-summary", _parts(["Résumé en langage simple."], None)), *others]
    types = ["Journal Article", *(["Retracted Publication"] if number == _RETRACTED else [])]
    return "\n".join(
        (
            "<PubmedArticle>",
            '<MedlineCitation Status="MEDLINE" Owner="NLM">',
            f'<PMID Version="1">{pmid}</PMID>',
            '<Article PubModel="Print">',
            f"<ArticleTitle>Demonstration abstract {number + 1}, of no article.</ArticleTitle>",
            "<Abstract>",
            _parts([phrase.en for phrase in sentences], [label for label, _ in _LABELS] if labelled else None),
            "</Abstract>",
            "<Language>fre</Language>",
            "<PublicationTypeList>",
            *(f"<PublicationType>{name}</PublicationType>" for name in types),
            "</PublicationTypeList>",
            "</Article>",
            *(f'<OtherAbstract Type="{kind}" Language="fre">\n{text}\n</OtherAbstract>' for kind, text in others),
            "</MedlineCitation>",
            "</PubmedArticle>",
        )
    )


def _parts(sentences: Sequence[str], labels: Sequence[str] | None) -> str:
    """Return an abstract's text: in one part whose first word is in italics, or cut in two parts with labels."""
    if labels is None:
        first, _, rest = " ".join(sentences).partition(" ")
        return f"<AbstractText><i>{escape(first)}</i> {escape(rest)}</AbstractText>"
    half = len(sentences) // 2
    return "\n".join(
        f"<AbstractText Label={quoteattr(label)}>{escape(' '.join(part))}</AbstractText>"
        for label, part in zip(labels, (sentences[:half], sentences[half:]), strict=True)
    )

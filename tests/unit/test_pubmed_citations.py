"""PubMed's XML: what is taken of a citation, and documents that are cut short, foreign or hostile."""

import io
import re
import resource

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.medline import HEAD, Article, article_set, both

from medinjection.records.errors import InputError
from medinjection.sources.pubmed.citations import Citation, read_citations
from medinjection.sources.pubmed.pmids import read_pmids


def read(*articles):
    return list(read_citations(io.BytesIO(article_set(articles)), "x.xml"))


def english(xml):
    return read(Article("1", xml))[0].english


def french(*others):
    return read(Article("1", "One.", others))[0].french


def test_a_citation_with_both_abstracts():
    assert read(both("980000001", "Fever < 40 °C & pain.", "Fièvre < 40 °C & douleur.")) == [
        Citation("980000001", 1, "Fever < 40 °C & pain.", ("Fièvre < 40 °C & douleur.",), False)
    ]


def test_parts_of_an_abstract_are_lines_with_their_labels():
    xml = (
        '<AbstractText Label="BACKGROUND AND AIM:" NlmCategory="OBJECTIVE">Why\n   it was done.</AbstractText>'
        '<AbstractText Label="UNLABELLED">How.</AbstractText><AbstractText Label="RESULTS"/>'
        "<AbstractText>What <!-- a comment -->came of it.</AbstractText>"
    )
    assert english(xml) == "BACKGROUND AND AIM: Why it was done.\nHow.\nWhat came of it."


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        ("\n  Dose :\n\t5\u202fmg\xa0? ", "Dose : 5\u202fmg\xa0?"),
        ("In <i>vitro</i>, <b>all</b> <u>of <i>it</i></u>.", "In vitro, all of it."),
        ("H<sub>2</sub>O, Na<sup>+</sup>, 4 × 10<sup>9</sup>/L, m<sup>−1</sup>", "H₂O, Na⁺, 4 × 10⁹/L, m⁻¹"),
        ("le 1<sup>er</sup>, C<sub>max</sub>, x<sup>2a</sup>", "le 1er, Cmax, x2a"),
        ("p &lt; 0.05 &amp; &lt;b&gt;not a tag&lt;/b&gt; &#233;", "p < 0.05 & <b>not a tag</b> é"),
        (
            '<mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML"><mml:mi>χ</mml:mi><mml:mn>2</mml:mn></mml:math>.',
            "χ2.",
        ),
    ],
)
def test_markup_inside_a_text(xml, text):
    assert english(xml) == text


@settings(max_examples=200)
@given(st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), min_size=1))
def test_any_text_comes_back_as_it_was(text):
    [citation] = read(both("1", text, f"f {text}"))
    alike = re.sub(" +", " ", text).strip(" ")
    assert citation.english == (alike or None)
    assert citation.french == (re.sub(" +", " ", f"f {text}").strip(" "),)


def test_french_abstracts_are_told_by_language_and_type():
    assert french() == ()
    assert french(("Publisher", "spa", "Uno."), ("Publisher", "fre", "Un."), ("AAMC", "fre", "Deux.")) == (
        "Un.",
        "Deux.",
    )
    assert french(("plain-language-summary", "fre", "En clair."), ("Publisher", "fre", "Un.")) == ("Un.",)
    assert french(("Publisher", "fre", " Abstract available from the publisher. "), ("Publisher", "fre", " ")) == ()


def test_a_citation_without_english_abstract():
    assert read(Article("1", "", [("Publisher", "fre", "Un.")])) == [Citation("1", 1, None, ("Un.",), False)]


def test_retracted_articles_are_told_by_type_or_notice_and_notices_are_none():
    assert [
        citation.retracted
        for citation in read(
            Article("1", "a", types=("Journal Article", "Retracted Publication")),
            Article("2", "a", notices=("ErratumIn", "RetractionIn")),
            Article("3", "a", notices=("RetractedandRepublishedIn",)),
            Article("4", "a", types=("Retraction of Publication",), notices=("RetractionOf", "CommentIn")),
        )
    ] == [True, True, True, False]


def test_versions_and_books():
    book = (
        "<PubmedBookArticle><BookDocument><PMID Version='2'>970000001</PMID><Abstract><AbstractText>A chapter."
        "</AbstractText></Abstract></BookDocument></PubmedBookArticle>"
    )
    content = article_set([Article("5", "a", version=3)]).replace(
        b"</PubmedArticleSet>", f"{book}</PubmedArticleSet>".encode()
    )
    assert list(read_citations(io.BytesIO(content), "x.xml")) == [
        Citation("5", 3, "a", (), False),
        Citation("970000001", 2, "A chapter.", (), False),
    ]


def test_a_document_that_is_cut_short_is_refused_wherever_it_ends():
    content = article_set([both("1", "One.", "Un."), both("2", "Two.", "Deux.")])
    for length in range(0, len(content), 97):
        with pytest.raises(InputError, match=r"^x\.xml: not well-formed XML"):
            list(read_citations(io.BytesIO(content[:length]), "x.xml"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"<eFetchResult><ERROR>Unable to obtain query #1</ERROR></eFetchResult>",
            r"found eFetchResult \(Unable to obt",
        ),
        (b"<html><body>Bad gateway</body></html>", "found html, expected PubmedArticleSet"),
        (article_set([Article(" ", "a")]), "a PubmedArticle has no PMID"),
    ],
)
def test_another_document_is_refused(content, message):
    with pytest.raises(InputError, match=message):
        list(read_citations(io.BytesIO(content), "x.xml"))


def doctype(subset):
    return f'<?xml version="1.0"?>\n<!DOCTYPE PubmedArticleSet [{subset}]>\n'


def test_a_billion_laughs_are_neither_unfolded_nor_accepted():
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    head = doctype(f'<!ENTITY l0 "lol">{laughs}')
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for article in (Article("1", "&l11;"), Article("1", '<AbstractText Label="&l11;">a</AbstractText>')):
        with pytest.raises(InputError, match="x.xml: not well-formed XML .*amplification"):
            list(read_citations(io.BytesIO(article_set([article], head)), "x.xml"))
    # A few that libxml2 lets pass are refused, too, and not in the text.
    few, seen = doctype('<!ENTITY l0 "lol"><!ENTITY l1 "&l0;&l0;">'), []
    with pytest.raises(InputError, match="declares entities of its own"):
        seen.extend(read_citations(io.BytesIO(article_set([Article("1", "&l1;")], few)), "x.xml"))
    assert "lol" not in str(seen)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "kilobytes"


def test_other_files_are_not_read(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("of nobody's business")
    head = doctype(f'<!ENTITY file SYSTEM "{secret.as_uri()}">')
    seen = []
    with pytest.raises(InputError, match="declares entities of its own"):
        seen.extend(read_citations(io.BytesIO(article_set([Article("1", "It says: &file;")], head)), "x.xml"))
    assert "business" not in str(seen)
    # A DTD beside the document that would declare the entity is not loaded.
    (tmp_path / "set.dtd").write_text('<!ENTITY smuggled "text of the DTD">')
    (tmp_path / "x.xml").write_bytes(
        article_set([Article("1", "a")], f'<!DOCTYPE PubmedArticleSet SYSTEM "{(tmp_path / "set.dtd").as_uri()}">')
    )
    with open(tmp_path / "x.xml", "rb") as handle:
        assert [citation.english for citation in read_citations(handle, "x.xml")] == ["a"]


def test_a_large_set_is_read_without_being_held():
    count = 4000
    articles = [both(str(n + 1), f"{n} " + "word " * 400, f"{n} " + "mot " * 400) for n in range(count)]
    content = article_set(articles, HEAD)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in read_citations(io.BytesIO(content), "x.xml")) == count
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < len(content), "the tree of the whole document would be larger than its text"


def test_lists_of_pmids(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("25114614\r\n\n 25114615\n25114614")
    assert read_pmids(path) == ["25114614", "25114615", "25114614"]
    for text, said in (
        ("1\n12a\n", r"line 2 is '12a', expected a PMID"),
        ("\n", "lists no PMID"),
        ("0123\n", "line 1"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=said):
            read_pmids(path)


def test_documents_without_pmid_are_passed_over_where_they_are_expected(tmp_path):
    path = tmp_path / "tests.txt"
    path.write_text("24686818\ndoc1\ndoc100\n25351696\n")
    assert read_pmids(path, with_documents=True) == ["24686818", "25351696"]
    with pytest.raises(InputError, match="line 2 is 'doc1', expected a PMID"):
        read_pmids(path)
    path.write_text("24686818\nsome text\n")
    with pytest.raises(InputError, match="line 2 is 'some text'"):
        read_pmids(path, with_documents=True)


def test_the_real_list(real_data):
    real = read_pmids(real_data / "wmt_biomedical/trainWmt22/train22_eng_fre.txt")
    assert (len(real), len(set(real)), real[0]) == (13048, 13048, "25114614")

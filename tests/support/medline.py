"""Citations of PubMed in its own XML, written for the tests: invented texts under numbers that PubMed does not have."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

HEAD = (
    '<?xml version="1.0" ?>\n'
    '<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
    '"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n'
)


@dataclass(frozen=True)
class Article:
    """One citation. `abstract` and each of `others` (type, language, XML) hold XML inside; "" for no abstract.

    Text without a tag is one AbstractText.
    """

    pmid: str
    abstract: str = ""
    others: Sequence[tuple[str, str, str]] = ()
    version: int = 1
    types: Sequence[str] = ("Journal Article",)
    notices: Sequence[str] = ()


def both(pmid: str, english: str, french: str, **values) -> Article:
    """Return a citation with an English and a French abstract of plain text."""
    return Article(pmid, escape(english), [("Publisher", "fre", escape(french))], **values)


def numbered(number: int) -> Article:
    """Return the citation number `number` of a series."""
    pmid = str(980_000_000 + number)
    return both(pmid, f"Drug {number} lowers the fever.", f"Le médicament {number} fait baisser la fièvre.")


def article_set(articles: Sequence[Article], head: str = HEAD) -> bytes:
    """Return the document that PubMed answers with."""
    return f"{head}<PubmedArticleSet>\n{''.join(map(_article, articles))}</PubmedArticleSet>".encode()


def _parts(xml: str) -> str:
    return xml if xml.startswith("<AbstractText") else f"<AbstractText>{xml}</AbstractText>"


def _article(article: Article) -> str:
    abstract = f"<Abstract>{_parts(article.abstract)}<CopyrightInformation>© Nobody.</CopyrightInformation></Abstract>"
    others = "".join(
        f'<OtherAbstract Type="{kind}" Language="{language}">{_parts(xml)}</OtherAbstract>'
        for kind, language, xml in article.others
    )
    types = "".join(f'<PublicationType UI="D000000">{name}</PublicationType>' for name in article.types)
    notices = "".join(
        f'<CommentsCorrections RefType="{kind}"><RefSource>J Inv. 2020;1:1</RefSource>'
        '<PMID Version="1">979999999</PMID></CommentsCorrections>'
        for kind in article.notices
    )
    return f"""<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM" IndexingMethod="Automated">
<PMID Version="{article.version}">{article.pmid}</PMID>
<DateRevised><Year>2021</Year><Month>12</Month><Day>04</Day></DateRevised>
<Article PubModel="Print-Electronic">
<Journal><ISSN IssnType="Print">0000-0000</ISSN><Title>Journal of Invented Cases</Title></Journal>
<ArticleTitle>An invented article.</ArticleTitle>{abstract if article.abstract else ""}
<Language>fre</Language><PublicationTypeList>{types}</PublicationTypeList>
<VernacularTitle>Un article inventé.</VernacularTitle></Article>
<CommentsCorrectionsList>{notices}</CommentsCorrectionsList>{others}</MedlineCitation>
<PubmedData><PublicationStatus>ppublish</PublicationStatus>
<ArticleIdList><ArticleId IdType="pubmed">{article.pmid}</ArticleId></ArticleIdList>
<ReferenceList><Reference><Citation>Somebody. Elsewhere. 2001.</Citation><ArticleIdList>
<ArticleId IdType="pubmed">978000001</ArticleId></ArticleIdList></Reference></ReferenceList></PubmedData>
</PubmedArticle>
"""

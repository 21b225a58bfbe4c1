"""Translation pairs and clinical cases: rows in upstream's true form against records by hand, and real files."""

import json
import math
import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.medline import Article, article_set, both
from support.normalised import normalise

from medinjection.records.errors import InputError
from medinjection.sources.fetching.fetch import citations_to_download, fetch_from_folder, files_to_download
from medinjection.sources.readers.french.wmt import QUESTION
from medinjection.sources.reference_page import sources_page
from medinjection.sources.registry import load_registry
from medinjection.sources.specialties import load_specialties

ROOT = Path(__file__).parents[2]
REGISTRY = load_registry(ROOT / "config/sources.yaml")
SPECIALTIES = load_specialties(ROOT / "config/specialties.yaml")
REAL_FOLDERS = {"wmt_biomedical": "wmt_biomedical", "e3c": "e3c_fr"}

WMT_ENGLISH = [
    "Title",
    "Aspirin lowers fever.",
    "METHODS",
    "Short text",
    "It was given to each of the patients.",
    "Heart",
]
WMT_FRENCH = ["Title", "L'aspirine fait baisser la fièvre.", "MÉTHODES", "Texte court.", "Non.", "Cœur"]


def put(folder: Path, name: str, content: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content, encoding="utf-8")


def run(source: str, folder: Path):
    result = normalise(REGISTRY[source], folder, SPECIALTIES)
    assert result.rows_in == len(result.kept) + len(result.rejects)
    return result


def reasons(result) -> list[str]:
    return [reject.reason for reject in result.rejects]


def test_wmt_sentences_become_instructions(tmp_path):
    put(tmp_path, "medline19_fr2en.en", "\r\n".join(WMT_ENGLISH) + "\r\n")
    put(tmp_path, "medline19_fr2en.fr", "\n".join(WMT_FRENCH))
    result = run("wmt_biomedical", tmp_path)
    assert [(r.id, r.context, r.question, r.answer, r.task, r.split) for r in result.kept] == [
        ("wmt_biomedical:medline19_fr2en:2", WMT_ENGLISH[1], QUESTION, WMT_FRENCH[1], "oeq", "train"),
        ("wmt_biomedical:medline19_fr2en:4", WMT_ENGLISH[3], QUESTION, WMT_FRENCH[3], "oeq", "train"),
    ]
    mark = "not sampled: mark of a section or heading, no sentence"
    misaligned = "misaligned: the lengths of the two sides differ too much for a translation"
    assert reasons(result) == [mark, mark, misaligned, mark]


def test_wmt_sides_of_different_length_name_both_counts(tmp_path):
    put(tmp_path, "edp17_en2fr.en", "One.\nTwo.\nThree.\n")
    put(tmp_path, "edp17_en2fr.fr", "Un.\nDeux.\n")
    with pytest.raises(InputError, match=r"edp17_en2fr.en has 3 lines and edp17_en2fr.fr has 2"):
        run("wmt_biomedical", tmp_path)


def test_wmt_needs_both_sides(tmp_path):
    put(tmp_path, "edp17_en2fr.en", "One.\n")
    with pytest.raises(InputError, match=r"edp17_en2fr: no file with the side fr; found edp17_en2fr.en"):
        run("wmt_biomedical", tmp_path)


def test_wmt_cases_are_paired_as_a_whole(tmp_path):
    put(tmp_path, "ClinicalCasesWithEval/AB/EN/19144122", "A man of 44 is seen. \nHe is treated.\n")
    put(tmp_path, "ClinicalCasesWithEval/AB/FR/AN_CG/19144122", "Un homme de 44 ans est vu. Il est traité.")
    put(tmp_path, "ClinicalCasesWithEval/AB/FR/DL/19144122", "not the reference")
    [record] = run("wmt_biomedical", tmp_path).kept
    assert record.id == "wmt_biomedical:ClinicalCasesWithEval/AB/19144122"
    assert record.context == "A man of 44 is seen. \nHe is treated."
    assert (record.answer, record.split) == ("Un homme de 44 ans est vu. Il est traité.", "test")


def official(
    folder: Path, direction: str, source: str, target: str, alignment: str, mapping: str | None = None
) -> None:
    left, right = direction.split("2")
    put(folder, f"wmt20/medline_{direction}_{left}.txt", source)
    put(folder, f"wmt20/medline_{direction}_{right}.txt", target)
    put(folder, f"wmt20/{direction}_align_validation.tsv", alignment)
    if mapping is not None:
        put(folder, f"wmt20/{direction}_mapping.txt", mapping)


def test_wmt_official_files_follow_their_alignment(tmp_path):
    official(
        tmp_path,
        "en2fr",
        "doc1\t1\tAspirin lowers fever.\ndoc1\t2\tIt is\ndoc1\t3\tcheap.\ndoc1\t4\tBye bye.\n",
        "doc1\t1\tL'aspirine fait baisser la fièvre.\ndoc1\t2\tElle est bon marché.\n",
        "OK\tD7\t1\t1\nOK\tD7\t2,3\t2\nNO_ALIGNMENT\tD7\t4\tomitted\nOK\tD7\t9\t1\n",
        "D7\tdoc1\n",
    )
    result = run("wmt_biomedical", tmp_path)
    assert [(record.id, record.context, record.answer) for record in result.kept] == [
        ("wmt_biomedical:wmt20/en2fr:1", "Aspirin lowers fever.", "L'aspirine fait baisser la fièvre."),
        ("wmt_biomedical:wmt20/en2fr:2", "It is cheap.", "Elle est bon marché."),
    ]
    assert reasons(result) == ["not sampled: upstream marks the alignment as NO_ALIGNMENT", "missing key: English"]


def test_wmt_official_french_source_is_still_the_answer(tmp_path):
    official(tmp_path, "fr2en", "d1\t1\tIl a de la fièvre.\n", "d1\t1\tHe has a fever.\n", "OK\td1\t1\t1\n")
    [record] = run("wmt_biomedical", tmp_path).kept
    assert (record.context, record.answer) == ("He has a fever.", "Il a de la fièvre.")


def test_wmt_official_files_of_another_form(tmp_path):
    official(tmp_path, "en2fr", "doc1\t1\tFever.\n", "doc1\t1\tFièvre.\n", "doc1\t1 <=> 1\n")
    with pytest.raises(InputError, match=r"en2fr_align_validation.tsv: line 1 has 2 column\(s\) .*expected 4"):
        run("wmt_biomedical", tmp_path)


def test_wmt_downloads_the_lists_of_pmids_and_their_citations():
    wmt = REGISTRY["wmt_biomedical"]
    files = files_to_download(wmt)
    assert [file.name for file in files] == ["train22_eng_fre.txt", "blacklist_test_sets.txt"]
    assert all(file.sha256 for file in files)
    assert [(file.name, file.pubmed) for file in citations_to_download(wmt)] == [("pubmed/*.xml", files[0].name)]
    assert {file.subset for file in wmt.files if file.layout == "sentences"} == {"sentences", "cases"}


def put_passages(
    folder: Path, articles: Sequence[Article], pmids: Sequence[str], tests: Sequence[str] = ("1",)
) -> None:
    put(folder, "train22_eng_fre.txt", "".join(f"{pmid}\n" for pmid in pmids))
    put(folder, "blacklist_test_sets.txt", "".join(f"{pmid}\n" for pmid in tests))
    put(folder, "pubmed/0001.xml", article_set(articles).decode())


def test_wmt_passages_are_abstracts_by_the_list_and_all_else_has_a_reason(tmp_path):
    english, french = "Aspirin lowers fever in adults.", "L'aspirine fait baisser la fièvre de l'adulte."
    fre = ("Publisher", "fre", french)
    articles = [
        both("11", english, french),
        Article("12", "", [fre]),
        Article("13", english, [("Publisher", "spa", "La aspirina baja la fiebre.")]),
        Article(
            "14", english, [("plain-language-summary", "fre", "En clair."), fre, ("Publisher", "fre", "Une autre.")]
        ),
        both("15", english, french, types=("Retracted Publication",)),
        both("16", english, french),
        both("18", english, "Non."),
        both("19", english, english),
        both("20", "Old text of the citation.", "Ancien texte de la notice."),
        both("20", english, french, version=2),
        both("11", english, french),
        both("99", english, french),
    ]
    put_passages(
        tmp_path, articles, ["14", "11", *(str(n) for n in range(12, 21) if n != 14), "11"], tests=["doc1", "16", "7"]
    )
    result = run("wmt_biomedical", tmp_path)
    fields = (english, QUESTION, french, "oeq")
    assert [(r.id, r.context, r.question, r.answer, r.task) for r in result.kept] == [
        (f"wmt_biomedical:{pmid}", *fields) for pmid in ("14", "11", "20")
    ]
    # Drawn by the passage: the same text is never in two splits.
    assert len({record.split for record in result.kept}) == 1
    assert result.kept[0].provenance.upstream_id == "14"
    # Eleven lines of the list; an older version, a copy and a stranger among the citations.
    assert result.rows_in == 11 + 3
    assert [(reject.id.partition(":")[2], reject.reason) for reject in result.rejects] == [
        ("12", "not sampled (no English abstract)"),
        ("13", "not sampled (no French abstract)"),
        ("15", "not sampled (retracted article)"),
        ("16", "not sampled (PMID of a test set)"),
        ("17", "not sampled (PubMed has no citation with this PMID)"),
        ("18", "not sampled (the lengths of the two abstracts differ too much for a translation)"),
        ("19", "not sampled (the two abstracts are the same text)"),
        ("11", "duplicate of a PMID of the list"),
        ("20", "not sampled (older version of a citation)"),
        ("11", "duplicate of a citation"),
        ("99", "not sampled (PMID that is on no list)"),
    ]
    raws = [json.loads(reject.raw) for reject in result.rejects]
    places = [(raw["file"], raw["row"]) for raw in raws]
    assert places[0] == ("0001.xml", 2), "the citation with that fault"
    assert places[4] == ("train22_eng_fre.txt", 7), "the line of the list that no citation answers"
    assert places[-1] == ("0001.xml", 12)
    assert raws[1]["content"]["English"] == english


def test_wmt_structured_abstracts_keep_their_parts(tmp_path):
    parts = [("BACKGROUND", "10<sup>9</sup> cells."), ("RESULTS", "p &lt; 0.05.")]
    english = "".join(f'<AbstractText Label="{label}">{text}</AbstractText>' for label, text in parts)
    french = "<AbstractText>10<sup>9</sup> cellules ; <i>p</i> &lt; 0,05.</AbstractText>"
    put_passages(tmp_path, [Article("5", english, [("Publisher", "fre", french)])], ["5"])
    [record] = run("wmt_biomedical", tmp_path).kept
    assert record.context == "BACKGROUND: 10⁹ cells.\nRESULTS: p < 0.05."
    assert record.answer == "10⁹ cellules ; p < 0,05."


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("train22_eng_fre.txt", "found blacklist_test_sets.txt, pubmed/0001.xml, but no file with the pmids$"),
        ("blacklist_test_sets.txt", "but no file with the pmids of test sets$"),
        ("pubmed/0001.xml", "but no file with the citations$"),
    ],
)
def test_wmt_passages_need_both_lists_and_the_citations(tmp_path, missing, said):
    put_passages(tmp_path, [both("11", "One.", "Un.")], ["11"])
    (tmp_path / missing).unlink()
    with pytest.raises(InputError, match=said):
        run("wmt_biomedical", tmp_path)


def test_wmt_layouts_are_not_mixed(tmp_path):
    put_passages(tmp_path, [both("11", "One.", "Un.")], ["11"])
    put(tmp_path, "medline18_en2fr.en", "One.\n")
    with pytest.raises(InputError, match="two layouts of wmt_biomedical .passages and sentences."):
        run("wmt_biomedical", tmp_path)


DISTRIBUTION = (
    "filepdf-1.txt\t\t\ttrain 2021\nfilepdf-2.txt\tx\ty\ttest 2021\nfilepdf-3.txt\t\t\ttest 2020\nunused.txt\n"
)


def deft_folder(folder: Path) -> None:
    for number in (1, 2, 3, 4):
        put(folder, f"DEFT-cas-cliniques/filepdf-{number}.txt", f"Cas {number}.\n")
        put(folder, f"DEFT-cas-cliniques/filepdf-{number}.ann", "T1\tage 0 3\tCas\n")
    put(folder, "evaluations/ref-test-deft2021.txt", "filepdf-2.ann\ttumeur\tcancer\nfilepdf-2.ann\tdigestif\tcôlon\n")


def test_deft_splits_and_specialties(tmp_path):
    deft_folder(tmp_path)
    put(tmp_path, "distribution-corpus.txt", DISTRIBUTION)
    result = run("deft2021", tmp_path)
    assert [(d.id, d.text, d.split, d.specialty_raw) for d in result.kept] == [
        ("deft2021:filepdf-1", "Cas 1.", "train", None),
        ("deft2021:filepdf-2", "Cas 2.", "test", "tumeur|digestif"),
    ]
    assert reasons(result) == [
        "not sampled: the case is in the part test 2020",
        "the case is not in distribution-corpus.txt",
    ]


def test_deft_without_distribution_takes_the_split_of_the_registry(tmp_path):
    deft_folder(tmp_path)
    assert [document.split for document in run("deft2021", tmp_path).kept] == ["train"] * 4


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("filepdf-1.txt;train 2021\n", "no line has the 4 columns expected"),
        ("filepdf-1.txt\t\t\ttrain\n", "no row's fourth column is one of train 2021, test 2021"),
    ],
)
def test_deft_distribution_of_another_form(tmp_path, content, message):
    deft_folder(tmp_path)
    put(tmp_path, "distribution-corpus.txt", content)
    with pytest.raises(InputError, match=f"distribution-corpus.txt: {message}"):
        run("deft2021", tmp_path)


def test_deft_without_texts(tmp_path):
    put(tmp_path, "distribution-corpus.txt", DISTRIBUTION)
    with pytest.raises(InputError, match=r"no file DEFT-cas-cliniques/\*.txt"):
        run("deft2021", tmp_path)


def diamed_rows(*chapters: object) -> list[dict]:
    return [
        {"identifier": f"c{number}", "clinical_case": f"Cas {number}.", "icd-10": chapter}
        for number, chapter in enumerate(chapters)
    ]


def test_diamed_leaves_out_what_its_loader_leaves_out(tmp_path):
    rows = diamed_rows(
        "C00-D49  Neoplasms", math.nan, "Plusieurs cas cliniques (2)", "Aucune annotation", "Cancer", None
    )
    put(tmp_path, "splits/validation.json", json.dumps(rows))
    result = run("diamed", tmp_path)
    assert [(d.id, d.text, d.split, d.specialty_raw) for d in result.kept] == [
        ("diamed:c0", "Cas 0.", "validation", "C00-D49")
    ]
    assert reasons(result) == [
        "not sampled: no chapter of the ICD-10",
        "not sampled: Plusieurs cas cliniques",
        "not sampled: Aucune annotation",
        "icd-10 is 'Cancer', expected a chapter such as 'C00-D49  Neoplasms'",
        "not sampled: no chapter of the ICD-10",
    ]


def test_diamed_parquet_numbers_are_chapters(tmp_path):
    pq.write_table(pa.Table.from_pylist(diamed_rows(0, 21, 22)), tmp_path / "test.parquet")
    result = run("diamed", tmp_path)
    assert [(d.specialty_raw, d.split) for d in result.kept] == [("A00-B99", "test"), ("Z00-Z99", "test")]
    assert reasons(result) == ["icd-10 is a whole number, expected a text"]


def test_diamed_parquet_without_the_columns(tmp_path):
    pq.write_table(pa.table({"id": ["1"], "text": ["Cas."]}), tmp_path / "train.parquet")
    with pytest.raises(InputError, match=r"train.parquet: missing column.*found id, text, expected identifier, clin"):
        run("diamed", tmp_path)


@pytest.mark.parametrize("name", REAL_FOLDERS)
def test_real_files(name, tmp_path):
    if "MEDINJECTION_DATA" not in os.environ:
        pytest.skip("set MEDINJECTION_DATA to the folder with the real files")
    folder = Path(os.environ["MEDINJECTION_DATA"]) / REAL_FOLDERS[name]
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    fetch_from_folder(REGISTRY[name], folder, tmp_path / "raw")
    result = run(name, tmp_path / "raw")
    assert result.kept
    assert len({item.id for item in result.kept}) == len(result.kept)
    defects = [reason for reason in reasons(result) if not reason.startswith(("not sampled", "duplicate of "))]
    assert len(defects) <= 0.05 * result.rows_in
    for item in result.kept:
        text = item.text if name == "e3c" else f"{item.context}{item.answer}"
        assert text and unicodedata.is_normalized("NFC", text)


def test_page_says_what_is_downloaded_and_what_is_known():
    page = sources_page(REGISTRY)
    part = page.split("## WMT biomedical")[1].split("\n## ")[0]
    said = "Downloaded without a folder: 2 files of the layout passages, and from PubMed the citations that "
    assert f"{said}`train22_eng_fre.txt` lists." in part
    assert "| `pubmed/*.xml` | passages | none |  | unknown | yes, from PubMed, by `train22_eng_fre.txt` |" in part
    assert "| `scielo_en2fr.en` | sentences | train |  | 4,319 | [by hand, here](" in part
    assert "in a zip or tar file, as `ClinicalCasesWithEval/AB/EN/19144122`" in part
    assert "| `*/medline_en2fr_en.txt` | official | test |  | unknown | by hand | unknown |" in part
    part = page.split("## DEFT 2021")[1].split("\n## ")[0]
    assert "Nothing can be downloaded: give the files by hand." in part
    assert "Access by a signed agreement" in part
    part = page.split("## MedMCQA\n")[1].split("\n## ")[0]
    assert "Downloaded without a folder: 3 files of the layout hub." in part
    assert "Shares of the splits where upstream gives none: train 0.82, validation 0.154, test 0.026." in page
    assert "Shares of the splits where upstream gives none: train 0.832, validation 0.022, test 0.146." in page

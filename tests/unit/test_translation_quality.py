"""Table 3: reading test sets, translating them, BLEU, the table and its audit."""

import csv
import json
import runpy
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sacrebleu.metrics import BLEU
from support.llms import llm_flag, scripted

from medinjection.config.settings.evaluation.translation_quality import CometSettings, TranslationQualitySettings
from medinjection.llm.client.conversation import InvalidAnswer
from medinjection.records.conservation import REJECT_SCHEMA
from medinjection.records.errors import InputError
from medinjection.records.files import read_table
from medinjection.scoring.translation.case_alignment import common_segments
from medinjection.scoring.translation.pairs import Segment, read_segments, read_test_set, write_segments
from medinjection.scoring.translation.scores import score_systems
from medinjection.synthesis.translating_texts import read_text

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "workflow" / "scripts"
PUBLISHED = ROOT / "resources" / "published" / "published_table3.csv"
SIGNATURE = "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0"


def write(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def read(folder, layout="wmt_biomedical", files="*en2fr*", outputs=None, limit=None):
    return read_test_set(folder, layout, files, outputs or {}, limit, 42)


# Alignment of texts whose lines are cut differently


def test_equal_numbers_of_lines_are_aligned_line_by_line():
    segments = common_segments(["a b", "c"], {"x": ["A", "C C C C C C"], "y": ["1", "2"]})
    assert segments == [{"": ["a b"], "x": ["A"], "y": ["1"]}, {"": ["c"], "x": ["C C C C C C"], "y": ["2"]}]


def test_a_line_that_one_side_splits_stays_one_segment():
    source = ["The patient is a man of fifty years.", "He has fever. He also coughs every night.", "He was treated."]
    split = ["Le patient est un homme de cinquante ans.", "Il a de la fièvre.", "Il tousse aussi la nuit.", "Traité."]
    whole = ["Le malade est un homme de 50 ans.", "Il a de la fièvre et il tousse toutes les nuits.", "Il fut traité."]
    segments = common_segments(source, {"split": split, "whole": whole})
    assert [segment[""] for segment in segments] == [[line] for line in source]
    assert [segment["split"] for segment in segments] == [split[:1], split[1:3], split[3:]]
    assert [segment["whole"] for segment in segments] == [[line] for line in whole]


def test_a_line_that_one_side_merges_joins_the_segments_of_all():
    source = ["The margins were all clear of tumour cells.", "The nodes were free of disease as well.", "Short end."]
    merged = ["Les marges étaient saines et les ganglions étaient indemnes de maladie tumorale.", "Fin courte."]
    segments = common_segments(source, {"merged": merged, "whole": ["1", "2", "3"]})
    assert [segment[""] for segment in segments] == [source[:2], source[2:]]
    assert [segment["whole"] for segment in segments] == [["1", "2"], ["3"]]


lines = st.lists(st.integers(1, 120).map(lambda n: "x" * n), min_size=1, max_size=12)


@settings(max_examples=60)
@given(lines, st.lists(lines, min_size=1, max_size=3))
def test_no_line_is_lost_or_moved(source, translations):
    sides = {str(number): side for number, side in enumerate(translations)}
    segments = common_segments(source, sides)
    for name, side in {"": source, **sides}.items():
        assert [line for segment in segments for line in segment[name]] == side
        assert all(segment[name] for segment in segments)


# Test sets


@pytest.fixture
def aligned(tmp_path):
    folder = tmp_path / "corpus"
    write(folder / "medline18_en2fr.en", "Fever.", " It hurts. ", "", "METHODS")
    write(folder / "medline18_en2fr.fr", "Fièvre.", "Il a mal.", "Vide.", "MÉTHODES")
    write(folder / "medline18_fr2en.en", "Other direction.")
    write(folder / "medline18_fr2en.fr", "Autre sens.")
    return folder


def test_aligned_sentences_become_segments(aligned):
    segments, rejects = read(aligned)
    assert segments == [
        Segment("medline18_en2fr:1", "Fever.", "Fièvre."),
        Segment("medline18_en2fr:2", "It hurts.", "Il a mal."),
        Segment("medline18_en2fr:4", "METHODS", "MÉTHODES"),
    ]
    assert [(reject.id, reject.reason, reject.raw) for reject in rejects] == [
        ("medline18_en2fr:3", "a side is empty", "Vide.")
    ]
    assert [s.segment_id for s in read(aligned, files="*fr2en*")[0]] == ["medline18_fr2en:1"]


def test_official_files_are_read_by_their_alignment(tmp_path):
    year = tmp_path / "corpus" / "wmt24"
    write(year / "medline_en2fr_en.txt", "d\t1\tOne.", "d\t2\tTwo.", "d\t3\tThree.")
    write(year / "medline_en2fr_fr.txt", "d\t1\tUn. Deux.", "d\t2\tTrois ?", "d\t3\tQuatre.")
    write(year / "en2fr_align_validation.tsv", "OK\td\t1,2\t1", "NO_ALIGNMENT\td\t3\t2", "OK\td\t9\t3")
    segments, rejects = read(tmp_path / "corpus")
    assert segments == [Segment("wmt24/en2fr:1", "One. Two.", "Un. Deux.")]
    assert [reject.reason.split(":")[0] for reject in rejects] == ["not sampled", "a side is empty"]


def test_abstracts_of_2024_are_whole_lines(tmp_path):
    write(tmp_path / "en2fr_en.txt", "One. Two: 1\t2.", "Three.", "")
    write(tmp_path / "en2fr_fr.txt", "Un. Deux : 1\t2. ", "Trois.", "Quatre.")
    write(tmp_path / "fr2en_fr.txt", "Cinq.")
    segments, rejects = read(tmp_path, "wmt_abstracts")
    assert segments == [
        Segment("en2fr:1", "One. Two: 1\t2.", "Un. Deux : 1\t2."),
        Segment("en2fr:2", "Three.", "Trois."),
    ]
    assert [(reject.id, reject.reason) for reject in rejects] == [("en2fr:3", "a side is empty")]
    write(tmp_path / "fr2en_en.txt", "Five.")
    assert read(tmp_path, "wmt_abstracts", "*fr2en*")[0] == [Segment("fr2en:1", "Five.", "Cinq.")]


def test_abstracts_that_are_not_what_they_should_be(tmp_path):
    write(tmp_path / "en2fr_en.txt", "One.", "Two.")
    with pytest.raises(InputError, match=r"en2fr: no file with the side fr; found en2fr_en\.txt"):
        read(tmp_path, "wmt_abstracts")
    write(tmp_path / "en2fr_fr.txt", "Un.")
    with pytest.raises(InputError, match="has 2 lines and en2fr_fr.txt has 1"):
        read(tmp_path, "wmt_abstracts")
    write(tmp_path / "en2fr_en.txt", "doc1\t1\tOne.")
    with pytest.raises(InputError, match="line 1 has document, number and sentence, expected a whole abstract"):
        read(tmp_path, "wmt_abstracts")
    with pytest.raises(InputError, match=r"expected <direction>_en\.txt and <direction>_fr\.txt; found en2fr_en\.txt"):
        read(tmp_path, "wmt_abstracts", "*fr2en*")


def test_a_limit_takes_nested_subsets_and_sets_the_rest_aside(aligned):
    whole = read(aligned)[0]
    one, two = (read(aligned, limit=limit) for limit in (1, 2))
    assert {s.segment_id for s in one[0]} < {s.segment_id for s in two[0]} < {s.segment_id for s in whole}
    assert two[0] == [segment for segment in whole if segment in two[0]]
    assert [len(rejects) for _, rejects in (one, two)] == [3, 2]


def test_given_outputs_go_with_the_lines_of_the_set(aligned, tmp_path):
    good = write(tmp_path / "good.txt", "Fièvre !", "J'ai mal.", "", "MÉTHODES")
    segments, _ = read(aligned, outputs={"good": good})
    assert [segment.outputs for segment in segments] == [{"good": t} for t in ("Fièvre !", "J'ai mal.", "MÉTHODES")]
    with pytest.raises(InputError, match=r"short\.txt: 1 lines, expected one for each of the 4 segments"):
        read(aligned, outputs={"short": write(tmp_path / "short.txt", "Fièvre !")})


def test_a_folder_without_test_set_is_named(tmp_path, aligned):
    with pytest.raises(InputError, match=r"no aligned files that match '\*x\*'.*found medline18_en2fr\.en"):
        read(aligned, files="*x*")
    (aligned / "medline18_en2fr.fr").unlink()
    with pytest.raises(InputError, match="no file with the side fr"):
        read(aligned)
    with pytest.raises(InputError, match="EN: no such folder"):
        read(tmp_path / "none", "clinical_cases")


@pytest.fixture
def cases(tmp_path):
    folder = tmp_path / "AB"
    write(folder / "EN" / "11", "The man of fifty had a high fever. He coughed at night.", "He got well again.")
    write(folder / "EN" / "22", "The woman had a fall.")
    split = ("L'homme de cinquante ans avait de la fièvre.", "Il toussait la nuit.", "Il a guéri de nouveau.")
    write(folder / "FR" / "AN_CG.ospl", *split, "", "La femme a fait une chute.")
    write(folder / "FR" / "AN" / "11", "Post-édition.")
    write(folder / "FR" / "DL.ospl", "one block only")
    write(folder / "FR" / "DL" / "11", *split, "", "Traduit avec www.DeepL.com/Translator (version gratuite)")
    write(folder / "FR" / "DL" / "22", "La dame est tombée.")
    write(folder / "FR" / "SYS" / "11.ospl", "Un homme fiévreux qui toussait pendant toutes les nuits.", "Il guérit.")
    write(folder / "FR" / "SYS" / "22.ospl", "Une chute.")
    return folder


def test_clinical_cases_come_with_their_systems(cases, caplog):
    segments, rejects = read(cases, "clinical_cases")
    assert [(s.segment_id, s.reference, s.outputs["SYS"]) for s in segments] == [
        (
            "11:1",
            "L'homme de cinquante ans avait de la fièvre. Il toussait la nuit.",
            "Un homme fiévreux qui toussait pendant toutes les nuits.",
        ),
        ("11:2", "Il a guéri de nouveau.", "Il guérit."),
        ("22:1", "La femme a fait une chute.", "Une chute."),
    ]
    assert list(segments[0].outputs) == ["DL", "SYS"]
    assert not any("DeepL" in segment.outputs["DL"] for segment in segments)
    assert "DL: 11: 1 line(s) left out" in caplog.text
    assert rejects == []


def test_a_missing_document_of_a_system_is_named(cases, tmp_path):
    with pytest.raises(InputError, match="has outputs of 'SYS' already"):
        read(cases, "clinical_cases", outputs={"SYS": write(tmp_path / "o.txt", "a", "b", "c")})
    (cases / "FR" / "SYS" / "22.ospl").unlink()
    with pytest.raises(InputError, match=r"SYS: no text of document 22, expected 22 or 22\.ospl"):
        read(cases, "clinical_cases")
    (cases / "FR" / "AN_CG.ospl").unlink()
    with pytest.raises(InputError, match="the reference AN_CG or CG"):
        read(cases, "clinical_cases")


def test_segments_come_back_from_their_file(cases, tmp_path):
    segments, _ = read(cases, "clinical_cases")
    write_segments(tmp_path / "segments.jsonl", segments)
    assert read_segments(tmp_path / "segments.jsonl") == segments


# Translating


@pytest.mark.parametrize(
    "answer",
    [
        "Le patient avait de la fièvre.",
        " Fièvre\n",
        "Aspirin",
        "Les auteurs de « The Lancet » ont décrit la maladie de Crohn.",
        "AAS 75 mg/j",
    ],
)
def test_french_answers_are_kept_as_they_are(answer):
    assert read_text(answer, "The patient had a fever.") == answer.strip()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (" \n", "empty"),
        ("Randomised trial, adult patients, Paris.", "not translated"),
        ("The patient was treated with aspirin.", "not translated"),
        ("[pseudo-traduction] The patient was treated with aspirin.", "not translated"),
    ],
)
def test_answers_that_are_not_french_are_asked_again(answer, said):
    with pytest.raises(InvalidAnswer, match=said):
        read_text(answer, "Randomised trial, adult patients, Paris.")


@pytest.fixture
def run_script(monkeypatch):
    def run(name, *flags):
        monkeypatch.setattr(sys, "argv", [name, *map(str, flags)])
        runpy.run_path(str(SCRIPTS / f"{name}.py"), run_name="__main__")

    return run


def test_a_test_set_goes_all_the_way_to_the_table(run_script, tmp_path):
    known = "Ascites, spider naevi and palmar erythema can suggest cirrhosis."
    french = "L'ascite, les angiomes stellaires et l'érythème palmaire peuvent évoquer la cirrhose."
    write(tmp_path / "set" / "a_en2fr.en", known, "The committee was not convinced.")
    write(tmp_path / "set" / "a_en2fr.fr", french, "Le comité n'était pas convaincu.")
    given_file = write(tmp_path / "given.txt", french, "Le comité n'est pas convaincu.")
    segments, translated = tmp_path / "segments.jsonl", tmp_path / "translated.jsonl"
    flags = ("--folder", tmp_path / "set", "--layout", "wmt_biomedical", "--given", f"other={given_file}")
    run_script("read_test_set", *flags, "--output", segments)
    teacher = llm_flag(**scripted())
    prompt = ("--prompt", ROOT / "config" / "prompts" / "translate_text.txt", "--journal", tmp_path / "j.jsonl")
    run_script(
        "translate_test_set", "--input", segments, *teacher, *prompt, "--max-reject-share", 0.5, "--output", translated
    )
    # The scripted teacher has no French for what it does not know; the segment then counts as an empty translation.
    assert [json.loads(line) for line in translated.read_text().splitlines()] == [
        {"segment_id": "a_en2fr:1", "output": french}
    ]
    [reject] = read_table(tmp_path / "translated.rejects.parquet", REJECT_SCHEMA).to_pylist()
    assert (reject["id"], reject["reason"]) == ("a_en2fr:2", "the text is not translated")
    scored = ("--output", tmp_path / "bleu.csv", "--segment-scores", tmp_path / "scored.jsonl")
    run_script(
        "score_translations", "--test-set", "a", "--segments", segments, "--translated", f"t={translated}", *scored
    )
    flags = ("--bleu", tmp_path / "bleu.csv", "--published-3", PUBLISHED, "--output-folder", tmp_path)
    run_script("report_translation_table", *flags)
    with open(tmp_path / "table3.csv", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [(row["system"], row["n"], row["missing"]) for row in rows[:2]] == [("t", "2", "1"), ("other", "2", "0")]
    references = [french, "Le comité n'était pas convaincu."]
    outputs = {"t": [french, ""], "other": [french, "Le comité n'est pas convaincu."]}
    for row in rows[:2]:
        assert float(row["bleu"]) == round(BLEU().corpus_score(outputs[row["system"]], [references]).score, 2)
        assert row["bleu_signature"] == SIGNATURE
    assert {path.suffix for path in tmp_path.glob("table3.*")} == {".csv", ".md", ".tex"}


# Scores


def test_bleu_is_sacrebleus_and_missing_segments_count_as_empty():
    segments = [
        Segment("1", "s", "Le patient avait de la fièvre et toussait.", {"given": "Le patient avait de la fièvre."}),
        Segment("2", "s", "Il a guéri en une semaine.", {"given": "Il a guéri en une semaine."}),
    ]
    scores, of_segments = score_systems("set", segments, {"teacher": {"2": "Il a guéri."}})
    references = [[segment.reference for segment in segments]]
    expected = {"teacher": ["", "Il a guéri."], "given": [segment.outputs["given"] for segment in segments]}
    assert [(s.system, s.n, s.missing, s.signature) for s in scores] == [
        ("teacher", 2, 1, SIGNATURE),
        ("given", 2, 0, SIGNATURE),
    ]
    for score in scores:
        assert score.bleu == BLEU().corpus_score(expected[score.system], references).score
    assert [(row.system, row.segment_id, row.output) for row in of_segments] == [
        (system, str(place + 1), text) for system, texts in expected.items() for place, text in enumerate(texts)
    ]
    assert of_segments[3].bleu == pytest.approx(100)
    assert of_segments[0].bleu == 0
    sentence = BLEU(effective_order=True).sentence_score("Le patient avait de la fièvre.", references[0][:1])
    assert of_segments[2].bleu == sentence.score


def test_what_cannot_be_scored_is_named():
    segments = [Segment("1", "s", "r", {"x": "o"})]
    with pytest.raises(InputError, match="no output to score"):
        score_systems("set", [Segment("1", "s", "r")], {})
    with pytest.raises(InputError, match="t translated 9, which is not a segment"):
        score_systems("set", segments, {"t": {"9": "o"}})
    with pytest.raises(InputError, match="'x' is both a teacher and a system"):
        score_systems("set", segments, {"x": {"1": "o"}})


# Settings


def test_settings_that_make_no_table_are_refused():
    assert CometSettings().model_id == "Unbabel/wmt22-comet-da"
    with pytest.raises(ValidationError, match="model_id without revision"):
        CometSettings(model_id="Unbabel/XCOMET-XL")
    nothing = {"test_sets": {"wmt": {"folder": "f", "layout": "wmt_abstracts"}}}
    with pytest.raises(ValidationError, match=r"test_sets\.wmt: nothing to score, expected teachers or outputs"):
        TranslationQualitySettings(**nothing)
    nothing["test_sets"]["wmt"]["outputs"] = {"t": "o.txt"}
    with pytest.raises(ValidationError, match="'t' is also a teacher's name"):
        TranslationQualitySettings(teachers=["t"], **nothing)


# Real outputs


@pytest.mark.parametrize("kind", ["AB", "FT"])
def test_real_systems_score_as_sacrebleu_says(real_data, kind):
    folder = real_data / "wmt_biomedical" / "ClinicalCasesWithEval" / kind
    segments, rejects = read(folder, "clinical_cases")
    documents = sorted(path.name for path in (folder / "EN").iterdir())
    assert rejects == []
    assert list(dict.fromkeys(segment.segment_id.split(":")[0] for segment in segments)) == documents
    scores, _ = score_systems(kind, segments, {})
    assert {"DL", "Huawei-Babeltar", "HuaweiTSC", "SPECTRANS"} == {score.system for score in scores}
    for score in scores:
        metric = BLEU()
        outputs = [segment.outputs[score.system] for segment in segments]
        direct = metric.corpus_score(outputs, [[segment.reference for segment in segments]])
        assert (score.bleu, score.signature) == (direct.score, str(metric.get_signature()))
        assert score.missing == 0
        assert 15 < score.bleu < 60
        # Alignment loses and moves no text: a system's outputs, joined, are its file.
        text = "".join("".join(s.outputs[score.system].split()) for s in segments)
        assert text == _text_of(folder / "FR" / score.system, documents)


def _text_of(folder, documents):
    paths = [next(p for p in (folder / name, folder / f"{name}.ospl") if p.is_file()) for name in documents]
    if folder.name == "DL" and folder.parent.parent.name == "AB":
        paths = [folder.with_name("DL.ospl")]
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    return "".join("".join(line.split()) for line in lines if not line.startswith("Traduit avec www.DeepL"))

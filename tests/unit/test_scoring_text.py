import csv
import subprocess
import sys
import unicodedata
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.records import open_record

from medinjection.prediction.schema import OPEN_SCHEMA
from medinjection.records.errors import InputError
from medinjection.records.files import write_records, write_table
from medinjection.scoring.open.text import TEXT_COLUMNS, bleu, rouge, score_open
from medinjection.scoring.open.tokenisers import FrenchTokeniser

SCRIPT = Path(__file__).parents[2] / "workflow" / "scripts" / "score_open.py"
REFERENCES = [
    "La metformine expose à un risque d'acidose lactique.",
    "Une fièvre élevée évoque une infection bactérienne sévère.",
    "L'insuline est produite par le pancréas.",
]
OUTPUTS = [
    "La metformine peut causer une acidose lactique.",
    "Une fièvre modérée évoque une infection virale.",
    "L'insuline est produite par le foie.",
]


def words(text):
    return FrenchTokeniser().tokenize(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fièvre élevée", ["fièvre", "élevée"]),
        ("L’œdème s'étend", ["l", "oedème", "s", "étend"]),
        ("jusqu'à lorsqu'il qu'une", ["jusqu", "à", "lorsqu", "il", "qu", "une"]),
        ("aujourd'hui, c'est d'aujourd’hui", ["aujourd'hui", "c", "est", "d", "aujourd'hui"]),
        ("Curriculum VITÆ; ex æquo", ["curriculum", "vitae", "ex", "aequo"]),
        ("**vitamine B12** : 3,5 µg", ["vitamine", "b12", "3", "5", "µg"]),
        ("", []),
    ],
)
def test_french_words(text, expected):
    assert words(text) == expected


@given(st.text(alphabet=st.sampled_from("aéèêçœÉàùï'’ -lLdD.")))
def test_french_words_do_not_depend_on_unicode_form_or_case(text):
    assert words(unicodedata.normalize("NFD", text)) == words(text) == words(text.upper())


def test_fever_the_default_breaks_words_at_accents_and_fr_does_not():
    from rouge_score import tokenize

    assert tokenize.tokenize("fièvre élevée", None) == ["fi", "vre", "lev", "e"]
    # fièvre and lèvre share no word; the default sees "vre" in both.
    assert rouge(["fièvre"], ["lèvre"], "default")["rouge1"] == [pytest.approx(50)]
    assert rouge(["fièvre"], ["lèvre"], "fr")["rouge1"] == [0]


def test_composed_and_decomposed_accents_are_equal_under_fr_only():
    text = REFERENCES[1]
    decomposed = unicodedata.normalize("NFD", text)
    assert rouge([decomposed], [text], "fr") == {m: [pytest.approx(100)] for m in ("rouge1", "rouge2", "rougeL")}
    assert rouge([decomposed], [text], "default")["rouge1"][0] < 70


def test_rouge_by_hand():
    # reference: l insuline est produite par le pancréas (7 words); output: ... le foie (7): 6 shared, 5 bigrams of 6.
    scores = rouge([OUTPUTS[2]], [REFERENCES[2]], "fr")
    assert scores["rouge1"] == [pytest.approx(100 * 6 / 7)]
    assert scores["rouge2"] == [pytest.approx(100 * 5 / 6)]
    assert scores["rougeL"] == [pytest.approx(100 * 6 / 7)]


def test_default_variants_are_what_the_packages_give():
    import sacrebleu
    from rouge_score.rouge_scorer import RougeScorer

    score, signature = bleu(OUTPUTS, REFERENCES)
    assert score == sacrebleu.corpus_bleu(OUTPUTS, [REFERENCES]).score
    assert signature == f"nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:{sacrebleu.__version__}"
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=False)
    ours = rouge(OUTPUTS, REFERENCES, "default")
    for i, (output, reference) in enumerate(zip(OUTPUTS, REFERENCES, strict=True)):
        theirs = scorer.score(reference, output)
        assert [ours[m][i] / 100 for m in ("rouge1", "rouge2", "rougeL")] == pytest.approx(
            [theirs[m].fmeasure for m in ("rouge1", "rouge2", "rougeL")]
        )


SOURCES = ("x", "y", "x")


def answers(outputs=OUTPUTS, model="NAT", finished=True):
    rows = [
        {
            "model": model,
            "record_id": f"src:{i}",
            "source": SOURCES[i],
            "output": output,
            "output_tokens": 10 + i,
            "reference_tokens": 20,
            "finished": finished,
        }
        for i, output in enumerate(outputs)
    ]
    return pa.Table.from_pylist(rows, schema=OPEN_SCHEMA)


def references():
    return {f"src:{i}": text for i, text in enumerate(REFERENCES)}


def values(rows):
    return {(row["source"], row["metric"], row["variant"]): row["value"] for row in rows}


def test_open_answers_are_scored_together_and_by_source():
    rows = score_open(answers(), references())
    found = values(rows)
    assert list(dict.fromkeys(row["source"] for row in rows)) == ["all", "x", "y"]
    assert {row["n"] for row in rows if row["source"] == "x"} == {2}
    assert found["all", "bleu", "default"] == bleu(OUTPUTS, REFERENCES)[0]
    assert found["x", "bleu", "default"] == bleu([OUTPUTS[0], OUTPUTS[2]], [REFERENCES[0], REFERENCES[2]])[0]
    by_answer = rouge(OUTPUTS, REFERENCES, "fr")["rougeL"]
    assert found["all", "rougeL", "fr"] == pytest.approx(sum(by_answer) / 3)
    assert found["x", "rougeL", "fr"] == pytest.approx((by_answer[0] + by_answer[2]) / 2)
    assert found["all", "output_tokens", "-"] == 11 and found["y", "output_tokens", "-"] == 11
    assert found["all", "reference_tokens", "-"] == 20
    signatures = {(row["metric"], row["variant"]): row["signature"] for row in rows}
    assert signatures["rouge2", "fr"] == "rouge2|measure:f1|average:mean|stem:no|tok:fr|rouge_score:0.1.2"


def test_an_empty_answer_scores_zero_and_counts():
    full, emptied = (values(score_open(answers(o), references())) for o in (OUTPUTS, [*OUTPUTS[:2], " "]))
    assert emptied["all", "empty_outputs", "-"] == 1 and full["all", "empty_outputs", "-"] == 0
    without = rouge(OUTPUTS[:2], REFERENCES[:2], "fr")["rouge1"]
    assert emptied["all", "rouge1", "fr"] == pytest.approx(sum(without) / 3)
    nothing = values(score_open(answers(["", "", ""], finished=False), references()))
    assert nothing["all", "bleu", "default"] == nothing["all", "rouge2", "default"] == 0
    assert nothing["all", "unfinished_outputs", "-"] == 3


def test_answers_must_match_the_references():
    with pytest.raises(InputError, match="NAT: record src:2 has no answer"):
        score_open(answers(OUTPUTS[:2]), references())
    with pytest.raises(InputError, match="NAT: record src:2 is not among the references"):
        score_open(answers(), {k: v for k, v in references().items() if k != "src:2"})
    with pytest.raises(InputError, match="record src:0 is answered more than once"):
        score_open(pa.concat_tables([answers(), answers()]), references())
    with pytest.raises(InputError, match="no answers"):
        score_open(answers([]), {})
    with pytest.raises(InputError, match="2 models"):
        score_open(pa.concat_tables([answers(), answers(model="SYN")]), references())


def test_program_writes_the_same_csv_twice(tmp_path):
    records = [open_record(i, question="Pourquoi ?", answer=text) for i, text in enumerate(REFERENCES)]
    write_records(tmp_path / "open.parquet", records)
    for model in ("base", "NAT"):
        write_table(tmp_path / model / "open.parquet", answers(model=model))
    command = [sys.executable, SCRIPT, "--references", "open.parquet", "--predictions", "base/open.parquet"]
    for name in ("one.csv", "two.csv"):
        result = subprocess.run(
            [*command, "NAT/open.parquet", "--output", name], cwd=tmp_path, capture_output=True, text=True
        )
        assert result.returncode == 0, result.stderr
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    assert b"\r" not in (tmp_path / "one.csv").read_bytes()
    rows = list(csv.DictReader((tmp_path / "one.csv").open()))
    assert tuple(rows[0]) == TEXT_COLUMNS
    assert list(dict.fromkeys(row["model"] for row in rows)) == ["base", "NAT"]
    assert rows[0]["metric"] == "bleu" and rows[0]["value"] == f"{bleu(OUTPUTS, REFERENCES)[0]:.6g}"


def test_the_program_refuses_answers_of_another_model_than_the_file_stands_for(tmp_path):
    write_records(tmp_path / "open.parquet", [])
    write_table(tmp_path / "foreign.parquet", answers(model="TRAD"))
    command = [sys.executable, SCRIPT, "--references", "open.parquet", "--predictions", "foreign.parquet"]
    result = subprocess.run(
        [*command, "--models", "foreign-x", "--output", "open.csv"], cwd=tmp_path, capture_output=True, text=True
    )
    assert result.returncode == 1
    assert "foreign.parquet: holds answers of 'TRAD', but stands for foreign-x" in result.stderr
    assert not (tmp_path / "open.csv").exists()


def test_the_program_says_what_answers_of_an_earlier_version_lack(tmp_path):
    write_records(tmp_path / "open.parquet", [])
    write_table(tmp_path / "old.parquet", answers().drop_columns("source"))
    command = [sys.executable, SCRIPT, "--references", "open.parquet", "--predictions", "old.parquet"]
    result = subprocess.run([*command, "--output", "open.csv"], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 1
    assert "old.parquet: no column source, which says where each question comes from" in result.stderr
    assert not (tmp_path / "open.csv").exists()

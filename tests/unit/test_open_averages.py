import csv
from pathlib import Path

import pyarrow as pa
import pytest
from support.open_answers import OUTPUTS, REFERENCES, answers, references
from support.preloaded import run_program
from support.records import open_record

from medinjection.prediction.schema import OPEN_SCHEMA
from medinjection.records.errors import InputError
from medinjection.records.files import read_table, write_records, write_table
from medinjection.scoring.open.answer_scores import ANSWER_SCORES_SCHEMA
from medinjection.scoring.open.averages import TEXT_COLUMNS, score_open
from medinjection.scoring.open.text import answer_bleu, bleu, rouge

SCRIPT = Path(__file__).parents[2] / "workflow" / "scripts" / "score_open.py"


def values(rows, average=None):
    """(source, metric, variant) -> value, by the average beside the paper's or the one named."""
    shown = {"bleu": "corpus", "empty_outputs": "-", "unfinished_outputs": "-"}
    return {
        (row["source"], row["metric"], row["variant"]): row["value"]
        for row in rows
        if row["average"] == (average or shown.get(row["metric"], "answers"))
    }


def test_open_answers_are_scored_together_and_by_source():
    rows, of_answers = score_open(answers(), references())
    found = values(rows)
    assert list(dict.fromkeys(row["source"] for row in rows)) == ["all", "questions", "x", "y"]
    assert {row["n"] for row in rows if row["source"] == "x"} == {2}
    assert found["all", "bleu", "default"] == bleu(OUTPUTS, REFERENCES)[0]
    assert found["x", "bleu", "default"] == bleu([OUTPUTS[0], OUTPUTS[2]], [REFERENCES[0], REFERENCES[2]])[0]
    by_answer = rouge(OUTPUTS, REFERENCES, "fr")["rougeL"]
    assert found["all", "rougeL", "fr"] == pytest.approx(sum(by_answer) / 3)
    assert found["x", "rougeL", "fr"] == pytest.approx((by_answer[0] + by_answer[2]) / 2)
    assert found["all", "output_tokens", "-"] == 11 and found["y", "output_tokens", "-"] == 11
    assert found["all", "reference_tokens", "-"] == 20
    signatures = {(row["metric"], row["variant"]): row["signature"] for row in rows}
    assert signatures["rouge2", "fr"] == (
        "rouge2|measure:f1|stem:no|tok:fr|text:folded|ligatures:kept|rouge_score:0.1.2"
    )
    assert of_answers.schema == ANSWER_SCORES_SCHEMA
    single = {
        (row["record_id"], row["metric"], row["variant"]): row for row in of_answers.to_pylist() if not row["empty"]
    }
    assert len(single) == len(of_answers) == 3 * 5 * 2
    assert [single[f"src:{i}", "rougeL", "fr"]["score"] for i in range(3)] == by_answer
    assert single["src:1", "bleu", "fr"]["score"] == answer_bleu(OUTPUTS, REFERENCES, "fr").scores[1]
    assert {row["source"] for row in single.values()} == {"x", "y"}


def test_averages_by_hand():
    rows, _ = score_open(answers(), references(), translations=["y"])
    assert list(dict.fromkeys(row["source"] for row in rows)) == ["all", "questions", "translations", "x", "y"]
    by_answer = rouge(OUTPUTS, REFERENCES, "default")["rouge1"]
    over_sources = ((by_answer[0] + by_answer[2]) / 2 + by_answer[1]) / 2
    assert values(rows, "sources")["all", "rouge1", "default"] == pytest.approx(over_sources)
    assert values(rows)["translations", "rouge1", "default"] == pytest.approx(by_answer[1])
    assert values(rows)["questions", "rouge1", "default"] == values(rows)["x", "rouge1", "default"]
    of_x, of_y = (bleu([OUTPUTS[i] for i in part], [REFERENCES[i] for i in part])[0] for part in ((0, 2), (1,)))
    assert values(rows, "sources")["all", "bleu", "default"] == pytest.approx((of_x + of_y) / 2)
    alone = answer_bleu(OUTPUTS, REFERENCES, "default").scores
    assert values(rows, "answers")["all", "bleu", "default"] == pytest.approx(sum(alone) / 3)
    # A source has no mean over sources; only BLEU has a corpus.
    assert {row["source"] for row in rows if row["average"] == "sources"} == {"all", "questions", "translations"}
    assert {row["metric"] for row in rows if row["average"] == "corpus"} == {"bleu"}
    with pytest.raises(InputError, match="a source is called 'questions', which is the name of a group"):
        named = answers().set_column(2, OPEN_SCHEMA.field("source"), pa.array(["questions"] * 3))
        score_open(named, references())


def further(ids=("src:2", "src:0", "src:1"), model="NAT"):
    """Scores of a further metric, in an order of their own: 0 for src:0, 10 for src:1, 20 for src:2."""
    return pa.Table.from_pylist(
        [
            {
                "model": model,
                "record_id": name,
                "source": "x",
                "metric": "bertscore_f1",
                "variant": "fr",
                "score": 10.0 * int(name[-1]),
                "empty": False,
                "signature": "sig",
            }
            for name in ids
        ],
        schema=ANSWER_SCORES_SCHEMA,
    )


def test_further_scores_are_averaged_too_and_must_be_of_these_answers():
    rows, of_answers = score_open(answers(), references(), scored=further())
    found = values(rows)
    assert (found["all", "bertscore_f1", "fr"], found["x", "bertscore_f1", "fr"]) == (10, 10)
    assert values(rows, "sources")["all", "bertscore_f1", "fr"] == 10 and found["y", "bertscore_f1", "fr"] == 10
    assert of_answers["score"].to_pylist()[-3:] == [0, 10, 20]
    with pytest.raises(InputError, match="NAT: bertscore_f1, fr of 2 answers, expected one for each of the 3"):
        score_open(answers(), references(), scored=further(("src:2", "src:0")))
    with pytest.raises(InputError, match="record src:7, which is not among the answers"):
        score_open(answers(), references(), scored=further(("src:2", "src:0", "src:7")))


def test_an_empty_answer_scores_zero_and_counts():
    # A no-break space and a zero-width one show nothing.
    blank = [*OUTPUTS[:2], "\xa0\u200b"]
    full, emptied = (values(score_open(answers(o), references())[0]) for o in (OUTPUTS, blank))
    of_answers = score_open(answers(blank), references())[1].to_pylist()
    assert {(row["record_id"], row["score"]) for row in of_answers if row["empty"]} == {("src:2", 0)}
    assert sum(row["empty"] for row in of_answers) == 10
    assert emptied["all", "empty_outputs", "-"] == 1 and full["all", "empty_outputs", "-"] == 0
    without = rouge(OUTPUTS[:2], REFERENCES[:2], "fr")["rouge1"]
    assert emptied["all", "rouge1", "fr"] == pytest.approx(sum(without) / 3)
    nothing = values(score_open(answers(["", "", ""], finished=False), references())[0])
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
    command = [SCRIPT, "--references", "open.parquet", "--predictions", "base/open.parquet"]
    write_table(tmp_path / "scored.parquet", pa.concat_tables([further(), further(model="base")]))
    command += ["NAT/open.parquet", "--translations", "y", "--scored", "scored.parquet"]
    for name in ("one", "two"):
        flags = ["--output", f"{name}.csv", "--answers", f"{name}.parquet"]
        result = run_program([*command, *flags], cwd=tmp_path)
        assert result.returncode == 0, result.stderr
    for suffix in ("csv", "parquet"):
        assert (tmp_path / f"one.{suffix}").read_bytes() == (tmp_path / f"two.{suffix}").read_bytes()
    single = read_table(tmp_path / "one.parquet", ANSWER_SCORES_SCHEMA)
    assert len(single) == 2 * 3 * 11 and set(single["model"].to_pylist()) == {"base", "NAT"}
    assert b"\r" not in (tmp_path / "one.csv").read_bytes()
    rows = list(csv.DictReader((tmp_path / "one.csv").open()))
    assert tuple(rows[0]) == TEXT_COLUMNS
    assert list(dict.fromkeys(row["model"] for row in rows)) == ["base", "NAT"]
    assert rows[0]["metric"] == "bleu" and rows[0]["value"] == f"{bleu(OUTPUTS, REFERENCES)[0]:.6g}"


def test_the_program_refuses_answers_of_another_model_than_the_file_stands_for(tmp_path):
    write_records(tmp_path / "open.parquet", [])
    write_table(tmp_path / "foreign.parquet", answers(model="TRAD"))
    command = [SCRIPT, "--references", "open.parquet", "--predictions", "foreign.parquet"]
    result = run_program(
        [*command, "--models", "foreign-x", "--output", "open.csv", "--answers", "a.parquet"], cwd=tmp_path
    )
    assert result.returncode == 1
    assert "foreign.parquet: holds answers of 'TRAD', but stands for foreign-x" in result.stderr
    assert not (tmp_path / "open.csv").exists()


def test_the_program_says_what_answers_of_an_earlier_version_lack(tmp_path):
    write_records(tmp_path / "open.parquet", [])
    write_table(tmp_path / "old.parquet", answers().drop_columns("source"))
    command = [SCRIPT, "--references", "open.parquet", "--predictions", "old.parquet"]
    result = run_program([*command, "--output", "open.csv", "--answers", "a.parquet"], cwd=tmp_path)
    assert result.returncode == 1
    assert "old.parquet: no column source, which says where each question comes from" in result.stderr
    assert not (tmp_path / "open.csv").exists()

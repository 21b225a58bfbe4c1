"""Judges asked again: what they are asked, what is journalled, and how far they agree with themselves."""

import csv
import runpy
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.agreement import judgements_file
from support.endpoint import serving
from support.llms import llm_flag, scripted
from support.preloaded import run_program
from support.records import open_record

from medinjection.llm.client.prompts import read_prompt
from medinjection.prediction.schema import OPEN_SCHEMA
from medinjection.pricing.estimation import estimate
from medinjection.pricing.jobs import ConsistencyJudging, Evaluation
from medinjection.pricing.work import work_of
from medinjection.records.errors import InputError
from medinjection.records.files import write_records, write_table
from medinjection.records.stand_ins import StandIn, read_stand_ins
from medinjection.scoring.agreement.self_consistency import CONSISTENCY_COLUMNS, consistency_rows
from medinjection.scoring.open.judged_again import AGAIN_SCHEMA, draw_again, judge_again, messages_again

pytestmark = pytest.mark.usefixtures("key")

PROMPTS = ("judge_answer.txt", "judge_answer_paraphrased.txt")
RECORDS = [open_record(n, source="kqa", split="test") for n in range(1, 9)]
OUTPUTS = {model: [(record.id, f"{model} {record.id}") for record in RECORDS] for model in ("base", "NAT")}


@pytest.fixture
def prompts(root):
    return [read_prompt(root / "config/prompts" / name) for name in PROMPTS]


def test_the_prompt_is_paraphrased_and_the_order_swapped_each_alone(prompts):
    prompt, paraphrase = prompts
    again = messages_again(RECORDS[0], " Candidate. ", prompt, paraphrase)
    usual = "Question: Question 1 ?\nCandidate_answer: Candidate.\nGround_truth: Réponse 1."
    swapped = "Question: Question 1 ?\nGround_truth: Réponse 1.\nCandidate_answer: Candidate."
    said = {way: [message["content"] for message in messages] for way, messages in again.items()}
    assert said == {"paraphrase": [paraphrase.text, usual], "swapped": [prompt.text, swapped]}
    sentences = {line for line in prompt.text.splitlines() if line}
    assert sentences.isdisjoint(paraphrase.text.splitlines())


def test_the_sample_is_seeded_nested_and_of_all_models():
    every = draw_again(OUTPUTS, 100, seed=1)
    assert len(every) == 16 and draw_again(OUTPUTS, 5, seed=1) == every[:5]
    assert draw_again(dict(reversed(OUTPUTS.items())), 5, seed=1) == every[:5] != draw_again(OUTPUTS, 5, seed=2)
    assert {answer.model for answer in every[:8]} == {"base", "NAT"}
    assert draw_again(OUTPUTS, 0, seed=1) == []


def test_the_answers_must_be_known_and_judged(prompts):
    drawn = draw_again(OUTPUTS, 1, seed=1)
    place = f"model {drawn[0].model}: answer to record {drawn[0].record_id}"
    with pytest.raises(InputError, match=f"{place}, which is no evaluation record"):
        judge_again(drawn, {}, [], *prompts, judge=None)
    with pytest.raises(InputError, match=f"{place}, which was not judged before"):
        judge_again(drawn, {}, RECORDS, *prompts, judge=None)


def table_of(*rows):
    """A table of rows (way, first score, score)."""
    names = ("way", "first_score", "score")
    more = {"model": "base", "raw_output": ""}
    full = [{**more, "record_id": str(n), **dict(zip(names, row, strict=True))} for n, row in enumerate(rows)]
    return pa.Table.from_pylist(full, schema=AGAIN_SCHEMA)


def test_agreement_with_oneself_by_hand():
    """Of 10 read both times 7 stay (4 of 0, 3 of 1), 2 rise and 1 falls.

    Kappa: observed 0.7, chance 0.6 * 0.5 + 0.4 * 0.5 = 0.5, so 0.4. Wilson's interval of 7 in 10 is (0.3968, 0.8922),
    as in Newcombe 1998 (Statistics in Medicine 17, 857) by its formula.
    """
    rows = [(0, 0)] * 4 + [(1, 1)] * 3 + [(0, 1)] * 2 + [(1, 0)] + [(None, 1)] * 2 + [(1, None)]
    paraphrased, swapped = consistency_rows("j", table_of(*(("paraphrase", *row) for row in rows), ("swapped", 1, 1)))
    assert tuple(paraphrased) == CONSISTENCY_COLUMNS
    counts = [paraphrased[name] for name in ("asked", "unread_first", "unread_again", "n")]
    assert counts == [13, 2, 1, 10]
    assert [paraphrased[name] for name in ("agreement", "zero_to_one", "one_to_zero")] == [0.7, 0.2, 0.1]
    assert paraphrased["cohen_kappa"] == pytest.approx(0.4)
    z, share, n = 1.959963984540054, 0.7, 10
    middle, half = share + z * z / (2 * n), z * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    assert paraphrased["agreement_ci_low"] == pytest.approx((middle - half) / (1 + z * z / n))
    assert paraphrased["agreement_ci_high"] == pytest.approx((middle + half) / (1 + z * z / n))
    assert (swapped["n"], swapped["agreement"], swapped["cohen_kappa"]) == (1, 1.0, "")
    assert swapped["undefined"] == "kappa: 1 throughout, both times"


def test_without_any_score_nothing_is_defined():
    rows = consistency_rows("j", table_of(("swapped", None, 1)))
    assert [(row["asked"], row["n"], row["agreement"]) for row in rows] == [(0, 0, ""), (1, 0, "")]
    assert rows[1]["undefined"] == "no answer with a score both times"


@pytest.fixture
def asked_again(tmp_path, root, monkeypatch):
    """A function that has the program ask again about answers that were all judged 1, and returns its table."""
    for model, outputs in OUTPUTS.items():
        more = {"model": model, "source": "kqa", "output_tokens": 1, "reference_tokens": 1, "finished": True}
        rows = [{**more, "record_id": record_id, "output": output} for record_id, output in outputs]
        write_table(tmp_path / f"{model}.parquet", pa.Table.from_pylist(rows, schema=OPEN_SCHEMA))
        judgements_file(tmp_path / "judged", model, dict.fromkeys((record.id for record in RECORDS), 1))
    for path in (tmp_path / "judged").iterdir():
        kept = pq.read_table(path)
        schema = pa.schema([kept.schema.field(0).with_nullable(False), kept.schema.field(1), kept.schema.field(2)])
        pq.write_table(kept.cast(schema), path)
    write_records(tmp_path / "open.parquet", RECORDS)

    def run(size, **llm):
        command = [root / "workflow/scripts/judge_consistency.py", "--models", *OUTPUTS, "--predictions"]
        command += [tmp_path / f"{model}.parquet" for model in OUTPUTS]
        command += ["--judgements", tmp_path / "judged", "--records", tmp_path / "open.parquet"]
        command += ["--prompt", root / "config/prompts" / PROMPTS[0]]
        command += ["--paraphrase", root / "config/prompts" / PROMPTS[1], "--size", size, "--seed", 42]
        command += [*llm_flag(**llm), "--journal", tmp_path / "journals/all.jsonl"]
        command += ["--output", tmp_path / "again.parquet"]
        monkeypatch.setattr(sys, "argv", [str(word) for word in command])
        runpy.run_path(sys.argv[0], run_name="__main__")
        return pq.read_table(tmp_path / "again.parquet").to_pylist()

    return run


def test_the_program_asks_twice_an_answer_and_nothing_twice(asked_again, tmp_path, root):
    def reply(messages, number):
        return "1" if "Ground_truth: Réponse" in messages[1]["content"].split("Candidate_answer")[0] else "0."

    with serving(reply) as endpoint:
        llm = {"model": "openai/judge", "api_base": endpoint.url}
        rows = asked_again(3, **llm)
        assert endpoint.requests == 6
        assert [(row["way"], row["first_score"], row["score"], row["raw_output"]) for row in rows] == 3 * [
            ("paraphrase", 1, None, "0."),
            ("swapped", 1, 1, "1"),
        ]
        assert asked_again(4, **llm)[:6] == rows
        assert endpoint.requests == 8
    flags = ["--judgements", f"j={tmp_path / 'judged'}", "--models", *OUTPUTS]
    flags += ["--again", f"j={tmp_path / 'again.parquet'}"]
    flags += ["--references", tmp_path / "open.parquet", "--output-folder", tmp_path]
    run_program([root / "workflow/scripts/score_judgements.py", *flags], check=True)
    with open(tmp_path / "judge_consistency.csv", encoding="utf-8", newline="") as handle:
        found = [(row["judge"], row["way"], row["n"], row["agreement"]) for row in csv.DictReader(handle)]
    assert found == [("j", "paraphrase", "0", ""), ("j", "swapped", "4", "1")]


def test_what_was_asked_again_is_not_to_be_paid_again(asked_again, tmp_path, root):
    def priced(size, absent=0):
        job = ConsistencyJudging(
            stage="judge_consistency",
            source="all",
            llm_name="j",
            llm=llm,
            journals=str(tmp_path / "journals"),
            prompt=str(root / "config/prompts" / PROMPTS[0]),
            paraphrase=str(root / "config/prompts" / PROMPTS[1]),
            evaluation=Evaluation(
                candidates=(str(tmp_path / "open.parquet"),),
                split="test",
                seed=42,
                open=str(tmp_path / "open.parquet"),
            ),
            predictions={} if absent else {model: str(tmp_path / f"{model}.parquet") for model in OUTPUTS},
            absent=absent,
            max_new_tokens=100,
            size=size,
            seed=42,
        )
        return estimate(work_of(job), len)

    with serving(lambda messages, number: "1") as endpoint:
        llm = {"model": "openai/judge", "api_base": endpoint.url}
        asked_again(5, **llm)
        assert endpoint.requests == 10
        assert [(priced(size).requests, priced(size).answered) for size in (5, 7)] == [(10, 10), (14, 10)]
        # Answers that are not written yet: as many requests are expected, and no more than there will be answers.
        assert [priced(size, absent=2).requests for size in (5, 100)] == [10, 2 * 16]


def test_a_scripted_judge_answers_both_ways_and_its_file_says_what_it_is(asked_again, tmp_path):
    rows = asked_again(16, **scripted("judge-a"))
    assert [row["way"] for row in rows] == ["paraphrase", "swapped"] * 16
    assert {row["score"] for row in rows} == {0}
    assert read_stand_ins(tmp_path / "again.parquet") == (StandIn.JUDGE,)

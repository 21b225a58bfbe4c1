import csv
import io
import json
import runpy
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest
from support.llms import scripted
from support.records import document, open_record, record

from medinjection.llm.client.client import Client
from medinjection.llm.client.prompts import Prompt, read_prompt
from medinjection.llm.client.tokens import token_counter
from medinjection.llm.journal.journal import Journal
from medinjection.llm.language_model import LanguageModel
from medinjection.prediction.schema import OPEN_SCHEMA
from medinjection.pricing.estimation import estimate
from medinjection.pricing.items import items_asked
from medinjection.pricing.jobs import job_json, read_job
from medinjection.pricing.requests import ExpectedRequest
from medinjection.pricing.synthesis import ITEM_TOKENS, TRANSLATION_GROWTH
from medinjection.pricing.table import COLUMNS, estimates_csv, summary
from medinjection.pricing.work import Work, work_of
from medinjection.records.errors import InputError
from medinjection.records.files import write_documents, write_records, write_table
from medinjection.records.schema import Provenance
from medinjection.scoring.open.judges import judge_answers
from medinjection.scoring.translation.pairs import Segment, write_segments
from medinjection.synthesis.conversion import convert_records
from medinjection.synthesis.generation import generate_choice, generate_open
from medinjection.synthesis.translation import translate_records

PRICED = LanguageModel(model="openai/x", input_cost_per_token=0.5, output_cost_per_token=2.0)
KNOWLEDGE = "resources/knowledge_base.yaml"
PROMPTS = Path("config/prompts")


def words(text: str) -> int:
    return len(text.split())


def work(requests, teacher=PRICED, journals=Path("nowhere"), **more):
    return Work("translate_source", "medqa", "teacher", teacher, requests, "assumed", journals, **more)


def request(user: str, **more) -> ExpectedRequest:
    return ExpectedRequest(Prompt("du système deux", "f" * 64).messages(user), **more)


# --- pricing


def test_tokens_and_money_are_those_counted_by_hand():
    # 11 of the chat, 3 of the prompt, and 2 or 4 of the user: 16 + 18; answers of 2 x 2 + 1 and 2 x 4 + 1.
    found = estimate(work([request(user, growth=2, answer_tokens=1) for user in ("a b", "a b c d")]), words)
    assert (found.requests, found.answered, found.counted) == (2, 0, 2)
    assert (found.prompt_tokens, found.completion_tokens) == (34, 14)
    assert (found.money, found.paid, found.to_pay) == (0.5 * 34 + 2 * 14, 0, 0.5 * 34 + 2 * 14)


def test_a_batch_costs_its_share():
    batch = PRICED.model_copy(update={"mode": "batch", "batch_price_factor": 0.25})
    one, other = (estimate(work([request("a b", growth=1)], teacher), words) for teacher in (PRICED, batch))
    assert (other.mode, other.to_pay) == ("batch", one.to_pay / 4)


def test_an_unknown_price_is_unknown_and_never_nothing():
    for teacher in (LanguageModel(model="openai/x"), LanguageModel(model="openai/x", input_cost_per_token=1.0)):
        found = estimate(work([request("a")], teacher), words)
        assert (found.money, found.to_pay, found.requests) == (None, None, 1)
    free = estimate(
        work([request("a")], PRICED.model_copy(update={"input_cost_per_token": 0, "output_cost_per_token": 0})), words
    )
    assert (free.money, free.to_pay) == (0, 0)


def test_an_answer_is_not_longer_than_its_limit():
    short = PRICED.model_copy(update={"max_tokens": 16})
    assert estimate(work([request("a", answer_tokens=100)], short), words).completion_tokens == 16


def test_equal_requests_are_one():
    assert estimate(work([request("a"), request("b"), request("a")]), words).requests == 2


def test_a_sample_stands_for_all_and_is_the_same_in_any_order():
    requests = [request(f"{number} " * (1 + number % 7), growth=1) for number in range(700)]
    whole = estimate(work(requests), words)
    part = estimate(work(requests), words, sample=100)
    assert (whole.counted, part.counted, part.requests) == (700, 100, 700)
    assert part.prompt_tokens == pytest.approx(whole.prompt_tokens, rel=0.05)
    assert estimate(work(requests[::-1]), words, sample=100) == part


def test_requests_that_are_not_written_yet_count_as_often_as_they_are_expected():
    found = estimate(work([request("a b", times=2.5, written=False, unwritten_tokens=10, answer_tokens=2)] * 4), words)
    assert (found.requests, found.counted) == (10, 4)
    assert (found.prompt_tokens, found.completion_tokens) == (10 * (11 + 3 + 2 + 10), 20)


def test_no_work_costs_nothing():
    found = estimate(work([]), words)
    assert (found.requests, found.money, found.prompt_tokens) == (0, 0, 0)


def test_a_schema_that_is_sent_along_is_part_of_the_prompt():
    from medinjection.synthesis.answers import ChoiceItem

    plain = estimate(work([request("a")], schema=ChoiceItem), words)
    structured = estimate(
        work([request("a")], PRICED.model_copy(update={"structured": True}), schema=ChoiceItem), words
    )
    assert structured.prompt_tokens > plain.prompt_tokens


def test_tokens_are_counted_offline_as_openai_does():
    tokens = token_counter()
    assert (tokens(""), tokens("hello world"), tokens("<|endoftext|>")) == (0, 2, 7)


@pytest.mark.parametrize(
    ("prompt", "items"),
    [
        ("generate_case_choice", 14),
        ("generate_deft_open", 15),
        ("generate_diamed_open", 16),
        ("generate_morfitt_choice", 5),
        ("generate_morfitt_open", 6),
        ("translate", 16),
    ],
)
def test_prompts_say_how_many_items_they_ask_for(prompt, items):
    assert items_asked(read_prompt(PROMPTS / f"{prompt}.txt").text) == items


# --- the stages: what is estimated is what is asked


ENGLISH = [
    record(
        n, source="s", component="translated", split="test", question=f"Which of {n} drugs?", options=("Aspirin", "B")
    )
    for n in range(6)
]
OPEN = [open_record(n, source="s", split="test", question=f"Que dire de {n} ?", answer="Peu.") for n in range(4)]
CLOSED = [replace(record, context=f"Le passage {record.id}.") for record in OPEN]
DOCUMENTS = [
    document(
        n,
        source="d",
        text=f"Un résumé numéro {n} sur l'asthme.",
        specialty_raw="a|b",
        provenance=Provenance(upstream_id=str(n)),
    )
    for n in range(5)
]
PRICES = {"input_cost_per_token": 0.001, "output_cost_per_token": 0.002}
LLM = scripted(**PRICES, attempts=1)


DEFAULTS = {"source": "s", "llm_name": "scripted", "llm": LLM}


def job(tmp_path, stage, **more):
    return read_job(json.dumps({**DEFAULTS, "stage": stage, "journals": str(tmp_path / "journals"), **more}))


def evaluation(file, **more):
    return {"candidates": [str(file)], "split": "test", "seed": 42, **more}


def priced(*jobs):
    return [estimate(work_of(one), token_counter()) for one in jobs]


@pytest.mark.parametrize("structured", [False, True])
@pytest.mark.parametrize("stage", ["translate_source", "convert_source", "choice", "open", "judge_answers"])
def test_what_a_stage_has_asked_is_not_to_be_paid_again(tmp_path, stage, structured):
    prompts = {"translate_source": "translate", "convert_source": "convert_choice", "judge_answers": "judge_answer"}
    prompt = PROMPTS / f"{prompts.get(stage, f'generate_morfitt_{stage}')}.txt"
    file, asked = str(tmp_path / "input.parquet"), 5
    more = {"llm": {**LLM, "structured": structured}, "prompt": str(prompt)}
    answers = [(record.id, f"Réponse {record.id}") for record in OPEN]
    if stage in ("choice", "open"):
        write_documents(file, DOCUMENTS)
        generate = partial(generate_choice, task="mcq") if stage == "choice" else generate_open
        more, name = more | {"form": stage, "documents": file}, "generate_items"
        run = lambda client: generate(DOCUMENTS, read_prompt(prompt), client)  # noqa: E731
    elif stage == "judge_answers":
        write_records(file, OPEN)
        rows = [
            {
                "model": "NAT",
                "record_id": i,
                "source": "s",
                "output": o,
                "output_tokens": 1,
                "reference_tokens": 1,
                "finished": True,
            }
            for i, o in answers
        ]
        write_table(tmp_path / "open.parquet", pa.Table.from_pylist(rows, schema=OPEN_SCHEMA))
        more |= {"evaluation": evaluation(file, open=file), "predictions": {"NAT": str(tmp_path / "open.parquet")}}
        more |= {"absent": 0, "max_new_tokens": 10}
        name, asked = stage, 4
        run = lambda client: judge_answers({"NAT": answers}, OPEN, read_prompt(prompt), client)  # noqa: E731
    else:
        records = ENGLISH if stage == "translate_source" else CLOSED
        write_records(file, records)
        more |= {"records": file}
        name, asked = stage, len(records)
        rework = translate_records if stage == "translate_source" else convert_records
        run = lambda client: rework(records, read_prompt(prompt), client)  # noqa: E731
    one = job(tmp_path, name, **more)
    (before,) = priced(one)
    assert (before.requests, before.answered, before.paid) == (asked, 0, 0)
    llm = work_of(one).llm
    with Journal(tmp_path / "journals" / "1-of-1.jsonl") as journal:
        run(Client(llm, journal))
        cost = journal.cost
    (after,) = priced(one)
    assert (after.requests, after.answered, after.counted, after.to_pay) == (asked, asked, 0, 0)
    assert after.paid == after.money == pytest.approx(cost) and cost > 0


def test_what_is_half_done_is_half_paid(tmp_path):
    write_records(tmp_path / "input.parquet", ENGLISH)
    asked = {"records": str(tmp_path / "input.parquet"), "prompt": str(PROMPTS / "translate.txt")}
    one = job(tmp_path, "translate_source", **asked)
    (before,) = priced(one)
    with Journal(tmp_path / "journals" / "1-of-2.jsonl") as journal:
        prompt = read_prompt(PROMPTS / "translate.txt")
        translate_records(ENGLISH[:2], prompt, Client(work_of(one).llm, journal))
    (after,) = priced(one)
    assert (after.requests, after.answered, after.counted) == (6, 2, 4)
    assert 0 < after.to_pay < before.to_pay
    assert after.money == pytest.approx(after.paid + after.to_pay)
    # Another prompt asks anew.
    (tmp_path / "other.txt").write_text("Translate.")
    (anew,) = priced(one.model_copy(update={"prompt": str(tmp_path / "other.txt")}))
    assert (anew.answered, anew.paid) == (0, 0)


def test_translations_grow_and_items_are_as_many_as_asked_for(tmp_path):
    tokens = token_counter()
    write_segments(tmp_path / "segments.jsonl", [Segment("1", "One English sentence.", "Une phrase.")])
    write_documents(tmp_path / "d.parquet", DOCUMENTS)
    texts = job(
        tmp_path,
        "translate_test_set",
        segments=str(tmp_path / "segments.jsonl"),
        prompt=str(PROMPTS / "translate_text.txt"),
    )
    items = job(
        tmp_path,
        "generate_items",
        documents=str(tmp_path / "d.parquet"),
        prompt=str(PROMPTS / "generate_morfitt_open.txt"),
        form="open",
    )
    translated, generated = priced(texts, items)
    system = tokens(read_prompt(PROMPTS / "translate_text.txt").text)
    user = tokens("One English sentence.")
    assert translated.prompt_tokens == 11 + system + user
    assert translated.completion_tokens == round(TRANSLATION_GROWTH * user)
    assert generated.completion_tokens == 5 * 6 * ITEM_TOKENS["open"]


def rating(tmp_path, **more):
    write_documents(tmp_path / "d.parquet", DOCUMENTS)
    generation = {
        "documents": str(tmp_path / "d.parquet"),
        "choice_prompt": str(PROMPTS / "generate_morfitt_choice.txt"),
        "open_prompt": str(PROMPTS / "generate_morfitt_open.txt"),
    }
    prompts = {
        "choice_prompt": str(PROMPTS / "judge_choice_quality.txt"),
        "open_prompt": str(PROMPTS / "judge_open_quality.txt"),
    }
    return job(tmp_path, "judge_quality", **prompts, generation=[generation], seed=42, **more)


def test_judges_of_items_that_do_not_exist_are_asked_of_those_that_will(tmp_path):
    every, some = priced(rating(tmp_path), rating(tmp_path, limit=10))
    # 5 documents with 5 choice and 6 open items each; of each kind at most 10.
    assert (every.requests, some.requests) == (55, 20)
    assert (every.completion_tokens, some.completion_tokens) == (110, 40)
    assert every.prompt_tokens > 55 * ITEM_TOKENS["open"]


def test_judges_of_items_that_exist_are_asked_of_those(tmp_path):
    items = [
        replace(
            record,
            id=f"d:{n}-c1",
            component="synthetic",
            source="d",
            split="train",
            provenance=Provenance(upstream_id=str(n)),
        )
        for n, record in enumerate(ENGLISH[:5])
    ]
    items += [replace(OPEN[0], id="d:0-o1", component="synthetic", split="train", context="Un cas.")]
    write_records(tmp_path / "items.parquet", items)
    every, some = priced(*(rating(tmp_path, items=str(tmp_path / "items.parquet"), limit=limit) for limit in (None, 2)))
    assert (every.requests, some.requests) == (6, 3)


def test_judges_of_answers_are_asked_of_every_model_and_open_question(tmp_path):
    records = [*OPEN, replace(OPEN[0], id="s:9", split="train"), replace(ENGLISH[0], id="s:10")]
    write_records(tmp_path / "r.parquet", records)
    jobs = [
        job(
            tmp_path,
            "judge_answers",
            prompt=str(PROMPTS / "judge_answer.txt"),
            evaluation=evaluation(tmp_path / "r.parquet", limit_open=limit),
            absent=3,
            max_new_tokens=100,
        )
        for limit in (None, 3)
    ]
    every, some = priced(*jobs)
    assert (every.requests, some.requests) == (3 * 4, 3 * 3)
    assert every.prompt_tokens > 12 * 100 and every.completion_tokens == 24


def test_a_job_that_is_none_is_refused_with_a_sentence(tmp_path):
    asked = {"records": "r.parquet", "prompt": "p.txt"}
    with pytest.raises(InputError, match="--job: colour: Extra inputs are not permitted"):
        job(tmp_path, "translate_source", **asked, colour="red")
    with pytest.raises(InputError, match="'train_mix' found using 'stage' does not match .* 'translate_source'"):
        job(tmp_path, "train_mix", **asked)
    with pytest.raises(InputError, match="--job: prompt: Field required"):
        job(tmp_path, "translate_source", records="r.parquet")
    with pytest.raises(InputError, match="--job: llm.colour: Extra inputs are not permitted"):
        job(tmp_path, "translate_source", **asked, llm=LLM | {"colour": "red"})
    with pytest.raises(InputError, match="--job: Invalid JSON"):
        read_job("{")


def test_what_is_wrong_with_a_job_repeats_no_secret(tmp_path):
    llm = LLM | {"extra": {"api_key": "sk-0123456789abcdef"}}
    with pytest.raises(InputError, match="llm.extra: holds 'api_key'; keys are read from the env") as refused:
        job(tmp_path, "translate_source", records="r.parquet", prompt="p.txt", llm=llm)
    assert "sk-0123456789abcdef" not in str(refused.value)


def test_a_job_is_the_same_after_it_was_handed_over(tmp_path):
    one = rating(tmp_path, limit=3)
    assert read_job(job_json(one)) == one
    assert "items" not in job_json(one)


# --- the file and the sentence


def test_the_program_writes_a_line_for_each_job_and_says_the_sum(tmp_path, monkeypatch, capsys):
    write_records(tmp_path / "r.parquet", ENGLISH)
    asked = {"records": str(tmp_path / "r.parquet"), "prompt": str(PROMPTS / "translate.txt")}
    llm = {"model": "openai/x", "mode": "batch", "extra": {"top_p": 1}, **PRICES}
    jobs = [
        job(tmp_path, "translate_source", llm_name="priced", llm=llm, **asked),
        job(tmp_path, "translate_source", llm_name="unpriced", llm={"model": "openai/y"}, **asked),
    ]
    arguments = [part for one in jobs for part in ("--job", job_json(one))]
    monkeypatch.setattr(sys, "argv", ["estimate_cost.py", *arguments, "--output", str(tmp_path / "out.csv")])
    runpy.run_path("workflow/scripts/estimate_cost.py", run_name="__main__")
    said = capsys.readouterr().out
    first, second = csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text()))
    assert tuple(first) == COLUMNS
    assert (first["mode"], first["requests"], first["paid"]) == ("batch", "6", "0.00000000")
    assert (second["money"], second["to_pay"]) == ("", "")
    assert f"12 requests, 0 of them answered already; about {float(first['to_pay']):.2f} to pay" in said
    assert "an unknown sum for 6 requests to unpriced (no price is given)" in said


def test_the_sentence_of_a_run_that_is_paid_or_asks_nobody():
    assert summary([]).startswith("0 requests, 0 of them answered already; about 0.00 to pay. ")
    assert estimates_csv([]) == ",".join(COLUMNS) + "\n"


@pytest.mark.parametrize(("limit", "most"), [(None, 2 + 500), (4096, 2 + 500), (16, 16)])
def test_what_a_judge_thinks_is_paid_as_far_as_its_limit(tmp_path, limit, most):
    write_records(tmp_path / "input.parquet", OPEN)
    llm = {"model": "openai/x", "max_tokens": limit, "reasoning_tokens": 500, **PRICES}
    more = {"prompt": str(PROMPTS / "judge_answer.txt"), "evaluation": evaluation(tmp_path / "input.parquet")}
    more |= {"predictions": {}, "absent": 1, "max_new_tokens": 10, "llm": llm}
    (priced_judge,) = priced(job(tmp_path, "judge_answers", **more))
    assert priced_judge.completion_tokens == most * priced_judge.requests > 0

"""English originals of the translated questions that models are evaluated on."""

from dataclasses import replace

import pytest
from support.plans import plan_of
from support.records import record

from medinjection.components.originals import english_originals
from medinjection.plan.priced_jobs import answered_files, priced_jobs
from medinjection.pricing.evaluation import prediction_requests
from medinjection.records.errors import InputError
from medinjection.records.files import write_records
from medinjection.records.schema import records_to_table

FRENCH = [
    record(2, component="translated", question="Quel signe ?", shufflable=False),
    record(9, question="Question française ?"),
    record(1, component="translated", question="Quel germe ?"),
]
ENGLISH = [
    record(name, component="translated", question=question)
    for name, question in ((1, "Which germ?"), (3, "Not evaluated?"), (2, "Which sign?"))
]


def originals_of(french, english):
    return english_originals(records_to_table(french), [("normalised/src.parquet", records_to_table(english))])


def test_originals_are_in_the_order_of_the_translations_and_asked_in_their_orders():
    found = originals_of(FRENCH, ENGLISH).to_pylist()
    assert [(row["id"], row["question"], row["shufflable"]) for row in found] == [
        ("src:2", "Which sign?", False),
        ("src:1", "Which germ?", True),
    ]


def test_nothing_translated_and_a_lost_original_are_refused():
    with pytest.raises(InputError, match="none of the evaluated choice questions is translated"):
        originals_of(FRENCH[1:2], ENGLISH)
    with pytest.raises(InputError, match="normalised/src.parquet: no original of record src:1, which was translated"):
        originals_of(FRENCH, ENGLISH[2:])


def test_a_run_without_translated_sources_cannot_ask_them():
    with pytest.raises(InputError, match=r"prediction.english_originals: no source of the run is translated"):
        plan_of(prediction={"english_originals": True}, components={"origin": "released"})


def test_what_models_are_asked_in_english_is_priced(tmp_path, monkeypatch, root):
    for folder in ("config", "resources"):
        (tmp_path / folder).symlink_to(root / folder)
    monkeypatch.chdir(tmp_path)
    api_model = {"big": {"model": "openai/big", "api_base": "http://127.0.0.1:1/v1"}}
    asked = {"api_models": ["big"], "permutations": 0, "english_originals": True}
    plan = plan_of(llms=api_model, prediction=asked)
    (job,) = (job for job in priced_jobs(plan) if job.stage == "predict_english_served")
    assert "results/demo/predictions_english/big/choice.parquet" in answered_files(plan)
    assert set(job.evaluation.candidates) == {
        f"results/demo/normalised/{name}.parquet"
        for name in ("medqa", "pubmedqa", "medmcqa", "mmlu", "kqa", "mmlu_pro", "medxpertqa")
    }
    # An open question is not among the originals.
    candidates = tmp_path / "candidates.parquet"
    tested = [replace(one, split="test") for one in (*ENGLISH, record(4, task="oeq"))]
    write_records(candidates, tested)
    evaluation = job.evaluation.model_copy(update={"candidates": (str(candidates),)})
    requests = list(prediction_requests(job.model_copy(update={"evaluation": evaluation})))
    assert len(requests) == len(ENGLISH)
    assert {"Only one answer is correct." in request.messages[-1]["content"] for request in requests} == {True}

import logging
import re
import runpy
import sys

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.endpoint import serving
from support.llms import llm_flag, scripted
from support.records import record

from medinjection.llm.client.client import Client
from medinjection.llm.client.prompts import read_prompt
from medinjection.llm.client.shards import Shard
from medinjection.llm.journal.journal import Journal
from medinjection.llm.language_model import LanguageModel
from medinjection.mixes.drawing import draw_mix
from medinjection.mixes.recipe import Part, Recipe
from medinjection.records.errors import InputError
from medinjection.records.files import read_table, write_documents, write_records, write_table
from medinjection.records.schema import Document, Provenance
from medinjection.scoring.quality.agreement import judges_agreement
from medinjection.scoring.quality.judging import (
    Rated,
    choose_items,
    context_of,
    join_shards,
    quality_request,
    rate_items,
    read_items,
)
from medinjection.scoring.quality.scales import QUALITY_SCHEMA, kind_of, read_quality_score

pytestmark = pytest.mark.usefixtures("key")

DOCUMENTS = {("morfitt", "abc"): "Un résumé."}
OF_DOCUMENT = Provenance(upstream_id="abc")


@pytest.fixture
def prompts(root):
    return {kind: read_prompt(root / "config" / "prompts" / f"judge_{kind}_quality.txt") for kind in ("open", "choice")}


def item(number, task="oeq", **fields):
    right = {"oeq": (), "mcq": (0, 2), "mcqu": (1,)}[task]
    name = f"abc-{'o' if task == 'oeq' else 'c'}{number}"
    made = {"question": f"Question {number} ?", "answer_indices": right, "provenance": OF_DOCUMENT}
    made |= {"source": "morfitt", "component": "synthetic", **fields}
    if task == "oeq":
        made = {"answer": f"Réponse {number}.", **made}
    return record(name, task=task, **made)


ITEMS = [item(1), item(2), item(3), item(1, "mcq"), item(2, "mcqu"), item(3, "mcq")]


@pytest.mark.parametrize(
    ("text", "of_open", "of_choice"),
    [
        ("1", 1, 1),
        ("3", 3, 3),
        (" 5\n", 5, None),
        ("4", 4, None),
        ("0", None, None),
        ("6", None, None),
        ("", None, None),
        ("3.0", None, None),
        ("03", None, None),
        ("+3", None, None),
        ("Score: 3", None, None),
        ("**3**", None, None),
        ("3/3", None, None),
        ("３", None, None),
        ("III", None, None),
    ],
)
def test_only_a_bare_number_of_the_scale_is_a_score(text, of_open, of_choice):
    assert read_quality_score(text, "oeq") == of_open
    assert read_quality_score(text, "mcq") == read_quality_score(text, "mcqu") == of_choice


def test_an_open_item_is_shown_in_its_context():
    assert quality_request(item(1, context="Un cas."), "Un cas.") == (
        "Context: Un cas.\nQuestion: Question 1 ?\nAnswer: Réponse 1."
    )
    assert quality_request(item(1), None) == "Question: Question 1 ?\nAnswer: Réponse 1."


def test_a_choice_item_is_shown_with_its_options_and_its_right_ones():
    assert quality_request(item(1, "mcq"), "Un résumé.") == (
        "Context: Un résumé.\nQuestion: Question 1 ?\nUne ou plusieurs réponses sont correctes.\nChoix de réponses :\n"
        "(A) Myosis\n(B) Diplopie\n(C) Ptosis\nAnswer:\n(A) Myosis\n(C) Ptosis"
    )
    assert quality_request(item(1, "mcqu"), None).endswith("\nAnswer:\n(B) Diplopie")


def test_the_context_is_the_item_s_own_or_its_document():
    assert context_of(item(1, context="Un cas."), DOCUMENTS) == "Un cas."
    assert context_of(item(12, "mcq"), DOCUMENTS) == "Un résumé."
    assert context_of(item(1), {}) is None
    with pytest.raises(InputError, match="record morfitt:x-o1: it has no context, and no document 'x' of morfitt is"):
        context_of(item(1, id="morfitt:x-o1", provenance=Provenance(upstream_id="x")), DOCUMENTS)
    with pytest.raises(InputError, match="record morfitt:abc-o1: it has no context, and no document None of morfitt"):
        context_of(item(1, provenance=Provenance()), DOCUMENTS)
    with pytest.raises(InputError, match="no document 'abc' of diamed"):
        context_of(item(1, source="diamed", id="diamed:abc-o1"), DOCUMENTS)


def test_a_limit_holds_for_each_kind_and_smaller_ones_are_nested(tmp_path):
    path = tmp_path / "records.parquet"
    records = [item(n, task) for n in range(40) for task in ("oeq", "mcq")]
    write_records(path, records)
    ids = [record.id for record in records]
    assert choose_items(path, None, 42) == choose_items(path, 100, 42) == ids
    few, more = choose_items(path, 7, 42), choose_items(path, 20, 42)
    assert len(few) == 14 and len(more) == 40
    assert set(few) < set(more)
    assert sum("-o" in record_id for record_id in few) == 7
    assert few == [record_id for record_id in ids if record_id in few], "the order is that of the file"
    assert set(choose_items(path, 7, 43)) != set(few)
    assert [record.id for record in read_items(path, few)] == few
    write_records(path, records[::-1])
    assert set(choose_items(path, 7, 42)) == set(few)


REPLIES = {
    "o1": "5",
    "o2": " 2\n",
    "o3": "Score: 4",
    "c1": "4",
    "c2": {"text": "3", "finish_reason": "length"},
    "c3": {"status": 400},
}


def reply(messages, number):
    question = re.search(r"Question (\d) \?", messages[1]["content"])[1]
    return REPLIES[("c" if "multiple-choice" in messages[0]["content"] else "o") + question]


def test_each_item_is_judged_once_under_the_prompt_of_its_kind(tmp_path, prompts, caplog):
    caplog.set_level(logging.INFO)
    with serving(reply) as endpoint, Journal(tmp_path / "j") as journal:
        client = Client(LanguageModel(model="openai/judge", api_base=endpoint.url, max_tokens=1), journal)
        rated = list(rate_items(ITEMS, DOCUMENTS, prompts, client, Shard()))
        assert endpoint.requests == 6
        assert {body["messages"][0]["content"] for body in endpoint.bodies} == {p.text for p in prompts.values()}
        assert all(body["messages"][1]["content"].startswith("Context: Un résumé.\n") for body in endpoint.bodies)
        again = list(rate_items(ITEMS, DOCUMENTS, prompts, client, Shard()))
        assert endpoint.requests == 7, "only the request that the provider refused is put again"
    assert (
        rated
        == again
        == [
            Rated("morfitt:abc-o1", "oeq", 5, "5"),
            Rated("morfitt:abc-o2", "oeq", 2, " 2\n"),
            Rated("morfitt:abc-o3", "oeq", None, "Score: 4"),
            Rated("morfitt:abc-c1", "mcq", None, "4"),
            Rated("morfitt:abc-c2", "mcqu", 3, "3"),
            Rated("morfitt:abc-c3", "mcq", None, ""),
        ]
    )
    assert "6 items rated, 3 without a score" in caplog.text


def run_script(monkeypatch, root, name, *flags):
    script = str(root / "workflow" / "scripts" / f"{name}.py")
    monkeypatch.setattr(sys, "argv", [script, *map(str, flags)])
    runpy.run_path(script, run_name="__main__")


def judged_by_script(tmp_path, root, monkeypatch, items, count, extra=None):
    """The joined file of a scripted judge's scores, by the programs, in `count` shards."""
    prompts = root / "config" / "prompts"
    write_records(tmp_path / "records.parquet", items)
    text = DOCUMENTS["morfitt", "abc"]
    document = Document("morfitt:abc", "morfitt", "train", text, "CC BY 4.0", provenance=OF_DOCUMENT)
    write_documents(tmp_path / "documents.parquet", [document])
    shards = [tmp_path / f"{count}" / f"{number}-of-{count}.parquet" for number in range(1, count + 1)]
    for shard in shards:
        flags = ["--records", tmp_path / "records.parquet", "--documents", tmp_path / "documents.parquet"]
        flags += ["--prompt", prompts / "judge_open_quality.txt", *llm_flag(**scripted("judge-a", extra=extra or {}))]
        flags += ["--choice-prompt", prompts / "judge_choice_quality.txt", "--shard", shard.stem]
        journal = tmp_path / "journals" / f"{shard.stem}.jsonl"
        run_script(monkeypatch, root, "judge_quality", *flags, "--journal", journal, "--output", shard)
    joined = tmp_path / f"{count}.parquet"
    flags = ["--records", tmp_path / "records.parquet", "--shards", *reversed(shards), "--output", joined]
    run_script(monkeypatch, root, "join_quality", *flags)
    return joined


def test_shards_give_what_one_job_gives(tmp_path, root, monkeypatch):
    items = [item(n, task) for n in range(30) for task in ("oeq", "mcqu")]
    joined = {count: judged_by_script(tmp_path, root, monkeypatch, items, count) for count in (1, 3)}
    assert joined[1].read_bytes() == joined[3].read_bytes()
    parts = [read_table(path, QUALITY_SCHEMA)["record_id"].to_pylist() for path in (tmp_path / "3").iterdir()]
    assert all(parts) and sum(map(len, parts)) == 60
    assert read_table(joined[1], QUALITY_SCHEMA)["record_id"].to_pylist() == [record.id for record in items]


def test_the_scores_of_a_judge_filter_a_mix(tmp_path, root, monkeypatch):
    items = [item(n, task) for n in range(40) for task in ("oeq", "mcq", "mcqu")]
    items = [item(n, r.task, id=f"morfitt:abc-{n}") for n, r in enumerate(items)]
    extra = {"extra_body": {"faults": {"prose": 0.2}}}
    scores = judged_by_script(tmp_path, root, monkeypatch, items, 2, extra)
    rows = read_table(scores, QUALITY_SCHEMA).to_pylist()
    unparsed = [row for row in rows if row["score"] is None]
    assert unparsed and all(row["raw_output"].startswith("Bien sûr") for row in unparsed)
    good = {row["record_id"] for row in rows if row["task"] != "oeq" and (row["score"] or 0) >= 3}
    assert 10 < len(good) < 80
    part = Part("synthetic", tasks=("mcq", "mcqu"), minimum_score=3, scores=str(scores))
    drawn = draw_mix(Recipe("SYN-GOOD", (part,), len(good), 1), {"synthetic": tmp_path / "records.parquet"})
    assert set(drawn.records["id"].to_pylist()) == good
    assert drawn.parts[0].before_scores == 80
    assert drawn.parts[0].unscored == sum(row["task"] != "oeq" for row in unparsed)


def table(ids):
    rows = [{"record_id": i, "task": "oeq", "score": 3, "raw_output": "3"} for i in ids]
    return pa.Table.from_pylist(rows, schema=QUALITY_SCHEMA)


@pytest.mark.parametrize(
    ("shards", "message"),
    [
        (["ab", "bc"], "record b is in two shards"),
        (["a", "c"], "record b is in no shard"),
        (["ab", "cx"], "record x was not to be judged"),
    ],
)
def test_every_item_is_in_exactly_one_shard(shards, message):
    with pytest.raises(InputError, match=message):
        join_shards([table(ids) for ids in shards], list("abc"))


def test_a_file_of_scores_has_one_kind_a_task():
    assert [kind_of(task) for task in ("oeq", "mcq", "mcqu")] == ["open", "choice", "choice"]


def test_agreement_by_hand():
    scores = {"a": {"1": 1, "2": 2, "3": 3, "4": 3}, "b": {"1": 1, "2": 2, "3": 3, "4": 2, "5": 1}, "c": {"1": 3}}
    first, second, third = judges_agreement(scores)
    assert (first.first, first.second, first.items, first.same) == ("a", "b", 4, 0.75)
    # Observed disagreement 1/4; expected sum of n_i m_j (i-j)^2 / 16 with n = 1, 1, 2 and m = 1, 2, 1.
    expected = (1 * 2 * 1 + 1 * 1 * 4 + 1 * 1 * 1 + 1 * 1 * 1 + 2 * 1 * 4 + 2 * 2 * 1) / 16
    assert first.kappa == pytest.approx(1 - 0.25 / expected)
    # Ranks 1, 2, 3.5, 3.5 and 1, 2.5, 4, 2.5: Pearson correlation of the ranks.
    assert first.spearman == pytest.approx((2.25 + 0 + 1.5 + 0) / 4.5)
    assert (second.items, second.same, second.kappa, second.spearman) == (1, 0.0, pytest.approx(0.0), None)
    assert third.items == 1


@given(st.lists(st.integers(1, 5), min_size=2, max_size=30))
def test_a_judge_agrees_with_itself(values):
    scores = {str(place): value for place, value in enumerate(values)}
    (pair,) = judges_agreement({"a": scores, "b": dict(scores)})
    assert pair.same == 1.0
    if len(set(values)) == 1:
        assert (pair.kappa, pair.spearman) == (None, None)
    else:
        assert pair.kappa == pytest.approx(1.0) and pair.spearman == pytest.approx(1.0)


def test_judges_without_a_common_item_have_no_agreement():
    (pair,) = judges_agreement({"a": {"1": 1}, "b": {"2": 1}})
    assert (pair.items, pair.same, pair.kappa, pair.spearman) == (0, None, None, None)
    assert judges_agreement({"a": {"1": 1}}) == []


def test_a_score_file_of_another_shape_is_refused(tmp_path, root, monkeypatch):
    write_records(tmp_path / "records.parquet", ITEMS)
    write_table(tmp_path / "wrong.parquet", pa.table({"record_id": ["a"], "score": [1]}))
    with pytest.raises(SystemExit):
        flags = ["--records", tmp_path / "records.parquet", "--shards", tmp_path / "wrong.parquet"]
        run_script(monkeypatch, root, "join_quality", *flags, "--output", tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()

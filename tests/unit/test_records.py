"""The record schema, its files, conservation, sampling and chat form."""

from functools import partial

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.records import record

from medinjection.records.chat import assistant_turn, user_turn
from medinjection.records.conservation import REJECT_SCHEMA, Reject, write_stage
from medinjection.records.errors import InputError
from medinjection.records.files import read_records, read_table, sha256_of, write_records, written_atomically
from medinjection.records.sampling import ranked, unit_interval
from medinjection.records.schema import (
    RECORD_SCHEMA,
    InvalidRecord,
    Provenance,
    choice_task,
    record_id,
    validate_record,
)

made = partial(
    record,
    question="Lesquels sont des aminosides ?",
    answer="Gentamicine, Amikacine",
    options=("Gentamicine", "Amoxicilline", "Amikacine"),
    answer_indices=(0, 2),
    provenance=Provenance(dataset="demo", revision="1"),
)


def test_files_give_back_what_was_written(tmp_path):
    records = [made(), made(id="demo:2", task="oeq", options=(), answer_indices=(), context="Un cas.")]
    write_records(tmp_path / "a.parquet", records)
    assert read_records(tmp_path / "a.parquet") == records
    assert read_table(tmp_path / "a.parquet", RECORD_SCHEMA).schema == RECORD_SCHEMA


def test_same_records_same_bytes(tmp_path):
    for name in "ab":
        write_records(tmp_path / name, [made()])
    assert sha256_of(tmp_path / "a") == sha256_of(tmp_path / "b")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"component": "foreign"}, "component is 'foreign'"),
        ({"split": "dev"}, "split is 'dev'"),
        ({"id": "other:1"}, "does not start with its source"),
        ({"question": " "}, "question is empty"),
        ({"answer": ""}, "answer is empty"),
        ({"options": ("Gentamicine",), "answer_indices": (0,), "task": "mcqu"}, "1 options"),
        ({"options": ("Gentamicine", "", "Amikacine")}, "option B is empty"),
        ({"answer_indices": ()}, "no right answer"),
        ({"answer_indices": (2, 0)}, "not sorted"),
        ({"answer_indices": (0, 3)}, "outside the 3 options"),
        ({"task": "mcqu"}, r"2 right answers, expected exactly one \(task mcqu\)"),
        ({"task": "oeq"}, "an open question has options"),
    ],
)
def test_each_rule_of_the_schema_is_enforced(changes, reason):
    with pytest.raises(InvalidRecord, match=reason):
        validate_record(made(**changes))


def test_task_is_what_the_source_states_and_follows_from_the_answers_only_where_it_states_nothing():
    assert [choice_task("mcq", right) for right in ([3], [0, 2])] == ["mcq", "mcq"]
    assert [choice_task("mcqu", right) for right in ([3], [0, 2])] == ["mcqu", "mcqu"]
    assert [choice_task("by_answers", right) for right in ([3], [0, 2])] == ["mcqu", "mcq"]


def test_an_mcq_may_have_one_right_option():
    record = made(task="mcq", answer_indices=(1,))
    assert validate_record(record) is record


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Diplopie", "Diplopie"),
        ("Diplopie", "Diplo\u00adpie"),
        ("\u200bDiplopie", "Diplopie\u2060"),
        ("Fi\u00e8vre  tierce", "Fie\u0300vre\u00a0tierce"),
    ],
)
def test_a_right_option_that_reads_like_a_wrong_one_cannot_be_answered(right, wrong):
    for options, answer_indices in (((right, "Ptosis", wrong), (0,)), ((wrong, "Ptosis", right), (1, 2))):
        with pytest.raises(InvalidRecord, match="a right and a wrong option are the same text: [AC] and [AC]"):
            validate_record(made(task="mcq", options=options, answer_indices=answer_indices))


@pytest.mark.parametrize(
    ("options", "answer_indices"),
    [
        (("bb Bb", "BB Bb", "Bb bb"), (0,)),
        (("A Rh-", "A Rh+"), (1,)),
        (("Ptosis", "Myosis", "Myosis"), (0,)),
        (("Ptosis", "Myosis", "Myosis"), (1, 2)),
    ],
)
def test_case_and_signs_tell_options_apart_and_two_wrong_ones_may_be_alike(options, answer_indices):
    record = made(task="mcq", options=options, answer_indices=answer_indices)
    assert validate_record(record) is record


def test_ids_without_upstream_id_depend_on_content_alone():
    assert record_id("kqa", None, "q", ["a"]) == record_id("kqa", None, "q", ["a"])
    assert record_id("kqa", None, "q", ["a"]) != record_id("kqa", None, "q", ["b"])
    assert record_id("kqa", "17") == "kqa:17"


def test_a_stage_that_loses_a_row_is_caught(tmp_path):
    with pytest.raises(AssertionError, match="3 rows in, 1 out, 1 rejected"):
        write_stage(tmp_path / "x.parquet", [made()], [Reject(None, "t", "bad", "{}")], 3, 1.0)
    assert not (tmp_path / "x.parquet").exists()


def test_too_many_rejects_name_the_most_frequent_reasons_and_leave_no_output(tmp_path):
    rejects = [Reject(str(i), "t", reason, "{}") for i, reason in enumerate(["empty"] * 3 + ["odd"] * 2 + ["late"])]
    with pytest.raises(InputError, match=r"6 of 7 .* 10.0%.*empty \(3\); odd \(2\); late \(1\)"):
        write_stage(tmp_path / "x.parquet", [made()], rejects, 7, 0.1)
    assert [path.name for path in tmp_path.iterdir()] == ["x.failed.parquet"], "declared outputs would be deleted"
    assert read_table(tmp_path / "x.failed.parquet", REJECT_SCHEMA).num_rows == 6
    write_stage(tmp_path / "x.parquet", [made()], rejects, 7, 1.0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.parquet", "x.rejects.parquet"]


def test_rows_set_aside_on_purpose_are_no_defects(tmp_path):
    write_stage(tmp_path / "x.parquet", [made()], [Reject("1", "t", "not sampled", "{}")] * 9, 10, 0.0)
    assert len(read_records(tmp_path / "x.parquet")) == 1


def test_a_failed_write_leaves_the_old_file(tmp_path):
    (tmp_path / "x").write_text("old")
    with pytest.raises(ZeroDivisionError), written_atomically(tmp_path / "x") as partial:
        partial.write_text("half")
        raise ZeroDivisionError
    assert [p.name for p in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x").read_text() == "old"


@pytest.mark.parametrize("content", [b"", b"PAR1 truncated", "é".encode("latin-1")])
def test_files_that_are_no_parquet_are_named(tmp_path, content):
    (tmp_path / "x.parquet").write_bytes(content)
    with pytest.raises(InputError, match="x.parquet: not a readable parquet file"):
        read_records(tmp_path / "x.parquet")


def test_missing_file_and_wrong_schema_are_named(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_records(tmp_path / "none.parquet")
    pa.parquet.write_table(pa.table({"id": [1], "colour": ["red"]}), tmp_path / "x.parquet")
    with pytest.raises(
        InputError, match=r"missing: component, .*unknown: colour; of another type: id is int64, expected str"
    ):
        read_records(tmp_path / "x.parquet")


@given(st.sets(st.text(min_size=1), min_size=2), st.text())
def test_one_more_item_moves_no_other(ids, key):
    *most, last = sorted(ids)
    whole = ranked(ids, key, str)
    assert [item for item in whole if item != last] == ranked(most, key, str)


def test_unit_interval_is_uniform():
    values = [unit_interval("k", str(i)) for i in range(20_000)]
    assert min(values) >= 0 and max(values) < 1
    assert sum(v < 0.25 for v in values) == pytest.approx(5000, abs=250)


def test_chat_form_shows_options_in_the_order_asked_for():
    record = made(context="Un cas.")
    assert user_turn(record, (2, 0, 1)) == (
        "Un cas.\nLesquels sont des aminosides ?\nUne ou plusieurs réponses sont correctes.\n"
        "Choix de réponses :\n(A) Amikacine\n(B) Gentamicine\n(C) Amoxicilline"
    )
    assert assistant_turn(record) == "A, C"
    assert "Une seule réponse est correcte." in user_turn(made(task="mcqu", answer_indices=(0,)))

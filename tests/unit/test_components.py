import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.records import open_record, record

from medinjection.components.duplicates import answer_texts, candidate_hashes, duplicate_key, folded_array
from medinjection.components.evaluation import choice_records, limit_per_source, open_records, select_split
from medinjection.components.joining import duplicate_reasons, find_rejects
from medinjection.records.conservation import REJECT_SCHEMA, rejects_path
from medinjection.records.errors import InputError
from medinjection.records.files import (
    BATCH_ROWS,
    batches_written,
    count_rows,
    read_batches,
    read_records,
    read_table,
    write_records,
)
from medinjection.records.schema import RECORD_SCHEMA, records_to_table
from medinjection.records.text import folded

SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"


def choice(name, options=("oui", "non"), right=(0,), question="Le cœur est-il un muscle ?", **fields):
    return record(name, question=question, options=tuple(options), answer_indices=tuple(right), **fields)


def open_question(name, answer, question="Pourquoi ?", **fields):
    return open_record(name, question=question, answer=answer, **fields)


def reasons(records):
    return duplicate_reasons(records)


def joined(tmp_path, *files, component="native"):
    names = [tmp_path / f"{number}.parquet" for number in range(len(files))]
    for name, records in zip(names, files, strict=True):
        write_records(name, records)
    return find_rejects(names, component)


def test_reordered_options_are_a_duplicate_and_the_smallest_id_stays(tmp_path):
    first, second = choice("b", ("x", "y", "z"), (0,)), choice("a", ("z", "x", "y"), (1,))
    rejects, rows = joined(tmp_path, [first, second])
    assert rows == 2
    assert [(r.id, r.stage, r.reason) for r in rejects] == [("src:b", "join_sources", "duplicate of src:a")]
    assert json.loads(rejects[0].raw)["options"] == ["x", "y", "z"]


@pytest.mark.parametrize("splits", [("train", "test"), ("train", "validation"), ("validation", "test")])
def test_the_split_that_must_not_leak_stays(splits):
    lesser, greater = splits
    assert reasons([choice("a", split=lesser), choice("b", split=greater)]) == {"src:a": "duplicate of src:b"}


def test_conflicting_answers_leave_no_record():
    records = [
        choice("a", right=(0,)),
        choice("b", right=(1,)),
        choice("c", right=(0,), split="test"),
        choice("d", question="Autre ?"),
    ]
    expected = "conflicting answers: src:a, src:b, src:c"
    assert reasons(records) == {"src:a": expected, "src:b": expected, "src:c": expected}
    assert set(reasons([open_question("a", "Oui."), open_question("b", "Non.")])) == {"src:a", "src:b"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("A Rh-", "B"), ("A Rh+", "B")),
        (("pH<pI", "B"), ("pH>pI", "B")),
        (("LOD < 3", "B"), ("LOD > 3", "B")),
        (("IgA", "B"), ("iga", "B")),
    ],
)
def test_symbols_and_case_tell_options_apart(one, other):
    assert reasons([choice("a", one), choice("b", other)]) == {}


def test_the_key_holds_question_options_and_context():
    stem = "Parmi les propositions suivantes, laquelle est exacte ?"
    assert reasons([choice("a", ("x", "y"), question=stem), choice("b", ("x", "z"), question=stem)]) == {}
    assert reasons([choice("a", context="Cas 1"), choice("b", context="Cas 2"), choice("c")]) == {}
    assert reasons([choice("a"), open_question("b", "oui", question="Le cœur est-il un muscle ?")]) == {}
    # A repeated option is not the same set of options.
    assert duplicate_key(choice("a", ("x", "x", "y"))) != duplicate_key(choice("b", ("x", "y", "y")))


def test_unicode_form_and_white_space_do_not_count():
    composed = choice("a", ("f\u00e9brile", "non"), question="Est-il f\u00e9brile\u00a0?")
    decomposed = choice("b", ("fe\u0301brile ", "non"), question="Est-il  fe\u0301brile\n?")
    assert reasons([composed, decomposed]) == {"src:b": "duplicate of src:a"}


def test_order_counts_where_an_option_names_another_by_its_place():
    options = ("x", "y", "A seulement")
    moved = ("y", "x", "A seulement")
    records = [choice("a", options, (2,), shufflable=False), choice("b", moved, (2,), shufflable=False)]
    assert reasons(records) == {}


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 1), st.sampled_from(["train", "validation", "test"])), max_size=12
    )
)
def test_what_is_kept_is_unique_in_order_and_nothing_is_lost(rows):
    records = [
        choice(f"{i:02}", right=(right,), question=f"Question {q} ?", split=split)
        for i, (q, right, split) in enumerate(rows)
    ]
    rejected = reasons(records)
    kept = [r for r in records if r.id not in rejected]
    assert len({duplicate_key(r) for r in kept}) == len(kept)
    best = {"test": 0, "validation": 1, "train": 2}
    for one in kept:
        same = [r for r in records if duplicate_key(r) == duplicate_key(one)]
        assert {answer_texts(r) for r in same} == {answer_texts(one)}
        assert min(best[r.split] for r in same) == best[one.split]
    for one in records:
        if one.id in rejected:
            assert sum(duplicate_key(r) == duplicate_key(one) for r in records) > 1


SPELLINGS = (
    "fe\u0301brile",
    "f\u00e9brile",
    " f\u00e9brile",
    "f\u00e9brile\u00a0",
    "f\u00e9  brile",
    "F\u00e9brile",
    "f\u00e9\u00adbrile",
    "\ufefff\u00e9brile",
    "\u200b",
    "",
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(SPELLINGS),
            st.lists(st.sampled_from(SPELLINGS), max_size=3),
            st.sampled_from([None, *SPELLINGS]),
            st.booleans(),
        ),
        max_size=8,
    )
)
def test_equal_keys_have_equal_candidate_hashes(rows):
    records = [
        choice(f"{i}", options, (), question=question, context=context, shufflable=shufflable)
        for i, (question, options, context, shufflable) in enumerate(rows)
    ]
    hashes = [
        int(value)
        for batch in records_to_table(records).to_batches(max_chunksize=3)
        for value in candidate_hashes(batch)
    ]
    for one, of_one in zip(records, hashes, strict=True):
        for other, of_other in zip(records, hashes, strict=True):
            if duplicate_key(one) == duplicate_key(other):
                assert of_one == of_other


def test_folding_an_array_is_folding_its_texts():
    # Every character alone, doubled, and after a letter, and what composes with what stands before it.
    characters = [chr(code) for code in (*range(2, 0x3200), *range(0xF900, 0x10000), 0xE0001, 0xE0100)]
    texts = [text for c in characters for text in (c, f"e{c}", f"a {c}b", f"{c}\u0301")]
    assert folded_array(pa.array(texts, pa.string())).to_pylist() == [folded(text) for text in texts]
    assert folded_array(pa.array([None, "a\u0301\x01 b "], pa.string())).to_pylist() == ["", "\u00e1\x01b"]


def test_component_and_ids_are_checked_and_the_files_named(tmp_path):
    with pytest.raises(
        InputError, match=r"0\.parquet: record src:a belongs to the component 'synthetic', expected 'native'"
    ):
        joined(tmp_path, [choice("a", component="synthetic")])
    with pytest.raises(InputError, match=r"src:a occurs in .*0\.parquet and in .*1\.parquet"):
        joined(tmp_path, [choice("a")], [choice("a")])
    with pytest.raises(InputError, match=r"src:a occurs twice in .*0\.parquet"):
        joined(tmp_path, [choice("a"), choice("a")])


def run(script, *arguments, folder):
    return subprocess.run([sys.executable, SCRIPTS / script, *arguments], cwd=folder, capture_output=True, text=True)


def test_join_sources_writes_records_and_rejects(tmp_path):
    write_records(tmp_path / "a.parquet", [choice("1"), choice("2", question="Deux ?")])
    write_records(tmp_path / "b.parquet", [choice("1", source="other", split="test")])
    command = ["--component", "native", "--inputs", "a.parquet", "b.parquet", "--output", "out/native.parquet"]
    result = run("join_sources.py", *command, "--max-reject-share", "0.5", folder=tmp_path)
    assert result.returncode == 0, result.stderr
    output = tmp_path / "out/native.parquet"
    assert read_records(output) == [choice("2", question="Deux ?"), choice("1", source="other", split="test")]
    rejects = read_table(rejects_path(output), REJECT_SCHEMA).to_pylist()
    assert [(r["id"], r["reason"]) for r in rejects] == [("src:1", "duplicate of other:1")]
    first = output.read_bytes()
    assert run("join_sources.py", *command, "--max-reject-share", "0.5", folder=tmp_path).returncode == 0
    assert output.read_bytes() == first


def test_join_sources_refuses_too_many_conflicts_and_duplicates_are_no_defects(tmp_path):
    records = [choice(f"{i}", question=f"Question {i} ?") for i in range(6)]
    write_records(tmp_path / "a.parquet", [*records, choice("6", question="Question 5 ?", right=(1,))])
    write_records(tmp_path / "b.parquet", [*records, choice("6", question="Question 5 ?")])
    command = ["--component", "native", "--output", "native.parquet", "--max-reject-share", "0.1", "--inputs"]
    refused = run("join_sources.py", *command, "a.parquet", folder=tmp_path)
    assert refused.returncode == 1 and "Traceback" not in refused.stderr
    assert "conflicting answers (2)" in refused.stderr and "native.failed.parquet" in refused.stderr
    assert not (tmp_path / "native.parquet").exists()
    assert run("join_sources.py", *command, "b.parquet", folder=tmp_path).returncode == 0


def test_streamed_files_hold_what_was_written_however_it_was_cut(tmp_path):
    table = records_to_table(choice(f"{i}", question=f"Question {i} ?") for i in range(2 * BATCH_ROWS + 10))
    for name, size in (("a", 100), ("b", 5000)):
        with batches_written(tmp_path / name, RECORD_SCHEMA) as write:
            for batch in table.to_batches(max_chunksize=size):
                write(batch)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert read_table(tmp_path / "a", RECORD_SCHEMA).equals(table)
    assert count_rows(tmp_path / "a", RECORD_SCHEMA) == len(table)
    assert pa.Table.from_batches(read_batches(tmp_path / "b", RECORD_SCHEMA)).equals(table)
    with pytest.raises(RuntimeError), batches_written(tmp_path / "c", RECORD_SCHEMA):
        raise RuntimeError
    assert not (tmp_path / "c").exists()
    (tmp_path / "cut").write_bytes((tmp_path / "a").read_bytes()[:-100])
    with pytest.raises(InputError, match="cut: not a readable parquet file"):
        list(read_batches(tmp_path / "cut", RECORD_SCHEMA))
    with pytest.raises(InputError, match="no such file"):
        list(read_batches(tmp_path / "none", RECORD_SCHEMA))
    with pytest.raises(InputError, match="unexpected schema"):
        list(read_batches(tmp_path / "a", REJECT_SCHEMA))


def corpus(sizes):
    return records_to_table(
        choice(f"{i}", question=f"{source} {i} ?", source=source, split="test")
        for source, n in sizes.items()
        for i in range(n)
    )


def test_select_evaluation_takes_one_split_and_parts_the_tasks(tmp_path):
    write_records(
        tmp_path / "n.parquet", [choice("1", split="test"), choice("2"), open_question("3", "Oui.", split="test")]
    )
    write_records(
        tmp_path / "t.parquet", [choice("1", source="tr", split="test", component="translated", right=(0, 1))]
    )
    command = [
        "--components",
        "n.parquet",
        "t.parquet",
        "--split",
        "test",
        "--output-choice",
        "c.parquet",
        "--output-open",
        "o.parquet",
    ]
    result = run("select_evaluation.py", *command, folder=tmp_path)
    assert result.returncode == 0, result.stderr
    assert [r.id for r in read_records(tmp_path / "c.parquet")] == ["src:1", "tr:1"]
    assert [r.id for r in read_records(tmp_path / "o.parquet")] == ["src:3"]


def test_limits_are_per_source_nested_and_in_the_order_given():
    table = corpus({"x": 9, "y": 2})
    small, large = (limit_per_source(table, n, seed=1)["id"].to_pylist() for n in (3, 5))
    assert sum(i.startswith("x:") for i in small) == 3 and sum(i.startswith("y:") for i in small) == 2
    assert set(small) < set(large)
    everything = table["id"].to_pylist()
    assert large == [i for i in everything if i in set(large)]
    assert limit_per_source(table, None, seed=1)["id"].to_pylist() == everything
    assert limit_per_source(table, 3, seed=2)["id"].to_pylist() != small
    with pytest.raises(InputError, match="limit of 0"):
        limit_per_source(table, 0, seed=1)


def test_selection_errors_and_empty_kinds():
    table = corpus({"x": 2})
    with pytest.raises(InputError, match=r"f\.parquet: no record of the split 'validation'"):
        select_split([("f.parquet", table)], "validation")
    with pytest.raises(InputError, match=r"record id x:0 occurs more than once"):
        select_split([("f.parquet", table), ("g.parquet", table)], "test")
    assert len(open_records(table, None, 0)) == 0 and open_records(table, 3, 0).schema.equals(RECORD_SCHEMA)
    assert len(choice_records(table, None, 0)) == 2

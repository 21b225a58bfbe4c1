"""Files that passed through other tools are read where nothing was lost, and told what is wrong where something was."""

import re
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.choice_predictions import prediction, table
from support.records import open_record, record

from medinjection.prediction.schema import CHOICE_SCHEMA, OPEN_SCHEMA
from medinjection.records.casting import conformed
from medinjection.records.errors import InputError
from medinjection.records.files import (
    count_rows,
    read_batches,
    read_columns,
    read_records,
    read_table,
    write_records,
    write_table,
)
from medinjection.records.schema import RECORD_SCHEMA, Provenance, records_to_table
from medinjection.scoring.open.judges import JUDGEMENT_SCHEMA


def choice_table():
    """Predictions with float32 probabilities, an answer without letters, and texts that other tools may fold."""
    logprobs = np.log(np.array([0.1, 0.2, 0.3, 0.25, 0.15], np.float32)).tolist()
    return table(
        [
            prediction(1, [0, 2], [0], logprobs=logprobs),
            prediction(2, [], [1], raw="Je ne sais pas\u00a0\u200b.", logprobs=[float("-inf")] * 5),
            prediction(3, [1], [1], order=1, shown=(4, 3, 2, 1, 0), decoding="constrained"),
        ]
    )


def record_table():
    """Records of which no one has a context, and of which one field of the provenance is known."""
    return records_to_table(
        [
            record(1, provenance=Provenance(dataset="d"), specialty_raw="Cœur"),
            open_record(2, question="Pourquoi ?"),
        ]
    )


def open_table():
    row = dict(zip(OPEN_SCHEMA.names, ("NAT", "s:1", "s", "", 0, 12, True), strict=True))
    return pa.Table.from_pylist([row, {**row, "record_id": "s:2", "output": "Oui."}], schema=OPEN_SCHEMA)


def judgement_table():
    """pandas makes doubles of integers where one is missing."""
    rows = [{"record_id": f"s:{n}", "score": score, "raw_output": "?"} for n, score in enumerate((1, None, 0))]
    return pa.Table.from_pylist(rows, schema=JUDGEMENT_SCHEMA)


TABLES = {"choice": choice_table, "open": open_table, "records": record_table, "judgements": judgement_table}


def through_pandas(path):
    pd.read_parquet(path).to_parquet(path, index=False)


def through_pandas_with_index(path):
    frame = pd.read_parquet(path)
    frame.index = [f"row {number}" for number in range(len(frame))]
    frame.to_parquet(path)


def through_pandas_with_a_column_as_index(path):
    frame = pd.read_parquet(path)
    frame.set_index(frame.columns[0]).to_parquet(path)


def through_pandas_with_arrow_types(path):
    pd.read_parquet(path, dtype_backend="pyarrow").to_parquet(path)


def through_datasets(path):
    from datasets import Dataset

    Dataset(pq.read_table(path)).to_parquet(path)


def through_polars(path):
    import polars as pl

    pl.read_parquet(path).write_parquet(path)


def through_polars_with_categories(path):
    import polars as pl

    frame = pl.read_parquet(path)
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    frame.with_columns(pl.col(texts).cast(pl.Categorical)).select(reversed(frame.columns)).write_parquet(path)


def with_types_of_polars(path):
    """What polars hands to arrow, without polars."""
    pq.write_table(pq.read_table(path).cast(pa.schema([as_large(field) for field in pq.read_schema(path)])), path)


def without_the_flag(path):
    found = pq.read_table(path)
    pq.write_table(found.cast(pa.schema([field.with_nullable(True) for field in found.schema])), path)


def as_large(field):
    kind = field.type
    if pa.types.is_string(kind):
        return pa.field(field.name, pa.large_string())
    if pa.types.is_list(kind):
        return pa.field(field.name, pa.large_list(as_large(kind.value_field)))
    if pa.types.is_struct(kind):
        return pa.field(field.name, pa.struct([as_large(inner) for inner in kind]))
    return pa.field(field.name, kind)


TOOLS = (
    through_pandas,
    through_pandas_with_index,
    through_pandas_with_a_column_as_index,
    through_pandas_with_arrow_types,
    through_datasets,
    through_polars,
    through_polars_with_categories,
    with_types_of_polars,
    without_the_flag,
)


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.__name__)
def test_what_a_tool_wrote_again_is_read_as_it_was(tmp_path, kind, tool):
    if "through_polars" in tool.__name__ and not find_spec("polars"):
        pytest.skip("polars is not installed")
    made = TABLES[kind]()
    path = tmp_path / "x.parquet"
    write_table(path, made)
    tool(path)
    assert read_table(path, made.schema) == made
    assert read_table(path, made.schema).schema.equals(made.schema, check_metadata=True)
    assert count_rows(path, made.schema) == len(made)
    some = made.schema.names[::-2]
    assert read_columns(path, made.schema, some) == made.select(some)
    if kind == "records":
        (batch,) = read_batches(path, RECORD_SCHEMA, ["provenance.revision", "id", "provenance.dataset"])
        assert batch.to_pylist() == [
            {"provenance": {"revision": None, "dataset": dataset}, "id": name}
            for dataset, name in (("d", "src:1"), (None, "src:2"))
        ]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.__name__)
def test_records_that_a_tool_wrote_again_are_the_same_and_written_in_the_same_bytes(tmp_path, tool):
    records = [record(n, context="Un cas." if n % 2 else None) for n in range(5)]
    write_records(tmp_path / "a", records)
    write_records(tmp_path / "b", records)
    tool(tmp_path / "b")
    assert read_records(tmp_path / "b") == records
    write_records(tmp_path / "b", read_records(tmp_path / "b"))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_table_without_rows_may_have_lost_all_its_types(tmp_path):
    empty = CHOICE_SCHEMA.empty_table()
    write_table(tmp_path / "x", empty)
    through_pandas(tmp_path / "x")
    assert read_table(tmp_path / "x", CHOICE_SCHEMA) == empty
    write_table(tmp_path / "x", pa.table({name: pa.nulls(0) for name in CHOICE_SCHEMA.names}))
    assert read_table(tmp_path / "x", CHOICE_SCHEMA) == empty


def test_folders_that_look_like_columns_are_none(tmp_path):
    path = tmp_path / "model=x" / "order=2" / "choice.parquet"
    write_table(path, choice_table())
    assert read_table(path, CHOICE_SCHEMA) == choice_table()


def changed(column, values):
    made = choice_table()
    return made.set_column(made.schema.get_field_index(column), column, values)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (changed("order", pa.array([0, 0, 300])), "order is int64, expected int8 without nulls: Integer value 300"),
        (changed("order", pa.array([0, 0.5, 1])), "order is double, expected int8 without nulls: Float value 0.5"),
        (changed("order", pa.array([0, None, 1])), "order is int64, expected int8 without nulls: row 2 is null"),
        (changed("order", pa.array(["0", "0", "1"])), "of another type: order is string, expected int8"),
        (changed("model", pa.nulls(3)), "model is null, expected string without nulls: row 1 is null"),
        (
            changed("letter_logprobs", pa.array([[0.1], [], [0.5]])),
            "is list<element: double>, expected list<item: float> without nulls: 0.1 cannot be kept exactly",
        ),
        (
            changed("letter_logprobs", pa.array([[1e300], [], [0.5]])),
            "without nulls: 1e+300 cannot be kept exactly",
        ),
        (
            changed("gold_indices", pa.array([[0], [None], [1]])),
            "gold_indices is list<element: int64>, expected list<item: int8>",
        ),
        (changed("gold_indices", pa.array([[0], [None], [1]], pa.list_(pa.int8()))), "a list holds a null"),
        (changed("raw_output", pa.array([b"A", b"B", b"C"])), "raw_output is binary, expected string"),
        (choice_table().drop_columns(["order", "task"]), "unexpected schema; missing: task, order"),
        (choice_table().append_column("note", pa.nulls(3)), "unexpected schema; unknown: note"),
        (changed("task", pa.array([1, 2, 3])), "of another type: task is int64, expected string"),
    ],
)
def test_what_was_lost_is_named(tmp_path, table, said):
    pq.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(InputError, match=re.escape(said)) as refused:
        read_table(tmp_path / "x.parquet", CHOICE_SCHEMA)
    assert str(refused.value).startswith(f"{tmp_path / 'x.parquet'}: ")


def test_a_column_that_is_there_twice_is_named(tmp_path):
    pq.write_table(choice_table().append_column("task", pa.nulls(3)), tmp_path / "x")
    with pytest.raises(InputError, match="unexpected schema; more than once: task"):
        count_rows(tmp_path / "x", CHOICE_SCHEMA)


def test_the_row_of_a_null_is_counted_over_the_batches_of_a_file(tmp_path):
    made = pa.concat_tables([record_table()] * 5).cast(
        pa.schema([field.with_nullable(True) for field in RECORD_SCHEMA])
    )
    questions = ["Quoi ?"] * 10
    questions[7] = None
    column = made.schema.get_field_index("question")
    pq.write_table(made.set_column(column, "question", pa.array(questions)), tmp_path / "x")
    with pytest.raises(InputError, match="question is string, expected string without nulls: row 8 is null"):
        list(read_batches(tmp_path / "x", RECORD_SCHEMA, size=3))


INTEGERS = st.sampled_from([pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.float64(), pa.float32()])
TEXTS = st.sampled_from([pa.string(), pa.large_string(), pa.string_view()])
FLOATS = st.sampled_from([pa.float32(), pa.float64()])


@st.composite
def other_types(draw, kind):
    """A type that holds every value of `kind`."""
    if pa.types.is_string(kind):
        text = draw(TEXTS)
        return pa.dictionary(pa.int32(), pa.string()) if draw(st.booleans()) else text
    if pa.types.is_integer(kind):
        return draw(INTEGERS)
    if pa.types.is_floating(kind):
        return draw(FLOATS)
    if pa.types.is_list(kind):
        inner = pa.field(draw(st.sampled_from(["item", "element", "l"])), draw(other_types(kind.value_type)))
        return draw(st.sampled_from([pa.list_, pa.large_list]))(inner)
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(f.name, draw(other_types(f.type))) for f in draw(st.permutations(list(kind)))])
    return kind


@given(st.data())
def test_a_cast_without_loss_gives_back_the_table(data):
    made = data.draw(st.sampled_from([choice_table(), record_table(), open_table(), judgement_table()]))
    fields = data.draw(st.permutations(list(made.schema)))
    other = [pa.field(field.name, data.draw(other_types(field.type))) for field in fields]
    rows = made.to_pylist()
    arrays = [pa.array([row[field.name] for row in rows], field.type) for field in other]
    start = data.draw(st.integers(0, len(rows)))
    found = pa.table(arrays, schema=pa.schema(other))
    assert conformed("x", found, made.schema) == made
    assert conformed("x", found.slice(start), made.schema) == made.slice(start)


@given(
    st.lists(st.none() | st.lists(st.integers(-200, 200), max_size=3), max_size=6),
    st.sampled_from([pa.list_, pa.large_list, pa.list_view, pa.large_list_view]),
    st.integers(0, 3),
)
def test_lists_of_any_kind_keep_their_elements_or_are_refused(values, kind, start):
    schema = pa.schema([("x", pa.list_(pa.int8()))])
    found = pa.table({"x": pa.array(values, kind(pa.int16()))}).slice(start)
    if all(-128 <= element <= 127 for each in values[start:] for element in each or ()):
        assert conformed("x", found, schema)["x"].to_pylist() == values[start:]
    else:
        with pytest.raises(InputError, match="not in range"):
            conformed("x", found, schema)

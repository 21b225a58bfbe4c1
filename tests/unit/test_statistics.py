import csv
import io
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.records import record

from medinjection.components.statistics import (
    COUNT_COLUMNS,
    RecordCount,
    SourceFacts,
    count_records,
    counts_text,
    describe_sources,
)
from medinjection.records.errors import InputError
from medinjection.records.files import write_records, write_text
from medinjection.records.schema import COMPONENTS, SPLITS, TASKS, Provenance

KINDS = st.tuples(
    st.sampled_from(["a", "b"]),
    st.sampled_from(SPLITS),
    st.sampled_from(TASKS),
    st.sampled_from([None, "cardiology", "oncology"]),
    st.sampled_from([None, "", "a case"]),
)


@given(kinds=st.lists(KINDS, min_size=1, max_size=40))
def test_counts_are_those_of_a_plain_loop(kinds, tmp_path_factory):
    path = tmp_path_factory.mktemp("counts") / "native.parquet"
    records = [
        record(i, source=source, split=split, task=task, specialty=specialty, context=context)
        for i, (source, split, task, specialty, context) in enumerate(kinds)
    ]
    write_records(path, records)
    expected = Counter(("native", r.source, r.split, r.task, r.specialty or "", r.context is not None) for r in records)
    rows = count_records([path])
    assert {tuple(getattr(row, name) for name in COUNT_COLUMNS[:-1]): row.records for row in rows} == expected
    assert sum(row.records for row in rows) == len(records)


def test_lines_are_in_the_paper_s_order_and_written_as_csv(tmp_path):
    for component in COMPONENTS:
        rows = [
            record(1, component=component, source="t", split="test", task="oeq"),
            record(2, component=component, source="s", task="mcq", context="x"),
        ]
        write_records(tmp_path / f"{component}.parquet", rows)
    paths = [tmp_path / f"{component}.parquet" for component in reversed(COMPONENTS)]
    text = counts_text(count_records(paths))
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[0] == list(COUNT_COLUMNS)
    assert lines[1:3] == [
        ["native", "s", "train", "mcq", "", "true", "1"],
        ["native", "t", "test", "oeq", "", "false", "1"],
    ]
    assert [line[0] for line in lines[1:]] == [name for name in COMPONENTS for _ in range(2)]


def test_a_file_of_several_batches_is_counted_whole(tmp_path):
    write_records(tmp_path / "native.parquet", [record(i, source="s") for i in range(20_000)])
    assert count_records([tmp_path / "native.parquet"]) == [
        RecordCount("native", "s", "train", "mcqu", "", False, 20_000)
    ]


def test_sources_are_described(tmp_path):
    rows = [
        record(1, source="s", shufflable=False, provenance=Provenance(teacher="t2")),
        record(2, source="s", task="mcq", provenance=Provenance(teacher="t1")),
        record(3, source="s", task="oeq", shufflable=False, licence="CC0"),
        record(4, source="r"),
    ]
    write_records(tmp_path / "native.parquet", rows)
    assert describe_sources([tmp_path / "native.parquet"]) == [
        SourceFacts("native", "r", 1, 0, (), ("MIT",)),
        SourceFacts("native", "s", 2, 1, ("t1", "t2"), ("CC0", "MIT")),
    ]


def test_wrong_files_are_named(tmp_path):
    with pytest.raises(InputError, match=r"absent\.parquet: no such file"):
        count_records([tmp_path / "absent.parquet"])
    write_text(tmp_path / "text.parquet", "no parquet")
    with pytest.raises(InputError, match=r"text\.parquet: not a readable parquet file"):
        count_records([tmp_path / "text.parquet"])
    write_records(tmp_path / "odd.parquet", [record(1, split="dev")])
    with pytest.raises(InputError, match=r"odd\.parquet: column split: found 'dev', expected one of train"):
        count_records([tmp_path / "odd.parquet"])

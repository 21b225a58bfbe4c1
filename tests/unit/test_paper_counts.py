"""The paper's own counts: they add up, in one way only, and a wrong file is refused."""

import csv
import itertools
from collections import Counter
from pathlib import Path

import pytest

from medinjection.records.errors import InputError
from medinjection.sources.paper_counts import (
    component_sources,
    counts_of,
    read_paper_counts,
    split_tasks,
    task_totals,
)
from medinjection.sources.registry import load_registry

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "resources" / "published"
LEDGER = PUBLISHED / "ledger.csv"
HEADER = "component,sources,task,split,count,evidence,basis\n"


@pytest.fixture(scope="module")
def ledger():
    return read_paper_counts(LEDGER)


def published(name):
    with open(PUBLISHED / name, encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def added_up(counts):
    return sum(one.count for one in counts if not one.is_inferred)


def test_table_2_is_met_to_the_last_record(ledger):
    printed = {row["task"]: int(row["count"]) for row in published("published_table2.csv")}
    assert printed == {"oeq": 57_509, "mcq": 59_592, "mcqu": 454_335}
    assert task_totals(ledger) == printed
    assert added_up(ledger) == 571_436


def test_no_other_way_to_give_eleven_groups_a_task_exceeds_no_total(ledger):
    groups = Counter()
    for one in ledger:
        if one.sources not in ((), ("s_editions",)) and not one.is_inferred:
            groups[one.sources, one.task] += one.count
    assert len(groups) == 11
    printed = {row["task"]: int(row["count"]) for row in published("published_table2.csv")}
    possible = []
    for tasks in itertools.product(printed, repeat=len(groups)):
        sums = dict.fromkeys(printed, 0)
        for task, count in zip(tasks, groups.values(), strict=True):
            sums[task] += count
        if all(sums[task] <= printed[task] for task in printed):
            possible.append((tasks, {task: printed[task] - sums[task] for task in printed}))
    assert [tasks for tasks, _ in possible] == [tuple(task for _, task in groups)]
    # what is left: the 526 of S-Editions, and nine
    assert possible[0][1] == {"oeq": 343, "mcq": 183, "mcqu": 9}
    assert added_up(counts_of(ledger, ["s_editions"])) == 343 + 183 == 526


def test_table_1_lacks_the_nine_that_no_source_has(ledger):
    rows = {row["component"]: row for row in published("published_table1.csv")}
    total = int(rows.pop("total")["total"])
    for component, row in rows.items():
        assert added_up(one for one in ledger if one.component == component) == int(row["total"]), component
    parts = sum(int(row["total"]) for row in rows.values())
    assert (parts, total) == (571_427, 571_436)
    assert [one.count for one in ledger if not one.component] == [total - parts] == [9]


def test_the_native_splits_are_those_of_table_1(ledger):
    (native,) = (row for row in published("published_table1.csv") if row["component"] == "native")
    mine = [one for one in ledger if one.component == "native"]
    for split in ("train", "validation", "test"):
        assert sum(split_tasks(mine, split).values()) == int(native[split]), split
    # choice records of train, with S-Editions and FrBMedQA and without them
    assert choice_in_train(mine) == 49_748
    without = [one for one in mine if one.sources not in (("s_editions",), ("frbmedqa",))]
    assert choice_in_train(without) == 49_748 - 183 - 19_836 == 29_729


def choice_in_train(counts):
    in_train = split_tasks(counts, "train")
    return in_train["mcq"] + in_train["mcqu"]


def test_the_translated_splits_are_those_of_table_1_but_two_test_records(ledger):
    (row,) = (row for row in published("published_table1.csv") if row["component"] == "translated")
    mine = [one for one in ledger if one.component == "translated"]
    found = {split: split_tasks(mine, split)["mcqu"] for split in ("train", "validation", "test")}
    assert found == {"train": int(row["train"]), "validation": int(row["validation"]), "test": int(row["test"]) + 2}


def test_divided_lines_add_up_to_what_they_divide(ledger):
    for one in ledger:
        if one.split == "all" and len(one.sources) < 3:
            parts = [other for other in ledger if other.is_inferred and other.sources == one.sources]
            parts = [other.count for other in parts if other.task == one.task]
            assert sum(parts) in (0, one.count), one


def test_every_source_of_the_ledger_is_in_the_registry_of_that_component(ledger):
    registry = load_registry(ROOT / "config" / "sources.yaml")
    for one in ledger:
        assert {registry[name].component for name in one.sources} <= {one.component}
    assert component_sources(ledger, "synthetic") == ["deft2021", "diamed", "morfitt"]
    for name, source in registry.items():
        if source.paper_records and source.kind != "released":
            assert added_up(counts_of(ledger, [name])) == source.paper_records, name


def test_upstream_s_rows_are_those_of_the_registry(ledger):
    registry = load_registry(ROOT / "config" / "sources.yaml")
    for name in ("mediqal", "frenchmedmcqa", "medmcqa", "medqa"):
        source = registry[name]
        first = source.files[0].layout
        for split in ("train", "validation", "test"):
            rows = sum(file.records for file in source.files if file.split == split and file.layout == first)
            assert rows == sum(split_tasks(counts_of(ledger, [name]), split).values()), (name, split)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("source,count\n", "found the columns source, count, expected component, sources"),
        ("", "found the columns none"),
        (HEADER + "native,a,mcq,train,1,published\n", "line 2: found 6 cells, expected 7"),
        (HEADER + "french,a,mcq,train,1,published,x\n", "line 2: component is 'french', expected one of native"),
        (HEADER + "native,a,qcm,train,1,published,x\n", "task is 'qcm', expected one of mcq, mcqu, oeq"),
        (HEADER + "native,a,mcq,dev,1,published,x\n", "split is 'dev', expected one of train, validation, test, all"),
        (HEADER + "native,a,mcq,train,1,guess,x\n", "evidence is 'guess', expected one of published, identity, size"),
        (HEADER + "native,a,mcq,train,1.5,size,x\n", "count is '1.5', expected a whole number"),
        (HEADER + "native,,mcq,train,1,size,x\n", "expected a basis, and sources where there is a component"),
        (HEADER + "native,a,mcq,all,1,size,x\n" * 2, "line 3: sources, task and split as in a line before it"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path, content, said):
    (tmp_path / "ledger.csv").write_text(content)
    with pytest.raises(InputError, match=said):
        read_paper_counts(tmp_path / "ledger.csv")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv: no such file"):
        read_paper_counts(tmp_path / "none.csv")

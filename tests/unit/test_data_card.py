import subprocess
import sys
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from support.records import record

from medinjection.components.near_duplicates import NEAR_DUPLICATE_SCHEMA
from medinjection.records.conservation import REJECT_SCHEMA
from medinjection.records.errors import InputError
from medinjection.records.files import read_records, write_records, write_table
from medinjection.records.schema import RECORD_SCHEMA, Provenance
from medinjection.records.stand_ins import StandIn
from medinjection.reporting.cards.data_card import CardInputs, size_category, write_dataset, write_splits
from medinjection.reporting.duplicate_pairs import PairCount, count_pairs
from medinjection.reporting.remark import Remark
from medinjection.sources.registry import Source

EVIL = "<script>|*x*"


def source(name, component, **fields):
    values = {
        "name": name,
        "title": f"Title of {name}",
        "component": component,
        "language": "fr",
        "kind": "records",
        "reader": "r",
        "upstream": "u/r",
        "revision": None,
        "licence": "CC0",
        "citation": f"Citation of {name} {EVIL}",
        "homepage": f"https://example.org/{name}",
        "files": (),
    }
    return Source(**{**values, **fields})


def pair(left, right, kind="near", same_answer=True):
    (left_id, left_split), (right_id, right_split) = left, right
    sides = {"left_id": left_id, "left_split": left_split, "right_id": right_id, "right_split": right_split}
    names = {f"{side}_component": "native" for side in ("left", "right")}
    names |= {f"{side}_source": sides[f"{side}_id"].split(":")[0] for side in ("left", "right")}
    return {**sides, **names, "similarity": 0.9, "kind": kind, "same_answer": same_answer}


def write_pairs(path, rows):
    write_table(path, pa.Table.from_pylist(rows, schema=NEAR_DUPLICATE_SCHEMA))
    return path


NATIVE = [
    record(1, source="a", shufflable=False),
    record(2, source="a", split="test", answer_indices=(0, 1)),
    record(3, source="b", task="oeq", context="cas"),
    record(4, source="a"),
]
SYNTHETIC = [record(5, component="synthetic", source="c", licence="MIT", provenance=Provenance(teacher="gpt-4o"))]


@pytest.fixture
def inputs(tmp_path):
    write_records(tmp_path / "native.parquet", NATIVE)
    write_records(tmp_path / "synthetic.parquet", SYNTHETIC)
    reject = {"id": None, "stage": "join", "reason": f"answer index {EVIL}", "raw": "x"}
    write_table(tmp_path / "native.rejects.parquet", pa.Table.from_pylist([reject], schema=REJECT_SCHEMA))
    pairs = [pair(("a:1", "train"), ("a:2", "test")), pair(("a:1", "train"), ("b:9", "train"), same_answer=False)]
    write_pairs(tmp_path / "near.parquet", pairs)
    registry = {
        "a": source("a", "native", paper_records=3105, notes="Known problem of a."),
        "b": source("b", "native"),
        "c": source("c", "synthetic", licence=EVIL),
    }
    return CardInputs(
        components=[tmp_path / "native.parquet", tmp_path / "synthetic.parquet"],
        rejects=[tmp_path / "native.rejects.parquet"],
        near_duplicates=tmp_path / "near.parquet",
        registry=registry,
        run_name="demo",
        remark=Remark((StandIn.TEACHER,)),
        decontamination=True,
    )


def card(folder):
    _, metadata, text = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(metadata), text


def test_the_hub_s_library_opens_the_folder(inputs, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    from datasets import load_dataset

    write_dataset(inputs, tmp_path / "dataset")
    cache = str(tmp_path / "cache")
    native = load_dataset(str(tmp_path / "dataset"), "native", cache_dir=cache)
    assert {split: rows["id"][:] for split, rows in native.items()} == {"train": ["a:1", "b:3", "a:4"], "test": ["a:2"]}
    assert native["test"][0]["answer_indices"] == [0, 1]
    everything = load_dataset(str(tmp_path / "dataset"), cache_dir=cache)
    assert {split: len(rows) for split, rows in everything.items()} == {"train": 4, "test": 1}
    assert everything["train"][3]["provenance"]["teacher"] == "gpt-4o"


def test_every_record_is_in_one_file_unchanged(inputs, tmp_path):
    write_dataset(inputs, tmp_path / "dataset")
    files = sorted((tmp_path / "dataset" / "data").rglob("*.parquet"))
    assert [str(file.relative_to(tmp_path / "dataset" / "data")) for file in files] == [
        "native/test.parquet",
        "native/train.parquet",
        "synthetic/train.parquet",
    ]
    assert pq.read_schema(files[0]).equals(RECORD_SCHEMA)
    found = [record for file in files for record in read_records(file)]
    assert sorted(found, key=lambda row: row.id) == sorted(NATIVE + SYNTHETIC, key=lambda row: row.id)


def test_the_metadata_is_what_the_hub_reads(inputs, tmp_path):
    write_dataset(inputs, tmp_path / "dataset")
    metadata, _ = card(tmp_path / "dataset")
    assert (metadata["language"], metadata["license"]) == (["fr"], "other")
    assert metadata["size_categories"] == ["n<1K"]
    assert metadata["task_categories"] == ["question-answering", "multiple-choice"]
    configs = {config["config_name"]: config["data_files"] for config in metadata["configs"]}
    assert list(configs) == ["default", "native", "synthetic"]
    assert configs["default"] == [
        {"split": "train", "path": ["data/native/train.parquet", "data/synthetic/train.parquet"]},
        {"split": "test", "path": ["data/native/test.parquet"]},
    ]
    listed = {entry["path"] for name in ("native", "synthetic") for entry in configs[name]}
    assert all((tmp_path / "dataset" / path).is_file() for path in listed)


def test_the_card_says_what_a_user_must_know(inputs, tmp_path):
    write_dataset(inputs, tmp_path / "dataset")
    _, text = card(tmp_path / "dataset")
    for part in (
        "> Demonstration: scripted teacher. What is scripted is no language model.",
        "**5 records**: 1 mcq, 3 mcqu, 1 oeq.",
        # train, validation, test, all, the paper's count; one of three choice records keeps its order
        "| Title of a (`a`) | native | 2 | 0 | 1 | 3 | 3,105 | 33.3 % | <https://example.org/a> |",
        "| Title of b (`b`) | native | 1 | 0 | 0 | 1 | – | – |",
        "- gpt-4o: `c`",
        "Of a training record with a validation or test\nrecord: 1.",
        "| a, train | a, test | 1 | 0 | 0 | 1 |",
        "| a, train | b, train | 1 | 0 | 1 | 0 |",
        "were set aside. Pairs left: 1, of which\n1 of a training record",
        "- Title of a: Known problem of a.",
        r"Citation of c \<script\>\|\*x\*",
        r"| Title of c | \<script\>\|\*x\* | MIT |",
        r"answer index \<script\>\|\*x\*",
    ):
        assert part in text, part
    assert "<script>" not in text
    write_dataset(replace(inputs, decontamination=False), tmp_path / "plain")
    assert "**None was removed, as in the paper.**" in card(tmp_path / "plain")[1]


def test_the_same_inputs_give_the_same_bytes(inputs, tmp_path):
    for name in ("one", "two"):
        write_dataset(inputs, tmp_path / name)
    files = [file.relative_to(tmp_path / "one") for file in (tmp_path / "one").rglob("*.*")]
    assert len(files) == 4
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes() for file in files)


def test_splits_are_streamed_and_old_files_go(tmp_path):
    rows = [record(i, source="a", split=("train", "test")[i % 2]) for i in range(20_000)]
    write_records(tmp_path / "native.parquet", rows)
    assert write_splits(tmp_path / "native.parquet", tmp_path) == {"native": {"train": 10_000, "test": 10_000}}
    assert [row.id for row in read_records(tmp_path / "native" / "test.parquet")] == [r.id for r in rows[1::2]]
    write_records(tmp_path / "native.parquet", rows[:1])
    write_splits(tmp_path / "native.parquet", tmp_path)
    assert [file.name for file in (tmp_path / "native").iterdir()] == ["train.parquet"]


def test_wrong_inputs_are_named(inputs, tmp_path):
    with pytest.raises(InputError, match="source c: not in the registry, expected one of a, b"):
        write_dataset(replace(inputs, registry={n: inputs.registry[n] for n in "ab"}), tmp_path / "dataset")
    write_records(tmp_path / "both.parquet", [*NATIVE, *SYNTHETIC])
    with pytest.raises(InputError, match=r"both\.parquet: holds records of native, synthetic"):
        write_splits(tmp_path / "both.parquet", tmp_path / "dataset")
    write_records(tmp_path / "none.parquet", [])
    with pytest.raises(InputError, match=r"none\.parquet: no record"):
        write_splits(tmp_path / "none.parquet", tmp_path / "dataset")


def test_the_program_reads_the_real_registry(tmp_path, root):
    rows = [record(1, source="frenchmedmcqa")]
    write_records(tmp_path / "native.parquet", rows)
    command = [sys.executable, root / "workflow" / "scripts" / "report_data_card.py", "--run-name", "demo"]
    command += ["--components", tmp_path / "native.parquet", "--decontamination", "on"]
    command += ["--near-duplicates", write_pairs(tmp_path / "near.parquet", [])]
    command += ["--registry", root / "config" / "sources.yaml", "--output-folder", tmp_path / "dataset"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    metadata, text = card(tmp_path / "dataset")
    assert metadata["pretty_name"] == "MedInjection-FR"
    assert "FrenchMedMCQA (`frenchmedmcqa`) | native | 1 | 0 | 0 | 1 |" in text
    assert "None was found." in text


def test_what_a_source_asks_beside_answers_is_a_category_of_the_card(inputs, tmp_path):
    registry = {**inputs.registry, "b": replace(inputs.registry["b"], task_category="translation")}
    unused = replace(inputs.registry["a"], name="d", task_category="summarization")
    write_dataset(replace(inputs, registry={**registry, "d": unused}), tmp_path / "dataset")
    metadata, _ = card(tmp_path / "dataset")
    assert metadata["task_categories"] == ["question-answering", "multiple-choice", "translation"]


@pytest.mark.parametrize(
    ("records", "category"), [(999, "n<1K"), (1000, "1K<n<10K"), (571_436, "100K<n<1M"), (2_000_000, "1M<n<10M")]
)
def test_size_categories(records, category):
    assert size_category(records) == category


def test_a_pair_counts_the_same_whichever_record_stands_first(tmp_path):
    rows = [
        pair(("a:1", "train"), ("b:3", "train"), kind="exact"),
        pair(("b:7", "train"), ("a:8", "train"), same_answer=False),
        pair(("a:2", "test"), ("a:4", "train")),
    ]
    write_records(tmp_path / "native.parquet", NATIVE)
    counts = count_pairs(write_pairs(tmp_path / "near.parquet", rows), [tmp_path / "native.parquet"])
    assert counts == [
        PairCount("a", "train", "b", "train", pairs=2, exact=1, other_answer=1, remaining=1),
        PairCount("a", "train", "a", "test", pairs=1, exact=0, other_answer=0, remaining=1),
    ]
    assert [row.crosses_splits for row in counts] == [False, True]
    assert count_pairs(write_pairs(tmp_path / "none.parquet", []), [tmp_path / "native.parquet"]) == []

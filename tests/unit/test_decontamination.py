import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from support.records import open_record

from medinjection.components.decontamination import contaminated, contamination_reasons
from medinjection.components.near_duplicates import NEAR_DUPLICATE_SCHEMA, near_duplicates
from medinjection.records.conservation import REJECT_SCHEMA, rejects_path
from medinjection.records.errors import InputError
from medinjection.records.files import read_records, read_table, write_records, write_table

SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"


def pair(left, right, similarity, splits, components=("native", "native")):
    sides = zip(("left", "right"), (left, right), splits, components, strict=True)
    row = {
        f"{side}_{name}": value
        for side, identifier, split, component in sides
        for name, value in (("id", identifier), ("component", component), ("source", "s"), ("split", split))
    }
    return row | {"similarity": similarity, "kind": "near", "same_answer": True}


def table(*rows):
    return pa.Table.from_pylist(list(rows), schema=NEAR_DUPLICATE_SCHEMA)


def test_training_records_go_and_the_closest_held_out_record_is_named():
    pairs = table(
        pair("a", "b", 0.85, ("train", "test")),
        pair("a", "c", 0.93, ("train", "validation"), ("native", "translated")),
        pair("a", "d", 0.99, ("train", "train")),
        pair("e", "f", 0.9, ("test", "validation")),
        pair("g", "h", 0.9, ("validation", "train")),
        pair("h", "i", 0.9, ("train", "test")),
        pair("j", "k", 1.0, ("train", "test"), ("translated", "native")),
    )
    assert contamination_reasons(pairs, "native") == {
        "a": "too close to c (validation, similarity 0.93)",
        "h": "too close to i (test, similarity 0.90)",
    }
    assert contamination_reasons(pairs, "translated") == {"j": "too close to k (test, similarity 1.00)"}
    assert contamination_reasons(pairs, "synthetic") == {}


def corpus(tmp_path):
    words = " ".join(f"mot{i}" for i in range(40))
    native = [
        open_record("a", question=words),
        open_record("b", question="Pourquoi le cœur bat-il ?"),
        open_record("t", question=f"{words} ?", split="test"),
    ]
    translated = [
        open_record("c", question=f"{words} encore", component="translated"),
        open_record("d", question=words, split="validation", component="translated"),
    ]
    write_records(tmp_path / "native.parquet", native)
    write_records(tmp_path / "translated.parquet", translated)
    paths = [tmp_path / "native.parquet", tmp_path / "translated.parquet"]
    write_table(tmp_path / "pairs.parquet", near_duplicates(paths, 0.8))


def build(tmp_path, component, switch):
    command = [sys.executable, SCRIPTS / "build_component.py", "--component", component, "--max-reject-share", "0"]
    command += ["--input", f"{component}.parquet", "--near-duplicates", "pairs.parquet", "--decontamination", switch]
    command += ["--output", f"out/{component}.parquet"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    output = tmp_path / "out" / f"{component}.parquet"
    return [r.id for r in read_records(output)], read_table(rejects_path(output), REJECT_SCHEMA).to_pylist()


def test_build_component_sets_aside_what_leaks_or_nothing(tmp_path):
    corpus(tmp_path)
    kept, rejects = build(tmp_path, "native", "on")
    assert kept == ["src:b", "src:t"]
    assert [(r["id"], r["stage"], r["reason"]) for r in rejects] == [
        ("src:a", "build_component", "too close to src:t (test, similarity 1.00)")
    ]
    assert json.loads(rejects[0]["raw"])["split"] == "train"
    kept, rejects = build(tmp_path, "translated", "on")
    assert kept == ["src:d"] and rejects[0]["reason"] == "too close to src:t (test, similarity 0.97)"
    assert build(tmp_path, "native", "off") == (["src:a", "src:b", "src:t"], [])


def test_pairs_of_another_file_are_refused(tmp_path):
    corpus(tmp_path)
    pairs = table(pair("src:a", "src:t", 0.9, ("train", "test")), pair("src:x", "src:t", 0.9, ("train", "test")))
    with pytest.raises(InputError, match=r"native\.parquet: no record src:x"):
        contaminated(tmp_path / "native.parquet", "native", pairs)

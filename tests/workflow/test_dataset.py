"""The dataset of a finished run: tables, figures, card, near duplicates; and the authors' release in its place."""

import csv
import os
import subprocess
import sys

import pyarrow.parquet as pq
import pytest
import yaml
from support.checkout import SMALL, SMALL_RUN

from medinjection.records.conservation import rejects_path
from medinjection.records.files import read_records

pytestmark = pytest.mark.workflow

COMPONENTS = ("native", "translated", "synthetic")


def test_every_source_of_the_paper_is_in_its_component(finished):
    found = {
        component: {
            record.source for record in read_records(finished.folder / SMALL_RUN / f"components/{component}.parquet")
        }
        for component in COMPONENTS
    }
    assert found == {
        "native": {
            "s_editions",
            "mediqal",
            "frenchmedmcqa",
            "medical_cases_fr",
            "medical_mqca_fr",
            "frbmedqa",
            "wmt_biomedical",
        },
        "translated": {"medqa", "pubmedqa", "medmcqa", "mmlu", "kqa", "mmlu_pro", "medxpertqa"},
        "synthetic": {"deft2021", "diamed", "morfitt"},
    }


def test_closed_questions_are_choice_questions_after_conversion(finished):
    records = read_records(finished.folder / SMALL_RUN / "records/native/frbmedqa.parquet")
    assert {record.task for record in records} == {"mcqu"}
    assert all(record.provenance.teacher == "scripted/teacher" and record.context for record in records)


def test_no_training_record_is_close_to_a_held_out_one(finished):
    """Decontamination is on in the demonstration: what near duplicates name is gone, and the reason names the pair."""
    run = finished.folder / SMALL_RUN
    pairs = pq.read_table(run / "components/near_duplicates/all.parquet").to_pylist()
    leaks = set()
    for pair in pairs:
        for one, other in (("left", "right"), ("right", "left")):
            if pair[f"{one}_split"] == "train" and pair[f"{other}_split"] != "train":
                leaks.add(pair[f"{one}_id"])
    kept, set_aside = set(), {}
    for component in COMPONENTS:
        path = run / f"components/{component}.parquet"
        kept |= {record.id for record in read_records(path)}
        rows = pq.read_table(rejects_path(path)).to_pylist()
        set_aside |= {row["id"]: row["reason"] for row in rows}
    assert leaks, "the demonstration has near duplicates across splits"
    assert set(set_aside) == leaks and not kept & leaks
    assert all(reason.startswith("too close to ") and "similarity" in reason for reason in set_aside.values())


def test_table_1_counts_the_components(finished):
    run = finished.folder / SMALL_RUN
    with open(run / "tables/table1.csv", encoding="utf-8") as handle:
        rows = {row["component"]: row for row in csv.DictReader(handle)}
    for component in COMPONENTS:
        records = read_records(run / f"components/{component}.parquet")
        for split in ("train", "validation", "test"):
            assert int(rows[component][split] or 0) == sum(record.split == split for record in records)
        assert int(rows[component]["total"]) == len(records)
    assert rows["native"]["train_published"] == "57563"


def test_the_ledger_of_a_demonstration_accounts_for_every_row_and_compares_nothing(finished):
    tables = finished.folder / SMALL_RUN / "tables"
    with open(tables / "ledger.csv", encoding="utf-8") as handle:
        lines = list(csv.DictReader(handle))
    records = sum(
        len(read_records(finished.folder / SMALL_RUN / f"components/{component}.parquet")) for component in COMPONENTS
    )
    *groups, total = [line for line in lines if line["task"] == "all"]
    assert sum(int(line["ours"]) for line in groups) == int(total["ours"]) == records
    assert {(line["paper"], line["difference"]) for line in lines} == {("", "")}
    with open(tables / "ledger_reasons.csv", encoding="utf-8") as handle:
        steps = list(csv.DictReader(handle))
    sources = {step["source"] for step in steps}
    assert len(sources) == 17
    for source in sources:
        rows = {step["step"]: int(step["rows"]) for step in steps if step["source"] == source}
        lost = {step: -count for step, count in rows.items() if count < 0}
        in_reading = sum(count for step, count in lost.items() if step.startswith("normalise_source: "))
        later = sum(lost.values()) - in_reading
        if "documents read" in rows:
            assert rows["documents read"] - in_reading == rows["documents kept"], source
            assert rows["items, and documents without any"] - later == rows["records"], source
        else:
            assert rows["rows read"] - in_reading - later == rows["records"], source


def test_figures_have_their_numbers_beside_them(finished):
    figures = finished.folder / SMALL_RUN / "figures"
    for number in (1, 2, 4):
        assert (figures / f"fig{number}.svg").read_text(encoding="utf-8").lstrip().startswith("<?xml")
        assert (figures / f"fig{number}.png").read_bytes().startswith(b"\x89PNG")
        with open(figures / f"fig{number}.csv", encoding="utf-8") as handle:
            assert list(csv.DictReader(handle))
    assert "all-MiniLM-L6-v2, trained on English" in (figures / "fig4_caption.txt").read_text(encoding="utf-8")


def test_the_dataset_opens_as_the_hub_would_open_it(finished, tmp_path):
    folder = finished.folder / SMALL_RUN / "dataset"
    card = (folder / "README.md").read_text(encoding="utf-8")
    metadata = yaml.safe_load(card.split("---")[1])
    assert metadata["language"] == ["fr"]
    assert "scripted teacher" in card, "a demonstration says so"
    program = (
        "import sys, datasets\n"
        "for name in ('native', 'translated', 'synthetic'):\n"
        "    loaded = datasets.load_dataset(sys.argv[1], name)\n"
        "    print(name, {split: len(rows) for split, rows in loaded.items()})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        env={**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    for component in COMPONENTS:
        records = read_records(finished.folder / SMALL_RUN / f"components/{component}.parquet")
        splits = {s: sum(r.split == s for r in records) for s in ("train", "validation", "test")}
        assert f"{component} { {s: n for s, n in splits.items() if n} }" in done.stdout


@pytest.mark.parametrize(
    ("origin", "sources"),
    [("released", {f"released_{component}" for component in COMPONENTS}), ("released_all", {"released_all"})],
)
def test_a_release_stands_in_for_what_it_is_rebuilt_from(origin, sources, fresh):
    checkout = fresh(*SMALL, "released.yaml")
    (checkout.folder / "released.yaml").write_text(f"components: {{origin: {origin}}}\nmixes: {{size: 21}}\n")
    planned = checkout.planned("mixes", "dataset")
    assert (planned["fetch_source"], planned["normalise_french"]) == (len(sources), 3)
    assert not {"translate_source", "generate_items", "convert_source", "normalise_other"} & set(planned)
    checkout.run(f"{SMALL_RUN}/mixes/ALL.parquet")
    drawn = read_records(checkout.folder / SMALL_RUN / "mixes/ALL.parquet")
    assert {(record.source, record.component) for record in drawn} == {
        (source, component) for source in sources for component in COMPONENTS if source.endswith((component, "all"))
    }
    assert len(drawn) == 21

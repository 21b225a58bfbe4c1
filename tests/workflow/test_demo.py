"""The demonstration, run for real at a small size: whole, conserved, and the same twice."""

import json
from dataclasses import replace

import pyarrow.parquet as pq
import pytest
from support.checkout import SMALL_RUN, copy_checkout
from support.run_content import content_of_run

from medinjection.records.csv_rows import read_rows
from medinjection.records.files import read_records
from medinjection.records.schema import validate_record
from medinjection.reporting.remark import stand_ins_in

pytestmark = pytest.mark.workflow

MIXES = {
    "NAT": ["native"],
    "TRAD": ["translated"],
    "SYN": ["synthetic"],
    "NAT-TRAD": ["native", "translated"],
    "NAT-SYN": ["native", "synthetic"],
    "TRAD-SYN": ["translated", "synthetic"],
    "ALL": ["native", "translated", "synthetic"],
}
MODELS = ("base", "NAT", "ALL")


def test_every_promised_file_is_there(finished):
    run = finished.folder / SMALL_RUN
    tables = [f"tables/table{n}.{suffix}" for n in (3, 5, 6, 7) for suffix in ("csv", "md", "tex")]
    figures = [f"figures/fig{number}.{suffix}" for number in (3, 5, 6) for suffix in ("csv", "svg", "png")]
    predictions = [f"predictions/{m}/{kind}.parquet" for m in MODELS for kind in ("choice", "open")]
    for name in ["report.html", "explorer/index.html", "audit.csv", "cost.csv", *tables, *figures, *predictions]:
        assert (run / name).stat().st_size > 0, name


def test_records_of_every_stage_are_valid_and_ids_unique(finished):
    run = finished.folder / SMALL_RUN
    for component in ("native", "translated", "synthetic"):
        records = read_records(run / f"components/{component}.parquet")
        assert len({record.id for record in records}) == len(records)
        for record in records:
            assert validate_record(record).component == component


def test_planted_faults_end_as_rejects_with_reasons(finished):
    run = finished.folder / SMALL_RUN
    reasons = {
        stage: pq.read_table(run / f"{stage}.rejects.parquet").column("reason").to_pylist()
        for stage in ("records/native/frenchmedmcqa", "normalised/medmcqa", "records/translated/medmcqa")
    }
    assert any("option" in reason for reason in reasons["records/native/frenchmedmcqa"])
    assert any("duplicate id" in reason for reason in reasons["records/native/frenchmedmcqa"])
    assert any(reason.startswith("no public label") for reason in reasons["normalised/medmcqa"])


def test_scripted_work_says_so(finished):
    run = finished.folder / SMALL_RUN
    for component in ("translated", "synthetic"):
        teachers = {r.provenance.teacher for r in read_records(run / f"components/{component}.parquet")}
        assert teachers == {"scripted/teacher"}
    # Sums of the paper's own numbers have nothing of the run.
    made = [path for path in (run / "tables").iterdir() if path.stem != "slips"]
    tables = [path.relative_to(run).as_posix() for path in made if path.suffix != ".csv"]
    figures = [f"figures/{name}.svg" for name in (*(f"fig{number}" for number in range(1, 7)), "training")]
    captions = [name.replace(".svg", "_caption.txt") for name in figures]
    cards = ["models/NAT/README.md", "models/ALL/README.md", "dataset/README.md"]
    promised = ("table1", "table2", "table3", "table5", "table6", "table7", "ledger")
    assert {f"tables/{name}.{kind}" for name in promised for kind in ("md", "tex")} <= set(tables)
    kinds = "scripted teacher, scripted judge, base model pre-trained by the workflow, corpora rendered from a small"
    for name in (*tables, *figures, *captions, *cards, "report.html"):
        assert f"Demonstration: {kinds} knowledge base." in (run / name).read_text(encoding="utf-8"), name
    for path in (*(path for path in made if path.suffix == ".csv"), *(run / "figures").glob("*.csv")):
        assert [kind.value for kind in stand_ins_in(path)] == f"{kinds} knowledge base".split(", "), path.name
    rated = pq.read_table(run / "quality/scripted-judge-a.parquet")["raw_output"].to_pylist()
    assert all("this score is drawn by a hash" in text for text in rated)


def test_a_demonstration_is_not_compared_with_the_paper(finished):
    rows = read_rows(finished.folder / SMALL_RUN / "audit.csv", ["ours", "difference", "verdict"])
    assert {(row["ours"], row["difference"]) for row in rows} == {("", "")}
    verdicts = {row["verdict"] for row in rows}
    assert any(verdict.startswith("not run: scripted teacher, scripted judge, base model") for verdict in verdicts)
    assert all(verdict.startswith(("not run: ", "not computed")) for verdict in verdicts)


def test_a_second_run_has_nothing_to_do(finished):
    assert finished.planned() == {}


@pytest.fixture(scope="module")
def again(finished, tmp_path_factory):
    """The run of `finished` from scratch a second time, and the paper's other mixes."""
    checkout = copy_checkout(tmp_path_factory.mktemp("again"), *finished.configfiles, preloaded=True)
    checkout.run()
    recipes = {mix: components for mix, components in MIXES.items() if mix not in MODELS}
    (checkout.folder / "recipes.yaml").write_text(json.dumps({"mixes": {"recipes": recipes}}))
    replace(checkout, configfiles=(*checkout.configfiles, "recipes.yaml")).run("mixes")
    return checkout


def test_two_runs_from_scratch_are_byte_identical(finished, again):
    first, second = (content_of_run(run.folder / SMALL_RUN) for run in (finished, again))
    further = {f"mixes/{mix}.parquet" for mix in MIXES if mix not in MODELS}
    assert second.keys() - first.keys() == further
    assert len(first) > 60
    assert first == {name: content for name, content in second.items() if name not in further}


def test_mixes_have_one_size_and_equal_shares(again):
    for mix in MIXES:
        summary = json.loads((again.folder / SMALL_RUN / f"mixes/{mix}.json").read_text())
        records = read_records(again.folder / SMALL_RUN / f"mixes/{mix}.parquet")
        counts = [summary["components"][component] for component in MIXES[mix]]
        assert len(records) == sum(summary["components"].values()) == sum(counts) == 61
        assert max(counts) - min(counts) <= 1
        assert counts == sorted(counts, reverse=True), "the odd example goes to the first-named component"


def test_no_machine_path_in_any_result(finished):
    place = str(finished.folder).encode()
    run = finished.folder / SMALL_RUN
    named = [p for p in run.rglob("*") if p.is_file() and "logs" not in p.parts and place in p.read_bytes()]
    assert named == []

"""The ledger: our counts beside the paper's, and the way of every row, by hand."""

import csv
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from support.records import document, open_record, record

from medinjection.components.accounting import SourceAccount, account_for
from medinjection.components.statistics import RecordCount, count_records, counts_text
from medinjection.records.conservation import REJECT_SCHEMA
from medinjection.records.errors import InputError
from medinjection.records.files import sha256_of, write_documents, write_records, write_table, write_text
from medinjection.records.stand_ins import StandIn, flag_word
from medinjection.reporting.remark import NO_REMARK, Remark
from medinjection.reporting.tables.ledger_table import (
    ledger_grid,
    ledger_lines,
    read_ledger,
    read_reasons,
    reason_lines,
    reasons_grid,
    write_ledger,
)
from medinjection.sources.paper_counts import read_paper_counts
from medinjection.sources.registry import load_registry

ROOT = Path(__file__).parents[2]
LEDGER = ROOT / "resources" / "published" / "ledger.csv"
REGISTRY = ROOT / "config" / "sources.yaml"


@pytest.fixture(scope="module")
def registry():
    return load_registry(REGISTRY)


@pytest.fixture(scope="module")
def paper():
    return read_paper_counts(LEDGER)


def reject_file(path, *rows):
    table = [{"id": id_, "stage": stage, "reason": reason, "raw": "x"} for id_, stage, reason in rows]
    write_table(path, pa.Table.from_pylist(table, schema=REJECT_SCHEMA))
    return path


def manifest(folder, source, names, matches=True):
    entries = []
    for name in names:
        write_text(folder / source / name, f"content of {name}")
        digest = sha256_of(folder / source / name)
        entries.append({"name": name, "bytes": 1, "sha256": digest, "matches_registry": matches})
    write_text(folder / source / "manifest.json", json.dumps({"source": source, "files": entries}))


@pytest.fixture
def run(tmp_path):
    """A run of two sources: FrenchMedMCQA, of which six rows are lost, and MORFITT with three documents."""
    raw = tmp_path / "raw"
    manifest(raw, "frenchmedmcqa", ["train.json", "dev.json"])
    manifest(raw, "morfitt", ["train.tsv"], matches=False)
    native = [record(i, source="frenchmedmcqa", answer_indices=(0, 1)) for i in range(3)]
    native += [record("t", source="frenchmedmcqa", split="test", answer_indices=(0,), task="mcq")]
    made = [record(i, source="morfitt", component="synthetic", task="mcq") for i in range(4)]
    made += [open_record(f"o{i}", source="morfitt", component="synthetic") for i in range(2)]
    write_records(tmp_path / "components/native.parquet", native)
    write_records(tmp_path / "components/synthetic.parquet", made)
    write_documents(tmp_path / "normalised/morfitt.parquet", [document(i, source="morfitt") for i in range(3)])
    mine, normalised = "frenchmedmcqa:9", "normalise_source"
    rejects = [
        reject_file(
            tmp_path / "records/native/frenchmedmcqa.rejects.parquet",
            (None, normalised, "option B is empty"),
            (mine, normalised, "not sampled"),
            (mine, normalised, "not sampled"),
        ),
        reject_file(tmp_path / "normalised/morfitt.rejects.parquet", ("morfitt:8", normalised, "text is empty")),
        reject_file(
            tmp_path / "records/synthetic/morfitt.rejects.parquet",
            ("morfitt:1-c2", "generate", "answer: E is none of the 4 options"),
            ("morfitt:2", "generate", "answer: E is none of the 4 options"),
        ),
        reject_file(
            tmp_path / "joined/native.rejects.parquet",
            (mine, "join_sources", "duplicate of frenchmedmcqa:1"),
            (mine, "join_sources", "conflicting answers: frenchmedmcqa:3, frenchmedmcqa:4"),
        ),
        reject_file(tmp_path / "joined/synthetic.rejects.parquet"),
        reject_file(
            tmp_path / "components/native.rejects.parquet",
            (mine, "build_component", "too close to mediqal:1: similarity 0.9"),
        ),
    ]
    return tmp_path, rejects


def accounts_of(run, registry):
    folder, rejects = run
    counts = count_records([folder / f"components/{name}.parquet" for name in ("native", "synthetic")])
    sources = [registry["frenchmedmcqa"], registry["morfitt"]]
    documents = {"morfitt": folder / "normalised/morfitt.parquet"}
    return counts, account_for(sources, counts, folder / "raw", rejects, documents)


def test_every_row_of_a_source_is_accounted_for(run, registry):
    _, (native, made) = accounts_of(run, registry)
    # 4 records are left; 3 rows were lost in reading, 2 in joining, 1 in decontamination
    assert native == SourceAccount(
        "frenchmedmcqa",
        upstream=2171 + 312,
        others=(),
        read=10,
        documents=None,
        set_aside={
            ("normalise_source", "not sampled"): 2,
            ("build_component", "too close to mediqal"): 1,
            ("join_sources", "conflicting answers"): 1,
            ("join_sources", "duplicate of frenchmedmcqa"): 1,
            ("normalise_source", "option B is empty"): 1,
        },
        records=4,
    )
    assert (made.upstream, made.others, made.read, made.documents, made.records) == (1514, ("train.tsv",), 4, 3, 6)
    assert made.set_aside["generate", "answer"] == 2


def test_the_steps_lead_from_upstream_s_rows_to_the_records(run, registry):
    _, accounts = accounts_of(run, registry)
    steps = reason_lines(accounts, comparable=True)
    native = {step: rows for source, step, rows in steps if source == "frenchmedmcqa"}
    assert native["rows that the registry counts"] == 2483
    assert native["rows read"] + sum(rows for rows in native.values() if rows < 0) == native["records"] == 4
    made = [(step, rows) for source, step, rows in steps if source == "morfitt"]
    assert made == [
        ("rows that the registry counts", 1514),
        ("documents read", 4),
        ("documents kept", 3),
        ("items, and documents without any", 8),
        ("generate: answer", -2),
        ("normalise_source: text is empty", -1),
        ("records", 6),
    ]


def test_a_reject_of_no_source_of_the_run_is_refused(run, registry):
    folder, _ = run
    reject_file(folder / "components/synthetic.rejects.parquet", ("kqa:1", "build_component", "too close to x"))
    with pytest.raises(InputError, match=r"the reject 'kqa:1' is of none of the sources frenchmedmcqa"):
        account_for(
            [registry["frenchmedmcqa"]], [], folder / "raw", [folder / "components/synthetic.rejects.parquet"], {}
        )


def lines_by_place(lines):
    return {(line.sources, line.task, line.split): line for line in lines}


def test_our_counts_stand_beside_the_paper_s(run, registry, paper):
    counts, accounts = accounts_of(run, registry)
    lines = ledger_lines(paper, counts, registry, accounts, comparable=True)
    found = lines_by_place(lines)
    total = found["frenchmedmcqa", "all", "all"]
    assert (total.ours, total.paper, total.evidence, total.difference) == ("4", "3105", "identity", "-3101")
    assert total.reasons == (
        "10 rows read, the registry counts 2,483, 2 not sampled, 1 too close to mediqal, 1 conflicting answers, "
        "1 duplicate of frenchmedmcqa, 1 option B is empty; upstream has 2,483, the paper 3,105"
    )
    test = found["frenchmedmcqa", "mcq", "test"]
    assert (test.ours, test.paper, test.difference, test.reasons) == ("1", "622", "-621", "")
    made = found["deft2021+diamed+morfitt", "all", "all"]
    assert (made.ours, made.paper, made.evidence, made.difference) == ("6", "76506", "published", "-76500")
    assert made.reasons == (
        "4 documents read, the registry counts 1,514, files other than the pinned ones: train.tsv, 2 answer, "
        "1 text is empty; not in this run: deft2021, diamed"
    )
    assert found["deft2021+diamed+morfitt", "mcq", "train"].ours == "4"
    absent = found["s_editions", "all", "all"]
    assert (absent.ours, absent.paper, absent.reasons) == ("0", "526", "not in this run: s_editions")
    assert (found["of no source", "all", "all"].paper, found["total", "all", "all"].paper) == ("9", "571436")
    # what is not inferred adds up to the paper's total
    assert sum(int(line.paper) for line in lines if line.task == "all" and line.evidence != "inference") == 2 * 571_436


def test_what_the_paper_does_not_have_is_compared_with_nothing_or_with_none(registry, paper):
    counts = [
        RecordCount("native", "frbmedqa", "test", "mcqu", "", False, 5),
        RecordCount("native", "kqa", "train", "oeq", "", False, 2),
        RecordCount("synthetic", "e3c", "train", "mcq", "", False, 7),
    ]
    accounts = [SourceAccount(name, None, (), 9, None, {}, 9) for name in ("frbmedqa", "e3c", "kqa")]
    found = lines_by_place(ledger_lines(paper, counts, registry, accounts, comparable=True))
    other = found["e3c", "all", "all"]
    assert (other.ours, other.paper, other.reasons) == ("7", "", "not a source of the paper; 9 rows read")
    assert found["e3c", "mcq", "train"].paper == ""
    held_out = found["frbmedqa", "mcqu", "test"]
    assert (held_out.ours, held_out.paper, held_out.difference, held_out.evidence) == ("5", "0", "5", "size")
    assert found["frbmedqa", "mcqu", "train"].difference == "-19836"


def test_the_release_stands_in_the_place_of_a_component_s_sources(registry, paper):
    counts = [
        RecordCount("native", "released_native", split, task, "", False, number)
        for split, task, number in (("train", "mcqu", 30_000), ("test", "oeq", 6_280))
    ]
    accounts = [SourceAccount("released_native", None, (), 36_280, None, {}, 36_280)]
    lines = ledger_lines(paper, counts, registry, accounts, comparable=True)
    found = lines_by_place(lines)
    assert not {"mediqal", "s_editions"} & {line.sources for line in lines}
    total = found["released_native", "all", "all"]
    assert (total.ours, total.paper, total.difference) == ("36280", "77247", str(36_280 - 77_247))
    # 10,113 of MediQAl and 19,836 of FrBMedQA
    mcqu = found["released_native", "mcqu", "train"]
    assert (mcqu.paper, mcqu.difference, mcqu.evidence) == ("29949", "51", "size")
    # 4,969 of MediQAl and 1,311 of WMT
    assert (found["released_native", "oeq", "test"].difference, found["released_native", "oeq", "all"].paper) == (
        "0",
        str(4_969 + 343 + 8_983),
    )


def test_the_release_in_one_set_is_a_line_of_each_component_with_one_account(registry, paper):
    places = (("native", "mcqu"), ("synthetic", "oeq"), ("translated", "mcqu"))
    counts = [RecordCount(component, "released_all", "train", task, "", False, 5) for component, task in places]
    accounts = [SourceAccount("released_all", 571_436, (), 15, None, {}, 15)]
    lines = ledger_lines(paper, counts, registry, accounts, comparable=True)
    totals = [(line.component, line.ours, line.paper, line.reasons) for line in lines if line.task == "all"]
    assert totals == [
        ("native", "5", "77247", "15 rows read, the registry counts 571,436"),
        ("synthetic", "5", "76506", ""),
        ("translated", "5", "417674", ""),
        ("", "0", "9", ""),
        ("", "15", "571436", ""),
    ]


def test_a_demonstration_shows_its_own_counts_alone(run, registry, paper):
    counts, accounts = accounts_of(run, registry)
    lines = ledger_lines(paper, counts, registry, accounts, comparable=False)
    assert {(line.paper, line.evidence, line.difference) for line in lines} == {("", "", "")}
    assert [line.sources for line in lines if line.task == "all"] == [
        "frenchmedmcqa",
        "deft2021+diamed+morfitt",
        "total",
    ]
    assert sum(int(line.ours) for line in lines if line.split != "all") == 10
    assert lines[0].reasons.startswith("10 rows read, 2 not sampled, 1 too close to mediqal, ")
    said = " ".join([*(line.reasons for line in lines), *(step for _, step, _ in reason_lines(accounts, False))])
    assert not {"paper", "registry", "pinned"} & set(said.split())
    grid = ledger_grid(lines, Remark(note="A note."))
    assert grid.header == ("sources", "task", "split", "ours")
    assert "its counts are shown alone" in grid.caption and grid.caption.endswith("A note.")


def test_the_files_read_back(run, registry, paper, tmp_path):
    counts, accounts = accounts_of(run, registry)
    lines = ledger_lines(paper, counts, registry, accounts, comparable=True)
    write_ledger(lines, accounts, tmp_path / "tables", Remark(note="100 % a note."))
    assert read_ledger(tmp_path / "tables/ledger.csv") == lines
    steps = read_reasons(tmp_path / "tables/ledger_reasons.csv")
    assert steps == reason_lines(accounts, comparable=True)
    assert reasons_grid(steps, NO_REMARK).lines[0] == ("frenchmedmcqa", "rows that the registry counts", "2,483")
    markdown = " ".join((tmp_path / "tables/ledger.md").read_text().split())
    assert "| frenchmedmcqa | all | all | 4 | 3,105 | -3,101 | identity |" in markdown
    assert r"100 \% a note." in (tmp_path / "tables/ledger.tex").read_text()
    assert (tmp_path / "tables/ledger_reasons.tex").is_file()


def test_the_program(run, registry, tmp_path):
    folder, rejects = run
    counts, accounts = accounts_of(run, registry)
    write_text(folder / "counts.csv", counts_text(counts))
    command = [sys.executable, str(ROOT / "workflow/scripts/report_ledger.py"), "--counts", str(folder / "counts.csv")]
    command += ["--ledger", str(LEDGER), "--registry", str(REGISTRY), "--raw", str(folder / "raw")]
    command += ["--sources", "frenchmedmcqa", "morfitt", "--documents", str(folder / "normalised/morfitt.parquet")]
    command += ["--rejects", *map(str, rejects), "--output-folder", str(tmp_path / "tables")]
    for stand_ins, mediqal in (((), 8), (("--stand-ins", flag_word(StandIn.CORPORA)), 0)):
        done = subprocess.run([*command, *stand_ins], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        with open(tmp_path / "tables/ledger.csv", newline="") as handle:
            rows = list(csv.DictReader(handle))
        assert Counter(row["sources"] for row in rows)["mediqal"] == mediqal
        assert sum(account.records for account in accounts) == int(rows[-1]["ours"]) == 10
        assert {row.get("stand_ins") for row in rows} == {StandIn.CORPORA if stand_ins else None}

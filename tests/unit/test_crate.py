"""A run's RO-Crate: complete, the same each time, and read by another program."""

import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest
from support.checks import checks_python

from medinjection.config.reading import check_settings, read_settings
from medinjection.records.errors import InputError
from medinjection.sharing.crate import MadeWith, write_crate

ROOT = Path(__file__).resolve().parents[2]
WRITTEN_AT = 1_790_000_000  # 2026-09-21T14:13:20 UTC
SETTINGS = '{"run": "r", "seed": 42}'
PAGES = ("report.html", "report.fr.html", "leaderboard.html", "leaderboard.fr.html")
RESULTS = ("tables/table5.csv", "predictions/NAT/choice.parquet", "models/NAT/run.json", *PAGES, "audit.csv")
EXPLORER = ("explorer/index.html", "explorer/data/titles.js", "explorer/data/choice/given-0.js")
NOT_RESULTS = (
    "logs/x.log",
    "journals/a.jsonl",
    "raw/mine/train.json",
    "predictions/NAT.chunks/1.parquet",
    "models/NAT/checkpoints/1.bin",
    "tables/.x.partial",
)


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "r"
    for name in (*RESULTS, *EXPLORER, *NOT_RESULTS, "tables/a table #1.md"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {name}")
        os.utime(path, (WRITTEN_AT, WRITTEN_AT))
    (folder / "raw/mine/manifest.json").write_text('{"source": "mine", "licence": "MIT", "files": []}')
    return folder


def described(run, note=""):
    made_with = MadeWith(ROOT / "Snakefile", "9.27.1", ROOT / "envs/workflow.txt", ROOT / "CITATION.cff", SETTINGS)
    write_crate(run, made_with, note)
    return {entity["@id"]: entity for entity in json.loads((run / "ro-crate-metadata.json").read_text())["@graph"]}


def ids(entities):
    return [entity["@id"] for entity in entities]


def test_inputs_settings_versions_and_results_are_listed(run):
    crate = described(run, "A demonstration.")
    action = crate["#run"]
    assert ids(action["object"]) == [
        "provenance/configuration.json",
        "provenance/workflow.txt",
        "raw/mine/manifest.json",
    ]
    assert sorted(ids(action["result"])) == sorted([*RESULTS, "tables/a%20table%20%231.md", "explorer/"])
    assert action["endTime"] == crate["./"]["datePublished"] == "2026-09-21T14:13:20+00:00"
    table = crate["tables/table5.csv"]
    content = b"content of tables/table5.csv"
    assert (table["contentSize"], table["sha256"]) == (str(len(content)), hashlib.sha256(content).hexdigest())
    assert table["encodingFormat"] == "text/csv"
    assert json.loads((run / "provenance/configuration.json").read_text()) == json.loads(SETTINGS)
    assert (run / "provenance/Snakefile").read_bytes() == (ROOT / "Snakefile").read_bytes()
    workflow = crate[crate["./"]["mainEntity"]["@id"]]
    assert workflow["license"] == {"@id": "https://spdx.org/licenses/Apache-2.0"}
    assert [crate[i]["name"] for i in ids(workflow["author"])] == ["The medinjection-fr maintainers"]
    assert "mine: MIT" in crate["#licences"]["description"]
    assert crate["./"]["description"].endswith("A demonstration.")


def test_every_entity_that_is_named_is_described_once_and_every_file_is_there(run):
    described(run)
    graph = json.loads((run / "ro-crate-metadata.json").read_text())["@graph"]
    names = [entity["@id"] for entity in graph]
    assert len(names) == len(set(names))

    def named(value):
        if isinstance(value, dict):
            yield from ([value["@id"]] if list(value) == ["@id"] else [i for v in value.values() for i in named(v)])
        elif isinstance(value, list):
            yield from (i for v in value for i in named(v))

    outside = {"https://w3id.org/ro/crate/1.1", "https://snakemake.github.io"}
    assert {i for entity in graph for i in named(entity)} - set(names) == outside
    root, explorer = (next(entity for entity in graph if entity["@id"] == name) for name in ("./", "explorer/"))
    listed = {*ids(root["hasPart"]), *ids(explorer["hasPart"])}
    assert listed == {"explorer/"} | {entity["@id"] for entity in graph if "File" in entity["@type"]}


def test_the_explorer_is_one_part_and_its_page_and_those_of_each_language_are_described(run):
    crate = described(run)
    assert {"@id": "explorer/"} in crate["./"]["hasPart"]
    assert (crate["explorer/"]["@type"], sorted(ids(crate["explorer/"]["hasPart"]))) == ("Dataset", sorted(EXPLORER))
    entry = crate["explorer/index.html"]
    assert "page to open" in entry["description"] and entry["encodingFormat"] == "text/html"
    content = b"content of explorer/data/titles.js"
    assert crate["explorer/data/titles.js"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert [crate[name]["inLanguage"] for name in PAGES] == ["en", "fr", "en", "fr"]
    for path in EXPLORER:
        (run / path).unlink()
    assert "explorer/" not in described(run), "a run of answers alone has none"


def test_the_same_files_give_the_same_bytes(run):
    described(run)
    first = (run / "ro-crate-metadata.json").read_bytes()
    described(run)
    assert (run / "ro-crate-metadata.json").read_bytes() == first


def test_a_run_without_tables_is_refused(run):
    for path in (run / "tables").iterdir():
        path.unlink()
    with pytest.raises(InputError, match="tables: no tables"):
        described(run)


def test_a_citation_without_authors_is_refused(run, tmp_path):
    (tmp_path / "CITATION.cff").write_text("title: x\nversion: 1\nlicense: MIT\n")
    with pytest.raises(InputError, match=r"CITATION.cff: no authors"):
        write_crate(run, MadeWith(ROOT / "Snakefile", "9", ROOT / "envs/workflow.txt", tmp_path / "CITATION.cff", "{}"))


READER = """
import json, sys
from rocrate.rocrate import ROCrate
crate = ROCrate(sys.argv[1])
files = [e for e in crate.data_entities if "File" in e.type]
print(json.dumps({
    "main": crate.mainEntity.id,
    "authors": [a["name"] for a in crate.root_dataset["author"]],
    "results": [e["name"] for e in crate.dereference("#run")["result"]],
    "missing": [e.id for e in files if not e.source.is_file()],
    "tables": {e["name"]: e["sha256"] for e in files if e["name"].startswith("tables/")},
}))
"""


def test_the_library_rocrate_opens_it_and_finds_the_tables(run):
    python = checks_python()
    described(run)
    done = subprocess.run([python, "-c", READER, str(run)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["main"] == "provenance/Snakefile"
    assert found["authors"] == ["The medinjection-fr maintainers"]
    assert found["missing"] == []
    assert set(RESULTS) <= set(found["results"])
    assert found["tables"].keys() == {"tables/table5.csv", "tables/a table #1.md"}
    for name, digest in found["tables"].items():
        assert digest == hashlib.sha256((run / name).read_bytes()).hexdigest()


def validated(run, tmp_path):
    """Return what the validator says of a crate whose contexts hold no other terms than ours."""
    command = [checks_python(), ROOT / "tests/support/validate_crate.py", ROOT / "tests/data/ro_crate_terms.json"]
    done = subprocess.run([*command, tmp_path / "cache", run], capture_output=True, text=True)
    said = json.loads(done.stdout[done.stdout.index("{") :])
    assert (done.returncode == 0) == said["passed"], done.stderr
    return said


def test_it_passes_every_required_check_of_the_workflow_run_profile(run, tmp_path):
    described(run)
    said = validated(run, tmp_path)
    assert said["passed"] and said["issues"] == []
    statistics = said["statistics"]
    assert "workflow-run-crate-0.5" in statistics["profiles"]
    assert statistics["total_passed_checks"] == statistics["total_checks"] >= 57


def test_the_validator_sees_a_crate_without_its_workflow(run, tmp_path):
    described(run)
    metadata = run / "ro-crate-metadata.json"
    crate = json.loads(metadata.read_text())
    del next(entity for entity in crate["@graph"] if entity["@id"] == "./")["mainEntity"]
    metadata.write_text(json.dumps(crate))
    assert not validated(run, tmp_path)["passed"]


@pytest.mark.parametrize("name", ["config", "demo"])
def test_the_settings_of_a_bundle_are_a_configuration(name):
    settings = read_settings(str(ROOT / f"config/{name}.yaml"))
    assert check_settings(json.loads(settings.model_dump_json()), "configuration.json") == settings

"""What the Snakemake workflow catalogue and readers of CITATION.cff look for (the catalogue's README; cff 1.2.0)."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from support.checks import checks_python

import medinjection

ROOT = Path(__file__).resolve().parents[2]


def test_the_catalogue_finds_the_workflow():
    readme = (ROOT / "README.md").read_text("utf-8").lower()
    assert "snakemake" in readme and "workflow" in readme
    assert any((ROOT / "workflow/rules").glob("*.smk"))


@pytest.mark.parametrize("name", ["workflow/Snakefile", "config/README.md", ".snakemake-workflow-catalog.yml"])
def test_what_standardised_usage_asks_for_is_there(name):
    assert (ROOT / name).is_file()


def test_the_catalogues_file_has_its_keys_and_says_what_the_rules_do():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text("utf-8"))["usage"]
    assert usage.keys() == {"mandatory-flags", "software-stack-deployment", "report"}
    assert usage["mandatory-flags"].keys() == {"desc", "flags"}
    deployment = usage["software-stack-deployment"]
    assert deployment.keys() == {"conda", "apptainer", "apptainer+conda"}
    rules = "".join(path.read_text("utf-8") for path in (ROOT / "workflow/rules").glob("*.smk"))
    assert deployment["conda"] == bool(re.search(r"^ +conda:", rules, re.MULTILINE))
    assert deployment["apptainer"] == bool(re.search(r"^ *container:", rules, re.MULTILINE))
    assert usage["report"] == bool(re.search(r"\breport\(", rules))


def test_the_readme_of_the_configuration_names_every_file_of_it():
    text = (ROOT / "config/README.md").read_text("utf-8")
    files = [path for path in (ROOT / "config").iterdir() if path.name != "README.md"]
    assert [path.name for path in files if f"`config/{path.name}{'/' if path.is_dir() else ''}`" not in text] == []


def test_the_citation_has_the_keys_of_its_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["cff-version"] == "1.2.0" and citation["type"] == "software"
    assert citation["message"] and citation["title"]
    assert str(citation["version"]) == medinjection.__version__
    assert citation["license"] == "Apache-2.0" and "Apache License" in (ROOT / "LICENSE").read_text("utf-8")[:200]
    for reference in (citation, citation["preferred-citation"]):
        assert reference["authors"]
        for author in reference["authors"]:
            assert ("name" in author) != ("family-names" in author)


def test_cffconvert_takes_the_citation(tmp_path):
    program = checks_python().with_name("cffconvert")
    text = (ROOT / "CITATION.cff").read_text("utf-8")
    for citation, status in ((text, 0), (text.replace("family-names", "family-name"), 1)):
        (tmp_path / "CITATION.cff").write_text(citation, encoding="utf-8")
        done = subprocess.run([program, "--validate"], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == status, done.stderr

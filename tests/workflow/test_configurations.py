"""Dry runs of the shipped configurations, and what a wrong one says."""

import os
import re
import subprocess
import sys

import pytest

pytestmark = pytest.mark.workflow

HEAVY = ("torch", "transformers", "trl", "peft", "litellm", "sklearn", "polars", "datasets")


def test_the_paper_configuration_plans_without_key_or_network(fresh):
    planned = fresh().planned()
    assert planned["train_mix"] == 7
    assert planned["predict_answers"] == 8
    assert planned["fetch_base"] == 1
    assert "render_corpora" not in planned


def test_pricing_the_paper_asks_no_language_model(fresh):
    planned = fresh().planned("cost_estimate")
    assert planned["estimate_cost"] == 1
    asking = {"translate_source", "convert_source", "generate_items", "judge_quality", "judge_answers"}
    assert asking.isdisjoint(planned)


def test_planning_imports_nothing_heavy(fresh):
    checkout = fresh()
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "snakemake", "--dry-run", "--cores", "2"],
        cwd=checkout.folder,
        env={**os.environ, "XDG_CACHE_HOME": str(checkout.folder / ".cache")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    imported = set(re.findall(r"^import time: .*\| +(\w+)", done.stderr, re.MULTILINE))
    assert "snakemake" in imported
    assert imported.isdisjoint(HEAVY), imported.intersection(HEAVY)


def test_the_literal_slurm_command_plans_from_a_fresh_checkout(fresh):
    done = fresh().snakemake("--profile", "slurm", "-n")
    assert done.returncode == 0, done.stderr[-3000:]
    assert "train_mix" in done.stdout + done.stderr


def test_every_rule_names_its_resources_in_the_slurm_profile(root):
    rules = re.findall(r"^ *(?:use rule \w+ as|rule) (\w+)", _all_rules(root), re.MULTILINE)
    profile = (root / "profiles/slurm/config.yaml").read_text()
    assert len(rules) > 15
    assert [rule for rule in rules if f"\n  {rule}:\n" not in profile] == []


def test_every_script_has_help(root):
    for script in sorted((root / "workflow/scripts").glob("*.py")):
        done = subprocess.run([sys.executable, str(script), "--help"], capture_output=True, text=True)
        assert done.returncode == 0, f"{script.name}: {done.stderr}"
        assert f"python workflow/scripts/{script.name} " in done.stdout, f"{script.name} shows no example"


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("colour: red", "colour: unknown key (value 'red')"),
        ("training: {rank: many}", "training.rank: found 'many'"),
        ("sources: {pubmed: {}}", "sources.pubmed: not in config/sources.yaml"),
        ("sources: {kqa: {teacher: null}}", "sources.kqa.teacher: missing, expected one of teachers: scripted"),
        ("sources: {morfitt: {prompts: null}}", "sources.morfitt.prompts: missing"),
        ("sources: {frbmedqa: {teacher: null}}", "sources.frbmedqa.teacher: missing"),
        ("components: {origin: hub}", "components.origin: found 'hub'"),
        ("mixes: {recipes: {NAT: {parts: [{component: native, share: 0.5}]}}}", "the shares add up to 0.5, expected 1"),
    ],
)
def test_a_wrong_configuration_says_what_is_wrong(fresh, extra, said):
    checkout = fresh("config/demo.yaml", "wrong.yaml")
    (checkout.folder / "wrong.yaml").write_text(extra + "\n")
    done = checkout.snakemake("-n")
    assert done.returncode != 0
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_missing_data_folder_is_asked_for(fresh):
    done = fresh("config/sample.yaml").snakemake("-n", environment={"MEDINJECTION_DATA": ""})
    assert done.returncode != 0
    assert "set the environment variable MEDINJECTION_DATA, or --config data_folder=FOLDER" in done.stdout + done.stderr


def _all_rules(root):
    return "\n".join(path.read_text() for path in sorted((root / "workflow/rules").glob("*.smk")))

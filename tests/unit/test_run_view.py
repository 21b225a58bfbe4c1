"""What a person sees of a run: how far it is, what failed and why."""

import os
import subprocess
import sys

import pytest

FLOW = """
rule all:
    input:
        expand("out/{n}.txt", n=range(3)), "out/bad.txt" if config.get("bad") else []

rule good:
    output: "out/{n}.txt"
    wildcard_constraints: n="[0-9]"
    log: "logs/{n}.log"
    shell: "echo fine >{output} 2>{log}"

rule bad:
    input: expand("out/{n}.txt", n=range(3))
    output: "out/{name}.txt"
    wildcard_constraints: name="bad"
    log: "logs/{name}.log"
    shell: "for i in $(seq 30); do echo line-$i; done >{log}; printf 'half\\rwhole\\n' >>{log}; exit 3"
"""


@pytest.fixture
def snakemake(tmp_path, root):
    """A function that runs a tiny workflow with its output piped, and returns the exit status and what it said."""
    (tmp_path / "Snakefile").write_text(FLOW, encoding="utf-8")

    def run(*arguments):
        command = [sys.executable, "-m", "snakemake", "--cores", "1", "--logger", "medinjection", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(root / "src"), "XDG_CACHE_HOME": str(tmp_path / ".cache")}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    return run


def test_piped_a_run_is_a_line_for_each_finished_rule(snakemake):
    status, said = snakemake()
    lines = said.strip().splitlines()
    assert status == 0
    assert lines[0] == "4 jobs of 2 rules"
    assert lines[1].endswith("3 of 4 jobs  good  (3 jobs)")
    assert lines[2].endswith("4 of 4 jobs  all")
    assert lines[3].startswith("4 of 4 jobs done in ") and lines[3].endswith(".snakemake.log")
    assert len(lines) == 4
    status, said = snakemake()
    assert status == 0 and "Nothing to be done" in said
    assert len(said.strip().splitlines()) == 1


def test_a_failed_job_is_named_with_the_end_of_its_log(snakemake):
    status, said = snakemake("--config", "bad=1")
    assert status == 1
    assert "Failed: bad (name=bad)" in said
    assert "The end of logs/bad.log:" in said
    lines = [line.strip() for line in said.splitlines()]
    assert "line-30" in lines and "whole" in lines
    assert "line-5" not in lines, "only its end"
    assert "half" not in said, "what a bar has overwritten"
    assert lines[0] == "5 jobs of 3 rules" and lines[1].endswith("3 of 5 jobs  good  (3 jobs)")
    assert lines[2] == "Failed: bad (name=bad)" and lines[-2] == "whole"
    assert lines[-1].startswith("3 of 5 jobs done in ") and lines[-1].endswith(".snakemake.log")


def test_what_fails_without_a_job_is_said(snakemake):
    status, said = snakemake("no/such/target")
    assert status != 0
    assert "no/such/target" in said


def test_a_dry_run_lists_its_rules(snakemake):
    status, said = snakemake("--dry-run")
    assert status == 0
    assert "Job stats" in said and "good" in said

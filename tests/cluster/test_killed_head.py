"""The process that submits jobs is killed while jobs run and wait: one command goes on, and nothing runs twice."""

import subprocess
import sys
from collections import Counter

import pytest
from support.checkout import ROOT
from support.slurm import tiny_checkout
from support.waiting import wait_until

pytestmark = pytest.mark.cluster
TARGETS = tuple(f"results/probe/parts/{number}.txt" for number in range(4))
SNAKEFILE = """
rule part:
    output:
        f"{RUN}/parts/{{number}}.txt",
    resources:
        gpu=2,
        mem_mb=500,
        runtime=10,
    shell:
        "echo begun >>{output}.begun; until [ -e go ]; do sleep 0.2; done; touch {output}"
"""


@pytest.fixture
def parts(slurm, tmp_path):
    """A checkout whose jobs take both GPUs of a node each: two run, two wait."""
    made = tiny_checkout(tmp_path / "checkout", slurm)
    text = (ROOT / "tests/cluster/probe.smk").read_text().split("rule gpus:")[0]
    (made.folder / "Snakefile").write_text(text + SNAKEFILE + 'include: "workflow/rules/cluster.smk"\n')
    (made.folder / "tiny.yaml").write_text("run: probe\n")
    return made


def test_nothing_runs_twice(parts, slurm, tmp_path):
    head = parts.head("--", *TARGETS, log=tmp_path / "head.log")

    def states():
        return Counter(job.state for job in slurm.jobs(parts.folder))

    wait_until(lambda: states() == {"RUNNING": 2, "PENDING": 2} or head.poll() is not None, "two jobs run and two wait")
    assert head.poll() is None, (tmp_path / "head.log").read_text()[-3000:]
    head.kill()
    head.wait()

    locked = parts.submit("--", *TARGETS, fails=True)
    assert "was killed: make resume CONFIG='tiny.yaml' goes on from where it was" in locked
    parts.snakemake("--unlock")
    again = parts.submit("--", *TARGETS, fails=True)
    assert "4 job(s) of a process that was killed are in the queue still" in again
    assert states() == {"RUNNING": 2, "PENDING": 2}

    log = tmp_path / "resume.log"
    command = [sys.executable, "workflow/scripts/resume_run.py", "--configfile", *parts.configfiles]
    with open(log, "wb") as file:
        resumed = subprocess.Popen(command, cwd=parts.folder, env=parts.environment, stdout=file, stderr=file)
    wait_until(lambda: "waiting for 2 job(s) of it that run" in log.read_text(), "running jobs are waited for")
    assert states() == {"RUNNING": 2, "CANCELLED": 2}
    (parts.folder / "go").touch()
    assert resumed.wait() == 0, log.read_text()[-6000:]

    begun = [(parts.folder / f"{target}.begun").read_text() for target in TARGETS]
    assert begun == ["begun\n"] * 4
    assert states() == {"COMPLETED": 4, "CANCELLED": 2}
    assert not list((parts.folder / "results/probe/heads").iterdir())
    # What the jobs of the killed process have made is noted as theirs is: a change of a rule would run it again.
    done = parts.snakemake("--dry-run", "--cores", "1", *TARGETS)
    assert "Nothing to be done" in done.stdout + done.stderr
    assert "missing" not in done.stdout + done.stderr

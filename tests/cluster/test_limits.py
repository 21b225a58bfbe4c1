"""What jobs ask Slurm for and get, and what is said when it was too little; by the profile, with jobs of a second."""

import os
import shutil
import subprocess

import pytest
from support.checkout import ROOT
from support.slurm import Submitted, tiny_checkout

pytestmark = pytest.mark.cluster
PROBES = ("results/probe/gpus.txt", "results/probe/no_gpus.txt", "results/probe/grows.txt", "results/probe/slow.txt")


@pytest.fixture(scope="module")
def probes(slurm, tmp_path_factory) -> Submitted:
    """A checkout whose Snakefile has jobs of a second."""
    made = tiny_checkout(tmp_path_factory.mktemp("probes") / "checkout", slurm)
    shutil.copy2(ROOT / "tests/cluster/probe.smk", made.folder / "Snakefile")
    # A command `module`, as sites have one.
    (slurm.folder / "bin/module").write_text("#!/bin/sh\necho $* >>modules-loaded\n")
    (slurm.folder / "bin/module").chmod(0o755)
    site = made.folder / "profiles/slurm/site.yaml"
    site.write_text(site.read_text() + "modules: [cuda/12]\nscratch: /tmp\n")
    return made


@pytest.fixture(scope="module")
def said(probes) -> str:
    """What was said of all jobs, of which one must fail."""
    return probes.submit("--", *PROBES, "results/probe/too_large.txt", fails=True)


def found(probes, name):
    return (probes.folder / f"results/probe/{name}.txt").read_text().split()


def test_gpus_are_asked_for_and_got_on_a_node_that_has_them(probes, said, slurm):
    assert found(probes, "gpus") == ["CUDA_VISIBLE_DEVICES=0,1", "TMPDIR=/tmp", "gpu:2"]
    assert found(probes, "no_gpus") == ["none"]
    partitions = {job.comment: job.partition for job in slurm.jobs(probes.folder)}
    assert (partitions["rule_gpus"], partitions["rule_no_gpus"]) == ("gpu", "cpu")


def test_modules_are_loaded_in_every_job(probes, said, slurm):
    loaded = (probes.folder / "modules-loaded").read_text().splitlines()
    assert set(loaded) == {"load cuda/12"}
    assert len(loaded) == len(slurm.jobs(probes.folder))


def test_a_job_that_had_too_little_is_tried_with_more(probes, said, slurm):
    assert found(probes, "grows") == ["1500"]
    assert found(probes, "slow") == ["2"]
    states = [(job.comment, job.state) for job in slurm.jobs(probes.folder)]
    assert {("rule_slow", "TIMEOUT"), ("rule_slow", "COMPLETED"), ("rule_grows", "COMPLETED")} <= set(states)
    assert len([state for state in states if state[0] == "rule_grows"]) == 2


def test_a_job_that_never_had_enough_is_one_sentence(probes, said):
    assert not (probes.folder / "results/probe/too_large.txt").exists()
    sentences = [line for line in said.splitlines() if "needed more memory than its" in line]
    assert len(sentences) == 1
    assert sentences[0].startswith("too_large (Slurm job ")
    assert "try 2) needed more memory than its 502M: --set-resources too_large:mem_mb=MB gives more." in sentences[0]


def test_what_slurm_does_not_offer_is_said_before_anything_is_submitted(probes, said, slurm, tmp_path):
    (tmp_path / "site.yaml").write_text(
        "cpu: {account: labo, partition: prepost}\ngpu: {partition: gpu, account: lab@gpu}"
    )
    before = len(slurm.jobs(probes.folder))
    site = str(tmp_path / "site.yaml")
    told = probes.submit("--forceall", "--", *PROBES, fails=True, MEDINJECTION_SITE=site)
    assert "cpu.account: labo is unknown; sacctmgr offers lab@cpu, lab@gpu" in told
    assert "cpu.partition: prepost is unknown; sinfo offers cpu, gpu" in told
    assert "Traceback" not in told
    assert len(slurm.jobs(probes.folder)) == before


def test_jobs_of_a_node_that_died_are_done_on_another(probes, said, slurm, tmp_path):
    head = probes.head("--", "results/probe/waits.txt", log=tmp_path / "head.log")
    running = slurm.wait_for(probes.folder, "waits", "RUNNING")
    node = slurm("squeue", "--noheader", f"--jobs={running.number}", "--format=%N").strip()
    slurm.script("kill-node", node)
    try:
        other = {"gpu1": "gpu2", "gpu2": "gpu1"}[node]
        # Slurm notices that the node does not answer, and starts the job again.
        while slurm("squeue", "--noheader", f"--jobs={running.number}", "--format=%N").strip() != other:
            assert head.poll() is None, (tmp_path / "head.log").read_text()[-3000:]
        (probes.folder / "go").touch()
        assert head.wait() == 0, (tmp_path / "head.log").read_text()[-3000:]
        assert found(probes, "waits") == [other]
    finally:
        slurm.script("start-node", node)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small file system, which needs root")
def test_a_full_disk_of_results_is_told_and_what_is_there_stays(probes, said):
    results, target = probes.folder / "results/probe", "results/probe/writes.txt"
    before = found(probes, "gpus")
    kept = shutil.copytree(results, probes.folder / "kept")
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", results]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        shutil.copytree(kept, results, dirs_exist_ok=True)
        told = probes.submit("--retries", "0", "--", target, fails=True)
        assert "No space left on device" in told
        assert not (probes.folder / target).exists()
        assert found(probes, "gpus") == before
        subprocess.run(["mount", "-o", "remount,size=20m", results], check=True)
        probes.submit("--", target)
        assert (probes.folder / target).stat().st_size == 2_000_000
    finally:
        subprocess.run(["umount", results], check=True)

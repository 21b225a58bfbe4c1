"""Locks that a job of Slurm has left on another node: taken over once Slurm says that the job has ended."""

import pytest
from support.fake_slurm import FakeSlurm

from medinjection.llm.lock_files import lock_file, locked
from medinjection.records.errors import InputError

BUSY = "somebody else is at it"


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    return FakeSlurm(tmp_path / "bin", monkeypatch)


@pytest.fixture
def left(tmp_path):
    """What is locked, as job 45 has left it on another node."""
    path = tmp_path / "NAT"
    lock_file(path).write_text("4321\nnode-7\n")
    (tmp_path / ".NAT.lock.job").write_text("4321 node-7 45")
    return path


def take(path):
    with locked(path, 0.1, BUSY):
        return lock_file(path).exists()


@pytest.mark.parametrize(
    "answer",
    [
        {"texts": [""]},
        {"texts": ["PENDING\n"]},
        {"error": "slurm_load_jobs error: Invalid job id specified", "status": 1},
    ],
    ids=["not in the queue", "to be started again", "forgotten"],
)
def test_the_lock_of_a_job_that_has_ended_is_taken_over(slurm, left, answer):
    slurm.says("squeue", *answer.pop("texts", []), **answer)
    assert take(left)
    assert slurm.calls == ["squeue --noheader --jobs=45 --format=%T"]
    assert not lock_file(left).exists()


@pytest.mark.parametrize(
    "answer",
    [
        {"texts": ["RUNNING\n"]},
        {"texts": ["COMPLETING\n"]},
        {"error": "Unable to contact slurm controller", "status": 1},
    ],
    ids=["runs", "is ending", "nobody knows"],
)
def test_the_lock_of_a_job_that_may_run_is_respected(slurm, left, answer):
    slurm.says("squeue", *answer.pop("texts", []), **answer)
    with pytest.raises(InputError, match=r"locked by process 4321 of the machine node-7 \(Slurm job 45\); wait for it"):
        take(left)
    assert lock_file(left).read_text() == "4321\nnode-7\n"


def test_a_job_that_slurm_starts_again_takes_over_its_own_lock(slurm, left, monkeypatch):
    slurm.says("squeue", "RUNNING\n")
    monkeypatch.setenv("SLURM_JOB_ID", "46")
    with pytest.raises(InputError, match="Slurm job 45"):
        take(left)
    monkeypatch.setenv("SLURM_JOB_ID", "45")
    assert take(left)


def test_a_note_about_another_process_says_nothing(slurm, left):
    slurm.says("squeue", "")
    lock_file(left).write_text("99\nnode-8\n")
    with pytest.raises(InputError, match=r"locked by process 99 of the machine node-8; wait for it or stop it"):
        take(left)
    assert slurm.calls == []


def test_a_holder_in_a_job_leaves_its_number_while_it_holds(slurm, tmp_path, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "46")
    note = tmp_path / ".NAT.lock.job"
    with locked(tmp_path / "NAT", 0.1, BUSY):
        assert note.read_text().split()[2:] == ["46"]
        with pytest.raises(InputError, match=rf"NAT: {BUSY} \(Slurm job 46\)"):
            take(tmp_path / "NAT")
    assert not note.exists()

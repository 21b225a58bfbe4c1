"""What is done about a head that was killed, with stand-ins for Slurm's commands; tests/cluster has the real ones."""

import json
import os
import socket
import subprocess
import sys

import pytest
from support.fake_slurm import FakeSlurm

from medinjection.cluster.ends import End, ends_of, explained
from medinjection.cluster.heads import note_head, noted_heads
from medinjection.cluster.resume import Choices, leftovers, settle_heads
from medinjection.records.errors import InputError

QUICK = Choices(seconds=0.01)
RUNNING = "7|id-1|RUNNING|me|gpu1|1:00|rule_train_mix_wildcards_NAT\n"
WAITING = "8|id-1|PENDING|me||0:00|rule_train_mix_wildcards_ALL\n"


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    return FakeSlurm(tmp_path / "bin", monkeypatch)


@pytest.fixture
def killed(tmp_path):
    """Notes of a head whose process has ended."""
    code = (
        "import sys; from pathlib import Path; from medinjection.cluster.heads import note_head; "
        "note_head(Path(sys.argv[1]), 'id-1', ['--profile', 'slurm', 'models'], {'a': 'b'})"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "heads")], check=True)
    return tmp_path / "heads"


def test_waiting_jobs_are_cancelled_and_running_ones_waited_for(slurm, killed):
    slurm.says("squeue", RUNNING + WAITING, RUNNING, RUNNING, "")
    slurm.says("scancel")
    said = []
    head = settle_heads(killed, QUICK, said.append)
    assert head.command == ("--profile", "slurm", "models")
    assert [call for call in slurm.calls if call.startswith("scancel")] == ["scancel 8"]
    assert "cancelling 1 job(s) of it: 8 (train_mix ALL)" in said
    assert said.count("waiting for 1 job(s) of it that run: 7 (train_mix NAT)") == 1
    assert slurm.calls[-1].startswith("squeue --noheader --name=id-1")


def test_running_jobs_are_cancelled_where_that_is_wanted(slurm, killed):
    slurm.says("squeue", RUNNING + WAITING, RUNNING, "")
    slurm.says("scancel")
    settle_heads(killed, Choices(stop_running=True, seconds=0.01), lambda line: None)
    assert "scancel 7 8" in slurm.calls


def test_a_head_that_runs_is_left_alone(slurm, tmp_path):
    slurm.says("squeue", WAITING)
    note = note_head(tmp_path / "heads", "id-2", [], {})
    with pytest.raises(InputError, match=rf"the run goes on: its head is process {os.getpid()} of this machine"):
        settle_heads(tmp_path / "heads", QUICK, lambda line: None)
    assert leftovers(tmp_path / "heads") == []
    assert slurm.calls == []
    # A number that another process has by now is not that head.
    values = json.loads(note.read_text())
    note.write_text(json.dumps(values | {"since": values["since"] - 1000}))
    assert not noted_heads(tmp_path / "heads")[note].runs


def test_a_head_of_another_machine_is_only_taken_for_dead_where_somebody_says_so(slurm, killed):
    slurm.says("squeue", "")
    (note,) = killed.iterdir()
    note.write_text(json.dumps(json.loads(note.read_text()) | {"host": "login-9"}))
    with pytest.raises(InputError, match="process \\d+ of login-9.*Log in to login-9.*--head-is-dead"):
        settle_heads(killed, QUICK, lambda line: None)
    assert settle_heads(killed, Choices(head_is_dead=True, seconds=0.01), lambda line: None).host == "login-9"


def test_jobs_of_another_user_are_told(slurm, killed):
    slurm.says("squeue", WAITING.replace("|me|", "|anne|"))
    slurm.says("scancel", error="scancel: error: Access/permission denied", status=1)
    with pytest.raises(InputError, match="the jobs belong to anne, who may cancel them"):
        settle_heads(killed, QUICK, lambda line: None)


def test_without_a_note_there_is_nothing_to_resume(tmp_path):
    assert settle_heads(tmp_path / "heads", QUICK, lambda line: None) is None


def test_leftovers_are_the_jobs_of_killed_heads(slurm, killed):
    slurm.says("squeue", RUNNING + WAITING)
    assert [job.what for job in leftovers(killed)] == ["train_mix NAT", "train_mix ALL"]


def test_how_jobs_ended_is_a_sentence_each(slurm, tmp_path):
    slurm.says("sacct", error="no accounting", status=1)
    rows = (
        "1|COMPLETED|1:00:00|4000M|cpu1|rule_read_test_set",
        "2|TIMEOUT|1:00:00|64000M|gpu1|rule_train_mix_wildcards_NAT",
        "3|TIMEOUT|2:00:00|64000M|gpu1|rule_train_mix_wildcards_NAT",
        "4|FAILED|1:00:00|500M|cpu1|rule_join_sources_wildcards_native",
        "5|FAILED|1:00:00|500M|cpu1|rule_report_page",
        "7|TIMEOUT|0:30:00|500M|cpu1|rule_score_open",
        "8|COMPLETED|1:00:00|500M|cpu1|rule_score_open",
        "6|NODE_FAIL|1:00:00|500M|gpu2|rule_predict_answers_wildcards_NAT",
    )
    slurm.says("squeue", "\n".join(rows) + "\n")
    log = tmp_path / "logs/rule_join_sources/native/4.log"
    log.parent.mkdir(parents=True)
    log.write_text("slurmstepd: error: Job 4 exceeded memory limit (600 > 500), being killed\n")
    kept = "It goes on from what it has kept."
    assert list(explained(ends_of("id-1", tmp_path / "logs"))) == [
        "train_mix NAT (Slurm job 3, try 2) reached its time limit of 2:00:00: "
        f"--set-resources train_mix:runtime=MINUTES gives more. {kept}",
        "join_sources native (Slurm job 4, try 1) needed more memory than its 500M: "
        f"--set-resources join_sources:mem_mb=MB gives more. {kept}",
        f"predict_answers NAT (Slurm job 6, try 1) was on gpu2, which failed: run again. {kept}",
    ]


def test_a_job_that_was_cancelled_is_told():
    (sentence,) = explained([End("9", "CANCELLED", "1:00", "1G", "", "rule_score_open")])
    assert sentence.startswith("score_open (Slurm job 9, try 1) was cancelled: run again.")


def test_this_machine_is_known(killed):
    (head,) = noted_heads(killed).values()
    assert (head.host, head.is_here, head.runs) == (socket.gethostname(), True, False)

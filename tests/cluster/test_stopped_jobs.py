"""Jobs of the workflow that somebody cancels: tried again by the same head, they go on from what they have kept."""

import json
import os
from collections import Counter
from threading import Event

import pytest
from support.endpoint import serving
from support.slurm import TINY_RUN, Submitted
from support.waiting import wait_until

pytestmark = pytest.mark.cluster
# More steps than the tiny demonstration has, so that there is something to go on from.
LONGER = "training: {epochs: 6, save_steps: 2}\n"


@pytest.fixture
def changeable(local, tmp_path) -> Submitted:
    """A copy of a finished run, for one test to change."""
    return local.changed_by("more.yaml", tmp_path / "checkout")


def test_a_training_and_a_prediction_go_on_where_they_were(changeable, slurm, tmp_path):
    run = changeable.folder / TINY_RUN
    (changeable.folder / "more.yaml").write_text(LONGER)
    head = changeable.head("--", f"{TINY_RUN}/predictions/ALL/choice.parquet", log=tmp_path / "head.log")

    def wait_for(happened, what):
        wait_until(lambda: happened() or head.poll() is not None, what)
        assert head.poll() is None, (tmp_path / "head.log").read_text()[-6000:]

    training = slurm.wait_for(changeable.folder, "train_mix", "RUNNING")
    wait_for((run / "models/ALL.checkpoints/checkpoint-2/checksums.json").exists, "a checkpoint is there")
    slurm("scancel", str(training.number))

    chunks = run / "predictions/ALL.chunks"
    wait_for((chunks / "stamp.json").exists, "the prediction has begun")
    # Nobody reads this pipe: the job is held where it would keep its first open answers, until it is cancelled.
    os.mkfifo(chunks / "open.jsonl")
    wait_for(lambda: _has_a_line(chunks / "choice.jsonl"), "answers are kept")
    slurm("scancel", str(slurm.wait_for(changeable.folder, "predict_answers", "RUNNING").number))
    slurm.wait_for(changeable.folder, "predict_answers", "CANCELLED")
    (chunks / "open.jsonl").unlink()
    assert head.wait() == 0, (tmp_path / "head.log").read_text()[-6000:]
    assert json.loads((run / "models/ALL/run.json").read_text())["resumed_from_step"] >= 2
    assert json.loads((run / "predictions/ALL/run.json").read_text())["choice"]["resumed_prompts"] > 0
    states = Counter((job.comment, job.state) for job in slurm.jobs(changeable.folder))
    assert set(states.values()) == {1}


def _has_a_line(path):
    return path.exists() and path.read_bytes().endswith(b"\n")


def test_no_request_of_four_shards_is_answered_twice_where_one_is_cancelled(changeable, slurm, tmp_path):
    answered: Counter[str] = Counter()
    held, go_on = Event(), Event()

    def reply(messages, number):
        text = messages[-1]["content"]
        # One request is kept waiting until its job is cancelled: that one was never answered.
        if sum(answered.values()) == 12 and not held.is_set():
            held.set()
            go_on.wait()
            return {"status": 500}
        answered[text] += 1
        return text

    with serving(reply) as endpoint:
        settings = {
            "llms": {"counted": {"model": "hosted_vllm/counted", "api_base": endpoint.url, "concurrency": 1}},
            "sources": {"medmcqa": {"teacher": "counted", "shards": 4}},
            "translation": {"check_language": False},
            "max_reject_share": 1.0,
        }
        (changeable.folder / "more.yaml").write_text(json.dumps(settings))
        shards = [f"{TINY_RUN}/translated/medmcqa/{number}-of-4.parquet" for number in range(1, 5)]
        head = changeable.head("--", *shards, log=tmp_path / "head.log")
        wait_until(lambda: held.is_set() or head.poll() is not None, "a request is kept waiting")
        assert head.poll() is None, (tmp_path / "head.log").read_text()[-6000:]
        journals = (changeable.folder / TINY_RUN / "journals/translate_source/medmcqa").glob("*-of-4.jsonl")
        most = max(journals, key=lambda journal: journal.stat().st_size)
        assert most.read_bytes().count(b"\n") > 0
        (cancelled,) = [job for job in slurm.jobs(changeable.folder, "RUNNING") if job.comment.endswith(most.stem)]
        slurm("scancel", str(cancelled.number))
        go_on.set()
        assert head.wait() == 0, (tmp_path / "head.log").read_text()[-6000:]
    translating = [job for job in slurm.jobs(changeable.folder) if job.comment.startswith("rule_translate_source")]
    assert Counter(job.state for job in translating) == {"COMPLETED": 4, "CANCELLED": 1}
    # A request that was in flight when its job was cancelled may be asked again; there is one at a time.
    assert len(answered) > 12
    assert sum(answered.values()) - len(answered) <= 1

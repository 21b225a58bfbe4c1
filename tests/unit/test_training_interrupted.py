"""Trainings that are killed, run out of memory or of disk, or lose their numbers: what is lost, and what is said."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace

import pyarrow.parquet as pq
import pytest
from support.killed_processes import assert_killed, starter
from support.tiny_training import QUICK, RECORDS, assert_close_training, assert_same_training, log_of, run_of, train

from medinjection.llm.lock_files import locked
from medinjection.records.errors import InputError
from medinjection.records.files import write_records

# 12 steps in 6 epochs, a checkpoint every 3: half of them within an epoch.
LONGER = replace(QUICK, epochs=6)
OFTEN = replace(LONGER, save_steps=3)
VALIDATED = ("mix.parquet", "validation.parquet")


@pytest.fixture(scope="module")
def uninterrupted(training_folder):
    return train(training_folder, "uninterrupted", LONGER, *VALIDATED)


@pytest.fixture(scope="module")
def start():
    return starter(train)


def test_killed_again_and_again_it_ends_with_the_same_bytes(training_folder, uninterrupted, start):
    """While a checkpoint is written, after one, within an epoch, and while the adapter is written."""
    output, checkpoints = training_folder / "killed", training_folder / "killed.checkpoints"
    moments = [
        "checkpoint-3",  # its first file is not there yet
        "checkpoint-3/trainer_state.json",
        "checkpoint-9/optimizer.pt",
        "adapter/adapter_config.json",
    ]
    for moment in moments:
        assert_killed(start(training_folder, "killed", OFTEN, *VALIDATED, killed_at=checkpoints / moment))
        assert not (output / "run.json").exists()
    last = start(training_folder, "killed", OFTEN, *VALIDATED)
    last.join(120)
    assert last.exitcode == 0
    assert_same_training(output, uninterrupted)
    assert [loss is not None for loss in log_of(output)["validation_loss"].to_pylist()] == [False, True] * 6
    run = run_of(output)
    assert run["resumed_from_step"] == 12
    steps = [part["after_step"] for part in run["parts"]]
    # A kill may come before the file that it waited for has its content.
    assert len(steps) == 5 and steps[:2] == [0, 0] and steps == sorted(steps) and steps[-1] == 12
    seconds = pq.read_table(output / "training.parquet")["seconds"].to_pylist()
    assert seconds == sorted(seconds)
    assert not checkpoints.exists()


def test_two_trainings_never_write_one_folder(training_folder, monkeypatch):
    from medinjection.models.training import run

    monkeypatch.setattr(run, "_LOCK_SECONDS", 0.1)
    with (
        locked(training_folder / "shared", 1, "busy"),
        pytest.raises(InputError, match=r"shared: another process trains this model; wait for it or stop it"),
    ):
        train(training_folder, "shared")
    assert not (training_folder / "shared").exists()
    assert not (training_folder / "shared.checkpoints").exists()


def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(training_folder, uninterrupted, start):
    """Half of the weights become zeros, with size and header as they were, as after a fault of a disk."""
    output, checkpoints = training_folder / "damaged", training_folder / "damaged.checkpoints"
    moment = checkpoints / "checkpoint-9/adapter_config.json"
    assert_killed(start(training_folder, "damaged", OFTEN, *VALIDATED, killed_at=moment))
    mine = checkpoints / "checkpoint-1.bak"
    mine.mkdir()
    weights = checkpoints / "checkpoint-6/adapter_model.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(content[: len(content) // 2] + bytes(len(content) - len(content) // 2))
    last = start(training_folder, "damaged", OFTEN, *VALIDATED, killed_at=checkpoints / "adapter")
    assert_killed(last)
    assert mine.is_dir(), "what somebody put there is not the training's to remove"
    assert sorted(path.name for path in checkpoints.glob("checkpoint-*")) == [
        "checkpoint-1.bak",
        "checkpoint-12",
        "checkpoint-9",
    ]
    last = start(training_folder, "damaged", OFTEN, *VALIDATED)
    last.join(120)
    assert last.exitcode == 0
    assert_same_training(output, uninterrupted)
    assert run_of(output)["parts"][1]["after_step"] == 3


def test_two_processes_learn_what_one_learns(training_folder, root):
    """Real torchrun, gloo between two processes: the same examples a step, so the same losses up to rounding.

    The last step of an epoch has 5 chats for two batches of 6.
    """
    write_records(training_folder / "odd.parquet", [*RECORDS[:12], *RECORDS[13:18]])
    chosen = replace(QUICK, dropout=0.0, save_steps=2)
    alone = train(training_folder, "alone", chosen, "odd.parquet", "validation.parquet")
    together, checkpoints = training_folder / "together", training_folder / "together.checkpoints"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += ["workflow/scripts/train_mix.py", "--base", training_folder / "base", "--output", together]
    command += ["--mix", training_folder / "odd.parquet", "--validation", training_folder / "validation.parquet"]
    command += ["--choice-prompt", "config/prompts/question_choice.txt"]
    command += ["--open-prompt", "config/prompts/question_open.txt", "--checkpoints", checkpoints]
    command += ["--trackers-folder", training_folder / "trackers", "--dropout", "0", "--epochs", "3"]
    command += [
        "--per-device-batch-size",
        "6",
        "--gradient-accumulation-steps",
        "2",
        "--learning-rate",
        "3e-3",
        "--loss",
        "completion",
    ]
    command += ["--save-steps", "2", "--precision", "float32", "--cached-norms", "true"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert_close_training(together, alone, 1e-4)
    run = run_of(together)
    assert (run["processes"], run["effective_batch"], run["steps"]) == (2, 12, 6)
    assert log_of(together)["tokens"].to_pylist() == log_of(alone)["tokens"].to_pylist()
    # Each process has its share of the eleven chats.
    assert run["last_validation_loss"] == pytest.approx(run_of(alone)["last_validation_loss"], abs=1e-4)
    assert not checkpoints.exists()


def test_killed_after_its_last_step_it_takes_no_further_one(training_folder, start):
    """The last step is in the middle of an epoch, and its learning rate is not 0."""
    chosen = replace(QUICK, epochs=1.5, schedule="constant", save_steps=1)
    whole = train(training_folder, "whole", chosen, *VALIDATED)
    assert run_of(whole)["steps"] == 3
    moment = training_folder / "ended.checkpoints/adapter"
    assert_killed(start(training_folder, "ended", chosen, *VALIDATED, killed_at=moment))
    assert_same_training(train(training_folder, "ended", chosen, *VALIDATED), whole)


def test_processes_that_cannot_share_a_step_are_refused(training_folder, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(InputError, match="gradient_accumulation_steps 2 cannot be shared out between 3 processes"):
        train(training_folder, "three")


def test_loss_that_is_no_number_ends_the_training(training_folder):
    with pytest.raises(InputError, match=r"exploded: the \w+ of step \d+ is (nan|inf).*Lower training.learning_rate"):
        train(training_folder, "exploded", replace(QUICK, learning_rate=1e30, save_steps=1, epochs=20))
    assert not (training_folder / "exploded/run.json").exists()
    for state in (training_folder / "exploded.checkpoints").glob("checkpoint-*/trainer_state.json"):
        assert "NaN" not in state.read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small file system, which needs root")
def test_full_disk_keeps_the_last_checkpoint(training_folder, uninterrupted, tmp_path):
    """A real file system of 400 kB: the training says so, and goes on from its checkpoint once there is room."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", small], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        for name in ("base", *VALIDATED):
            (small / name).symlink_to(training_folder / name)
        with pytest.raises(InputError, match=r"the disk is full \(\d+ MB free\).*Make room and run again"):
            train(small, "NAT", replace(LONGER, save_steps=1), *VALIDATED)
        assert not (small / "NAT/run.json").exists()
        shutil.copytree(small, tmp_path / "roomy", symlinks=True)
    finally:
        subprocess.run(["umount", small], check=True)
    output = train(tmp_path / "roomy", "NAT", replace(LONGER, save_steps=1), *VALIDATED)
    assert run_of(output)["resumed_from_step"] >= 1
    assert_same_training(output, uninterrupted)


def test_a_batch_that_does_not_fit_is_tried_with_checkpointing(training_folder, trained, monkeypatch):
    """The GPU's allocator raises as it does there; on a GPU the next try recomputes what it did not keep."""
    import torch

    from medinjection.models.training import run

    made = run.sft_trainer

    def out_of_memory_without_checkpointing(*arguments):
        trainer = made(*arguments)
        if not trainer.args.activation_checkpointing:
            trainer.training_step = raise_out_of_memory
        return trainer

    def raise_out_of_memory(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(run, "sft_trainer", out_of_memory_without_checkpointing)
    output = train(training_folder, "tight")
    assert run_of(output)["gradient_checkpointing"] is True
    assert_same_training(output, trained)
    with pytest.raises(
        InputError, match=r"out of memory with 6 chats of up to \d+ tokens.*Halve training.per_device_batch_size"
    ):
        train(training_folder, "tighter", replace(QUICK, gradient_checkpointing="never"))
    assert not (training_folder / "tighter/run.json").exists()


def test_other_saving_goes_on_and_other_learning_starts_anew(training_folder, start):
    """What a checkpoint was made with decides: a change that changes no number keeps it, any other does not."""
    checkpoints = training_folder / "changed.checkpoints"
    assert_killed(start(training_folder, "changed", OFTEN, killed_at=checkpoints / "checkpoint-6/trainer_state.json"))
    output = train(training_folder, "changed", replace(OFTEN, save_steps=100, gradient_checkpointing="always"))
    assert run_of(output)["resumed_from_step"] >= 3
    assert_killed(start(training_folder, "changed", OFTEN, killed_at=checkpoints / "checkpoint-3/trainer_state.json"))
    output = train(training_folder, "changed", replace(OFTEN, learning_rate=1e-3))
    assert run_of(output)["resumed_from_step"] is None
    assert log_of(output)["learning_rate"].to_pylist()[0] < 3e-3

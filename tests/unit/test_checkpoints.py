"""Checkpoint folders: stamped, resumed where the stamp matches, never half read, never somebody else's files."""

import json
import re
from datetime import datetime
from importlib.metadata import version

import pytest
from safetensors.numpy import save_file

from medinjection.models.files import run_facts
from medinjection.models.files.run_facts import deciding_versions, digest
from medinjection.models.files.stamps import open_stamped, remove_stamped
from medinjection.models.training.checkpoints import (
    note_part,
    open_checkpoints,
    parts_of,
    remove_checkpoints,
    seal,
    step_of,
)
from medinjection.records.errors import InputError

NAMES = (
    "trainer_state.json",
    "adapter_model.safetensors",
    "optimizer.pt",
    "scheduler.pt",
    "rng_state.pth",
    "checksums.json",
)


def write_checkpoint(folder, step, processes=1):
    """Write what the trainer writes, as small as it can be."""
    import numpy as np
    import torch

    checkpoint = folder / f"checkpoint-{step}"
    checkpoint.mkdir()
    save_file({"w": np.zeros(2)}, checkpoint / "adapter_model.safetensors")
    names = ["rng_state.pth"] if processes == 1 else [f"rng_state_{rank}.pth" for rank in range(processes)]
    for name in ("optimizer.pt", "scheduler.pt", *names):
        torch.save({}, checkpoint / name)
    (checkpoint / "trainer_state.json").write_text("{}")
    seal(checkpoint)
    return checkpoint


def test_newest_checkpoint_of_the_same_run(tmp_path):
    folder = tmp_path / "NAT.checkpoints"
    assert open_checkpoints(folder, {"seed": 1}) is None
    for step in (9, 10):
        write_checkpoint(folder, step)
    newest = open_checkpoints(folder, {"seed": 1})
    assert newest == folder / "checkpoint-10"
    assert (step_of(newest), step_of(None)) == (10, 0)


def test_checkpoints_of_another_run_are_set_aside_and_taken_up_again(tmp_path, caplog):
    folder = tmp_path / "NAT.checkpoints"
    open_checkpoints(folder, {"seed": 1})
    write_checkpoint(folder, 9)
    written = {file.name: file.read_bytes() for file in (folder / "checkpoint-9").iterdir()}
    assert open_checkpoints(folder, {"seed": 2}) is None
    assert [file.name for file in folder.iterdir()] == ["stamp.json"]
    assert "checkpoints of another run (seed differs) are kept as" in caplog.text
    write_checkpoint(folder, 4)
    # Back to the first definition: its nine steps are there again, and those of the second are kept.
    assert open_checkpoints(folder, {"seed": 1}) == folder / "checkpoint-9"
    assert {file.name: file.read_bytes() for file in (folder / "checkpoint-9").iterdir()} == written
    (aside,) = (tmp_path / "NAT.checkpoints.set-aside").iterdir()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d{6}Z-[0-9a-f]{12}", aside.name)
    assert (aside / "checkpoint-4").is_dir()
    remove_checkpoints(folder)
    assert not folder.exists()
    assert (aside / "checkpoint-4").is_dir()


def test_two_sets_of_one_second_are_both_kept_and_the_later_is_taken_up(tmp_path, monkeypatch):
    class Noon(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2026, 1, 2, 12, 0, 0, tzinfo=tz)

    monkeypatch.setattr("medinjection.models.files.stamps.datetime", Noon)
    folder = tmp_path / "answers"
    for text in ("first", "second"):
        folder.mkdir()
        (folder / "stamp.json").write_text(json.dumps({"sha256": digest({"seed": 1}), "definition": {"seed": 1}}))
        (folder / "choice.jsonl").write_text(text)
        open_stamped(folder, {"seed": 2}, "answers")
        remove_stamped(folder)
    kept = sorted((tmp_path / "answers.set-aside").iterdir())
    assert [(one / "choice.jsonl").read_text() for one in kept] == ["first", "second"]
    open_stamped(folder, {"seed": 1}, "answers")
    assert (folder / "choice.jsonl").read_text() == "second"


def test_a_stamp_depends_on_no_patch_of_python_and_on_no_kernel(monkeypatch):
    monkeypatch.setattr("platform.python_version_tuple", lambda: ("3", "11", "7"))
    before = deciding_versions()
    monkeypatch.setattr("platform.python_version_tuple", lambda: ("3", "11", "9"))
    monkeypatch.setattr(run_facts, "version", lambda name: "9.9" if name in run_facts.KERNELS else version(name))
    assert deciding_versions() == before
    assert before["python"] == "3.11"
    assert before["torch"] == version("torch")
    monkeypatch.setattr("platform.python_version_tuple", lambda: ("3", "12", "1"))
    assert deciding_versions() != before


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fault", ["missing", "empty", "cut", "half zeroed"])
def test_checkpoint_with_a_broken_file_is_set_aside(tmp_path, name, fault):
    folder = tmp_path / "NAT.checkpoints"
    open_checkpoints(folder, {"seed": 1})
    write_checkpoint(folder, 9)
    broken = write_checkpoint(folder, 10) / name
    content = broken.read_bytes()
    broken.unlink()
    half = len(content) // 2
    if fault != "missing":
        damaged = {"empty": b"", "cut": content[:half], "half zeroed": content[:half] + bytes(len(content) - half)}
        broken.write_bytes(damaged[fault])
    assert open_checkpoints(folder, {"seed": 1}) == folder / "checkpoint-9"
    assert not (folder / "checkpoint-10").exists()
    assert (folder / "damaged-checkpoint-10").is_dir()


def test_names_that_are_not_a_checkpoint_s_are_left_alone(tmp_path):
    folder = tmp_path / "NAT.checkpoints"
    open_checkpoints(folder, {"seed": 1})
    whole = write_checkpoint(folder, 9)
    others = ["checkpoint-9.bak", "checkpoint-best", "checkpoint-", "old-checkpoint-12"]
    for name in others:
        (folder / name).mkdir()
    (folder / "checkpoint-11").write_text("a file, no folder")
    assert open_checkpoints(folder, {"seed": 1}) == whole
    assert all((folder / name).is_dir() for name in others)


def test_checkpoint_of_several_processes_needs_the_state_of_each(tmp_path):
    folder = tmp_path / "NAT.checkpoints"
    open_checkpoints(folder, {"processes": 2})
    checkpoint = write_checkpoint(folder, 4, processes=2)
    assert open_checkpoints(folder, {"processes": 2}) == checkpoint
    (checkpoint / "rng_state_1.pth").unlink()
    assert open_checkpoints(folder, {"processes": 2}) is None


def test_stamp_that_cannot_be_read_is_another_run(tmp_path):
    folder = tmp_path / "NAT.checkpoints"
    open_checkpoints(folder, {"seed": 1})
    write_checkpoint(folder, 9)
    (folder / "stamp.json").write_text("{")
    assert open_checkpoints(folder, {"seed": 1}) is None
    assert json.loads((folder / "stamp.json").read_text())["definition"] == {"seed": 1}


def test_stamp_that_was_cut_off_is_no_foreign_file(tmp_path):
    (tmp_path / ".stamp.json.1.partial").write_text("{")
    assert open_checkpoints(tmp_path, {"seed": 1}) is None
    assert json.loads((tmp_path / "stamp.json").read_text())["definition"] == {"seed": 1}


def test_checkpoint_folder_with_foreign_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(InputError, match=r"no stamp\.json"):
        open_checkpoints(tmp_path, {"seed": 1})
    assert (tmp_path / "thesis.tex").exists()


def test_parts_are_kept_in_order(tmp_path):
    note_part(tmp_path, 0, {"hardware": "A100", "attention": "sdpa"})
    note_part(tmp_path, 50, {"hardware": "H100"})
    assert not list(tmp_path.glob("*.partial"))
    assert parts_of(tmp_path) == [
        {"after_step": 0, "hardware": "A100", "attention": "sdpa"},
        {"after_step": 50, "hardware": "H100"},
    ]


def test_parts_that_cannot_be_read_end_no_training(tmp_path):
    (tmp_path / "parts.json").write_text('[{"after_st')
    assert parts_of(tmp_path) == []
    note_part(tmp_path, 50, {"hardware": "H100"})
    assert parts_of(tmp_path) == [{"after_step": 50, "hardware": "H100"}]

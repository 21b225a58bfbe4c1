"""One training on two nodes: Slurm starts a torchrun on each, they meet over the network and learn together."""

import json

import pytest
from support.slurm import TINY_RUN

pytestmark = pytest.mark.cluster
TARGET = f"{TINY_RUN}/models/ALL/run.json"
# The same eight chats a step as in the tiny demonstration.
SHARED = {"per_device_batch_size": 4, "gradient_accumulation_steps": 2}


def learnt(checkout):
    folder = checkout.folder / TINY_RUN / "models/ALL"
    return json.loads((folder / "run.json").read_text()), (folder / "adapter_model.safetensors").read_bytes()


def test_two_nodes_learn_what_two_processes_of_one_machine_learn(local, slurm, tmp_path):
    on_one = local.changed_by("more.yaml", tmp_path / "one")
    (on_one.folder / "more.yaml").write_text(json.dumps({"training": {**SHARED, "processes": 2}}))
    on_one.run(TARGET)
    on_two = local.changed_by("more.yaml", tmp_path / "two")
    (on_two.folder / "more.yaml").write_text(json.dumps({"training": {**SHARED, "nodes": 2}}))
    on_two.submit("--", TARGET)

    asked = slurm("squeue", "--noheader", "--states=all", "--format=%T %D %C %Z").splitlines()
    assert [line for line in asked if line.endswith(f" {on_two.folder}")] == [f"COMPLETED 2 2 {on_two.folder}"]
    (one, adapter), (two, same) = learnt(on_one), learnt(on_two)
    assert (one["processes"], one["nodes"]) == (2, 1)
    assert (two["processes"], two["nodes"]) == (2, 2)
    assert one["effective_batch"] == two["effective_batch"] == 8
    assert one["steps"] == two["steps"] > 1
    assert two["last_loss"] == one["last_loss"]
    assert same == adapter


def test_without_slurm_it_says_what_it_wants(local, tmp_path):
    alone = local.changed_by("more.yaml", tmp_path / "alone")
    (alone.folder / "more.yaml").write_text(json.dumps({"training": {**SHARED, "nodes": 2}}))
    done = alone.snakemake("--profile", "profiles/local", TARGET)
    assert done.returncode != 0
    assert "training.nodes is 2, and this is no job of Slurm" in done.stdout + done.stderr

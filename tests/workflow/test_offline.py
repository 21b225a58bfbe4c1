"""Only rules that fetch touch a network: the others run where there is none."""

import re
import subprocess

import pytest
from support.checkout import SMALL_RUN

pytestmark = pytest.mark.workflow

# A namespace of its own has no network interface that is up, not even the loopback one.
ALONE = ["unshare", "--net"]
# One target of each kind of job that loads a model or asks one: a teacher, a training, predictions, an embedding
# model, BERTScore.
TARGETS = (
    "translated/medqa/1-of-1.parquet",
    "predictions/NAT/choice.parquet",
    "figures/embeddings.parquet",
    "scores/bertscore.parquet",
)


def test_rules_that_fetch_are_the_only_ones_that_may_ask_a_hub(root):
    rules = re.split(
        r"^ *rule (?=\w+:$)",
        "".join(path.read_text() for path in (root / "workflow/rules").glob("*.smk")),
        flags=re.MULTILINE,
    )
    asking = {rule.partition(":")[0] for rule in rules if "python=online(" in rule}
    assert {"fetch_model", "fetch_embedder", "fetch_bertscore", "fetch_served", "fetch_comet"} == asking
    fetching = {rule.partition(":")[0]: rule for rule in rules if rule.startswith("fetch_")}
    assert asking < set(fetching)
    # They run where Snakemake was started: on the login node of a cluster.
    assert all("localrule: True" in rule for rule in fetching.values())


def test_jobs_run_without_a_network(changeable):
    if subprocess.run([*ALONE, "true"], capture_output=True).returncode != 0:
        pytest.skip("this user may not make a network namespace (unshare --net)")
    files = [f"{SMALL_RUN}/{target}" for target in TARGETS]
    before = {file: (changeable.folder / file).read_bytes() for file in files}
    # Whatever a library wanted from a hub would fail at once, and not be found in a cache of this machine.
    environment = {"HF_ENDPOINT": "http://192.0.2.1", "HF_HOME": str(changeable.folder / "no-cache")}
    rules = ("translate_source", "predict_answers", "embed_instructions", "score_bertscore")
    done = changeable.snakemake(
        *(*files, "--profile", "profiles/local", "--forcerun", *rules, "--allowed-rules", *rules),
        environment=environment,
        before=ALONE,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    assert {file: (changeable.folder / file).read_bytes() for file in files} == before

"""Models and sources from a hub: a mirror, a token, a broken connection, a file that is not the one listed."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save
from support.file_server import hub as storage
from support.hub_server import COMMIT, Hub, running

from medinjection.models.base.fetching import copy_model
from medinjection.records.errors import InputError
from medinjection.sources.fetching.fetch import fetch_from_upstream
from medinjection.sources.registry import SourceFile, load_registry

TOKEN = "hf_0123456789"
WEIGHTS = bytes(range(256)) * 2000
EMBEDDER = {"modules.json": b"[]", "1_Pooling/config.json": b"{}", "model.safetensors": WEIGHTS, "a.bin": b"pickle"}
CONTENT = bytes(range(256)) * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
ADDRESS = f"https://huggingface.co/datasets/me/corpus/resolve/{COMMIT}/data.bin"


def embedders(**changes):
    return Hub({"models/me/tiny": EMBEDDER}, **changes)


def fetch_model(root, hub, output, kind="embedder", name="me/tiny", commit=COMMIT, token=None):
    """Run the script as a rule does: huggingface_hub reads HF_ENDPOINT when it is imported."""
    environment = {
        **os.environ,
        "HF_ENDPOINT": hub.url,
        "HF_HUB_OFFLINE": "0",
        "HF_HOME": str(output.parent / "home"),
        "PYTHONPATH": str(root / "src"),
    }
    environment.pop("HF_TOKEN", None)
    if token:
        environment["HF_TOKEN"] = token
    command = [sys.executable, str(root / "workflow/scripts/fetch_model.py"), "--kind", kind, "--model-id", name]
    command += [*(["--revision", commit] if commit else []), "--output", str(output)]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def fetch_cached(root, hub, output, *more, commit=COMMIT):
    environment = {
        **os.environ,
        "HF_ENDPOINT": hub.url,
        "HF_HUB_OFFLINE": "0",
        "HF_HOME": str(output.parent / "home"),
        "PYTHONPATH": str(root / "src"),
    }
    environment.pop("HF_TOKEN", None)
    command = [sys.executable, str(root / "workflow/scripts/fetch_cached.py"), "--model-id", "me/tiny"]
    command += ["--revision", commit, "--output", str(output), *more]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


OFFLINE = """
import sys
from huggingface_hub import snapshot_download
print(snapshot_download(sys.argv[1], revision=sys.argv[2]))
"""


def test_what_is_fetched_into_the_cache_is_found_there_without_a_hub(root, tmp_path):
    content = {"config.json": b"{}", "model.safetensors": WEIGHTS}
    with running(Hub({"models/me/tiny": content})) as hub:
        done = fetch_cached(root, hub, tmp_path / "tiny.json")
        assert done.returncode == 0, done.stderr
    said = json.loads((tmp_path / "tiny.json").read_text())
    assert said == {"model_id": "me/tiny", "revision": COMMIT, "files": ["config.json", "model.safetensors"]}
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-c", OFFLINE, "me/tiny", COMMIT]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()
    assert names(Path(found)) == ["config.json", "model.safetensors"]
    assert (Path(found) / "model.safetensors").read_bytes() == WEIGHTS


def test_a_model_that_the_hub_lacks_is_not_said_to_be_in_the_cache(root, tmp_path):
    with running(embedders()) as hub:
        assert "me/tiny at " + "f" * 40 in told(fetch_cached(root, hub, tmp_path / "tiny.json", commit="f" * 40))
    assert not (tmp_path / "tiny.json").exists()


def told(done):
    """The one sentence with which a program ended."""
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    *_, last = done.stderr.splitlines()
    return last


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


# --- models


def test_a_base_model_comes_from_the_mirror_at_its_commit(root, training_folder, tmp_path):
    base = training_folder / "base"
    files = {name: (base / name).read_bytes() for name in names(base)} | {"modeling_x.py": b"raise SystemExit"}
    with running(Hub({"models/me/base": files})) as hub:
        done = fetch_model(root, hub, tmp_path / "base", "base", "me/base")
    assert done.returncode == 0, done.stderr
    copy_model("base", base, tmp_path / "copy")
    assert names(tmp_path / "base") == names(tmp_path / "copy")
    for name in names(tmp_path / "copy"):
        if name != "run.json":
            assert (tmp_path / "base" / name).read_bytes() == files[name]
    run, copied = (json.loads((tmp_path / name / "run.json").read_text()) for name in ("base", "copy"))
    assert (run["model"], run["model_id"], run["revision"]) == ("base", "me/base", COMMIT)
    assert run["base_sha256"] == copied["base_sha256"]
    asked = [seen.path for seen in hub.seen if "/resolve/" in seen.path]
    assert len({path.rpartition("/")[2] for path in asked}) == len(names(tmp_path / "base")) - 1
    assert all(path.startswith(f"/me/base/resolve/{COMMIT}/") for path in asked)


def test_of_a_model_without_a_commit_the_newest_is_taken_and_named(root, training_folder, tmp_path):
    base = training_folder / "base"
    files = {name: (base / name).read_bytes() for name in names(base)}
    with running(Hub({"models/me/base": files})) as hub:
        done = fetch_model(root, hub, tmp_path / "m", "evaluated", "me/base", commit=None)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "m/run.json").read_text())["revision"] == COMMIT
    asked = [seen.path for seen in hub.seen if "/resolve/" in seen.path]
    assert asked and all(path.startswith(f"/me/base/resolve/{COMMIT}/") for path in asked)


def test_the_model_of_bertscore_comes_with_whole_weights_and_without_pickles(root, tmp_path):
    weights = save({"layer": np.ones(8, np.float32)})
    files = {"config.json": b"{}", "vocab.txt": b"a", "model.safetensors": weights, "pytorch_model.bin": b"pickle"}
    with running(Hub({"models/me/tiny": files, "models/me/cut": files | {"model.safetensors": weights[:-1]}})) as hub:
        done = fetch_model(root, hub, tmp_path / "bertscore", "encoder")
        assert done.returncode == 0, done.stderr
        assert names(tmp_path / "bertscore") == ["config.json", "model.safetensors", "vocab.txt"]
        assert "model.safetensors" in told(fetch_model(root, hub, tmp_path / "cut", "encoder", "me/cut"))


def test_an_embedding_model_comes_without_pickles_after_its_connection_broke(root, tmp_path):
    with running(embedders(cuts={"model.safetensors": [100_000]})) as hub:
        done = fetch_model(root, hub, tmp_path / "embedder")
    assert done.returncode == 0, done.stderr
    assert names(tmp_path / "embedder") == ["1_Pooling/config.json", "model.safetensors", "modules.json"]
    assert (tmp_path / "embedder/model.safetensors").read_bytes() == WEIGHTS
    assert [seen.method for seen in hub.seen if seen.path.endswith("model.safetensors")] == ["HEAD", "GET", "GET"]


def test_a_model_with_terms_needs_the_right_token(root, tmp_path):
    with running(embedders(token=TOKEN)) as hub:
        done = fetch_model(root, hub, tmp_path / "embedder", token=TOKEN)
        assert done.returncode == 0, done.stderr
        assert {seen.authorization for seen in hub.seen if "me/tiny" in seen.path} == {f"Bearer {TOKEN}"}
        assert TOKEN not in done.stdout + done.stderr
        for wrong in (None, "hf_other"):
            said = told(fetch_model(root, hub, tmp_path / "other", token=wrong))
            assert said.startswith(f"error: me/tiny at {COMMIT}: the hub refuses it (401")
            assert said.endswith(
                "accept the terms on the page of the model and set HF_TOKEN to a token of that account"
            )
            assert "hf_other" not in said
        hub.terms = True
        assert "the hub refuses it (403" in told(fetch_model(root, hub, tmp_path / "other", token=TOKEN))


def test_a_model_or_commit_that_is_not_there_is_told(root, tmp_path):
    with running(embedders()) as hub:
        said = told(fetch_model(root, hub, tmp_path / "embedder", name="me/none"))
        assert f"me/none at {COMMIT}: the hub refuses it (404" in said
        said = told(fetch_model(root, hub, tmp_path / "embedder", commit="f" * 40))
        assert f"me/tiny at {'f' * 40}: the hub refuses it (404" in said


@pytest.mark.parametrize("content", [WEIGHTS[::-1], WEIGHTS[:-1]])
def test_weights_that_are_not_those_of_the_commit_are_thrown_away(root, tmp_path, content):
    with running(embedders(replaced={"model.safetensors": content})) as hub:
        said = told(fetch_model(root, hub, tmp_path / "embedder"))
    found, listed = (hashlib.sha256(each).hexdigest() for each in (content, WEIGHTS))
    assert f"model.safetensors has the sha256 {found}, expected {listed}; it was thrown away" in said
    assert not (tmp_path / "embedder/model.safetensors").exists()


def test_the_token_of_a_model_does_not_follow_to_another_host(root, tmp_path):
    with storage(WEIGHTS) as (host, seen_there), running(embedders(token=TOKEN)) as hub:
        hub.stored["model.safetensors"] = f"http://{host.replace('127.0.0.1', 'localhost')}/x"
        done = fetch_model(root, hub, tmp_path / "embedder", token=TOKEN)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "embedder/model.safetensors").read_bytes() == WEIGHTS
    assert seen_there == [None]


def test_a_mirror_that_is_no_hub_is_told(root, tmp_path):
    with storage(b"<html>") as (host, _):
        said = told(fetch_model(root, Hub({}, url=f"http://{host}"), tmp_path / "embedder"))
    assert said.startswith(f"error: me/tiny at {COMMIT}: cannot be downloaded (")


# --- sources


@pytest.fixture
def source():
    registry = load_registry("config/sources.yaml")
    return replace(registry["kqa"], files=(SourceFile("data.bin", None, ADDRESS, DIGEST, None),))


@pytest.fixture
def corpus(monkeypatch):
    """A hub with one data set behind terms, which HF_ENDPOINT names, and its token."""
    with running(Hub({"datasets/me/corpus": {"data.bin": CONTENT}}, token=TOKEN)) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url + "/")
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield hub


def test_a_source_comes_from_the_mirror_and_goes_on_where_it_broke(corpus, source, tmp_path, caplog):
    caplog.set_level("DEBUG")
    corpus.cuts["data.bin"] = [100_000, 50_000]
    fetch_from_upstream(source, tmp_path, retry_seconds=0.01)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT
    ranges = [seen.range for seen in corpus.seen]
    assert ranges[0] is None
    assert len(ranges) == 3
    assert all(later.startswith("bytes=") for later in ranges[1:])
    assert {seen.authorization for seen in corpus.seen} == {f"Bearer {TOKEN}"}
    assert TOKEN not in caplog.text + (tmp_path / "manifest.json").read_text()


def test_a_source_with_terms_is_refused_without_the_right_token(corpus, source, tmp_path, monkeypatch):
    for wrong in ("", "hf_other"):
        monkeypatch.setenv("HF_TOKEN", wrong)
        with pytest.raises(InputError, match=r"answered 401; access must be granted: .* set HF_TOKEN") as told:
            fetch_from_upstream(source, tmp_path, retry_seconds=0.01)
        assert ADDRESS in str(told.value)
        assert "by HF_ENDPOINT" in str(told.value)
    assert len(corpus.seen) == 2


def test_a_source_that_changed_on_the_mirror_is_thrown_away(corpus, source, tmp_path):
    corpus.replaced["data.bin"] = CONTENT[::-1]
    with pytest.raises(InputError, match=rf"has the sha256 .*, expected {DIGEST}; it was thrown away"):
        fetch_from_upstream(source, tmp_path, retry_seconds=0.01)
    assert list(tmp_path.iterdir()) == []


def test_the_token_of_a_source_does_not_follow_to_another_host(corpus, source, tmp_path):
    with storage(CONTENT) as (host, seen_there):
        corpus.stored["data.bin"] = f"http://{host.replace('127.0.0.1', 'localhost')}/x"
        fetch_from_upstream(source, tmp_path, retry_seconds=0.01)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT
    assert [seen.authorization for seen in corpus.seen] == [f"Bearer {TOKEN}"]
    assert seen_there == [None]


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "not an address", "ftp://mirror"])
def test_a_mirror_that_cannot_be_used_is_a_sentence_that_names_the_variable(source, tmp_path, monkeypatch, endpoint):
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    with pytest.raises(InputError, match=r"data.bin cannot be downloaded from .* by HF_ENDPOINT: .*sources.kqa.path"):
        fetch_from_upstream(source, tmp_path, retry_seconds=0.01)

"""Fetching: copies from a folder, downloads from a local server that misbehaves, and the manifest."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.file_server import hub, served

from medinjection.records.errors import InputError
from medinjection.sources.fetching.fetch import fetch_from_folder, fetch_from_upstream, files_to_download
from medinjection.sources.fetching.manifest import fetched_files, fetched_revision
from medinjection.sources.registry import Source, SourceFile, load_registry

REGISTRY = load_registry(Path(__file__).parents[2] / "config/sources.yaml")
CONTENT = bytes(range(256)) * 1000
CHUNK = 1 << 16
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def whole(start):
    return (206 if start else 200, CONTENT[start:], len(CONTENT) - start)


def cut(start):
    return (206 if start else 200, CONTENT[start : start + CHUNK + 5], len(CONTENT) - start)


def status(code):
    return lambda start: (code, b"", 0)


def source_at(url: str | None, sha256: str | None = DIGEST) -> Source:
    return replace(REGISTRY["kqa"], files=(SourceFile("data.bin", None, url, sha256, None),))


def fetch(folder, answers, sha256=DIGEST):
    with served(answers) as (url, requests):
        fetch_from_upstream(source_at(url, sha256), folder, retry_seconds=0.01)
    return requests


def manifest_of(folder):
    return json.loads((folder / "manifest.json").read_text())


def test_copy_takes_what_is_there_and_notes_what_it_is(tmp_path):
    origin = tmp_path / "origin"
    origin.mkdir()
    (origin / "dev.json").write_text("[]")
    (origin / "other.json").write_text("{}")
    output = tmp_path / "raw"
    fetch_from_folder(REGISTRY["frenchmedmcqa"], origin, output)
    assert sorted(path.name for path in output.iterdir()) == ["dev.json", "manifest.json"]
    assert sorted(path.name for path in origin.iterdir()) == ["dev.json", "other.json"]
    manifest = manifest_of(output)
    assert manifest["source"] == "frenchmedmcqa"
    assert manifest["revision"] == REGISTRY["frenchmedmcqa"].revision
    digest = hashlib.sha256(b"[]").hexdigest()
    assert manifest["files"] == [{"name": "dev.json", "bytes": 2, "sha256": digest, "matches_registry": False}]
    assert str(tmp_path) not in (output / "manifest.json").read_text()
    before = (output / "manifest.json").read_bytes()
    fetch_from_folder(REGISTRY["frenchmedmcqa"], origin, output)
    assert (output / "manifest.json").read_bytes() == before


@pytest.mark.parametrize(("sha256", "matches"), [(DIGEST, True), (None, None), ("0" * 64, False)])
def test_manifest_says_whether_the_file_is_the_pinned_one(tmp_path, sha256, matches):
    (tmp_path / "data.bin").write_bytes(CONTENT)
    fetch_from_folder(source_at(None, sha256), tmp_path, tmp_path / "raw")
    assert manifest_of(tmp_path / "raw")["files"][0]["matches_registry"] is matches


@pytest.mark.parametrize(("sha256", "pinned"), [(DIGEST, True), (None, True), ("0" * 64, False)])
def test_files_that_are_not_the_pinned_ones_do_not_carry_their_revision(tmp_path, sha256, pinned):
    (tmp_path / "data.bin").write_bytes(CONTENT)
    source = source_at(None, sha256)
    fetch_from_folder(source, tmp_path, tmp_path / "raw")
    revision = fetched_revision(tmp_path / "raw", source)
    assert (revision == source.revision) is pinned
    assert pinned or revision.startswith("files:")


def test_copy_without_any_file_lists_names(tmp_path):
    (tmp_path / "a.txt").write_text("")
    with pytest.raises(InputError, match=r"expected train.json, dev.json, test.json; found a.txt"):
        fetch_from_folder(REGISTRY["frenchmedmcqa"], tmp_path, tmp_path / "raw")
    with pytest.raises(InputError, match="no such folder"):
        fetch_from_folder(REGISTRY["frenchmedmcqa"], tmp_path / "none", tmp_path / "raw")
    assert not (tmp_path / "raw").exists()


def test_copy_onto_itself_is_refused(tmp_path):
    (tmp_path / "dev.json").write_text("[]")
    with pytest.raises(InputError, match="expected another folder"):
        fetch_from_folder(REGISTRY["frenchmedmcqa"], tmp_path, tmp_path / "." / "")
    assert (tmp_path / "dev.json").read_text() == "[]"


def test_download(tmp_path):
    assert fetch(tmp_path, [whole]) == [0]
    assert (tmp_path / "data.bin").read_bytes() == CONTENT
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.bin", "manifest.json"]
    assert manifest_of(tmp_path)["files"][0]["matches_registry"] is True


def test_download_that_is_cut_off_goes_on_where_it_was(tmp_path):
    assert fetch(tmp_path, [cut, status(503), cut, whole]) == [0, CHUNK, CHUNK, 2 * CHUNK]
    assert (tmp_path / "data.bin").read_bytes() == CONTENT


def test_download_goes_on_from_the_part_of_an_earlier_job(tmp_path):
    (tmp_path / "data.bin.part").write_bytes(CONTENT[:100])
    assert fetch(tmp_path, [whole]) == [100]
    assert (tmp_path / "data.bin").read_bytes() == CONTENT


def test_server_that_cannot_continue_sends_all_again(tmp_path):
    (tmp_path / "data.bin.part").write_bytes(b"something else")
    assert fetch(tmp_path, [lambda start: (200, CONTENT, len(CONTENT))]) == [14]
    assert (tmp_path / "data.bin").read_bytes() == CONTENT


def test_part_longer_than_the_file_is_dropped(tmp_path):
    (tmp_path / "data.bin.part").write_bytes(CONTENT + b"more")
    assert fetch(tmp_path, [status(416), whole]) == [len(CONTENT) + 4, 0]
    assert (tmp_path / "data.bin").read_bytes() == CONTENT


def test_file_that_is_there_already_is_not_downloaded_again(tmp_path):
    (tmp_path / "data.bin").write_bytes(CONTENT)
    assert fetch(tmp_path, [whole]) == []
    assert manifest_of(tmp_path)["files"][0]["sha256"] == DIGEST


def test_wrong_checksum_leaves_neither_file_nor_manifest(tmp_path):
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(InputError, match=f"has the sha256 {DIGEST}, expected 000.*thrown away"):
        fetch(tmp_path, [whole], sha256="0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_unknown_checksum_is_recorded(tmp_path):
    fetch(tmp_path, [whole], sha256=None)
    entry = manifest_of(tmp_path)["files"][0]
    assert (entry["sha256"], entry["matches_registry"]) == (DIGEST, None)


def test_not_found_is_told_at_once(tmp_path):
    with served([status(404)]) as (url, requests):
        with pytest.raises(InputError, match=r"data.bin cannot be downloaded from .*404.*sources.kqa.path"):
            fetch_from_upstream(source_at(url), tmp_path)
        assert requests == [0]


def test_no_network_is_a_sentence_that_names_the_key(tmp_path):
    with pytest.raises(InputError, match=r"no connection.*sources.kqa.path"):
        fetch_from_upstream(source_at("http://127.0.0.1:9/data.bin"), tmp_path, retry_seconds=0.01)


def test_source_without_address(tmp_path):
    with pytest.raises(InputError, match=r"no address of its files.*sources.kqa.path.*data.bin"):
        fetch_from_upstream(source_at(None), tmp_path / "raw")


def test_only_files_of_the_manifest_count(tmp_path):
    source = REGISTRY["frenchmedmcqa"]
    (tmp_path / "dev.json").write_text("[]")
    assert fetched_files(tmp_path, source) == source.files
    fetch_from_folder(source, tmp_path, tmp_path / "raw")
    (tmp_path / "raw/train.json").write_text("left from an earlier fetch")
    assert [file.name for file in fetched_files(tmp_path / "raw", source)] == ["dev.json"]


def test_manifest_faults(tmp_path):
    source = REGISTRY["frenchmedmcqa"]
    (tmp_path / "dev.json").write_text("[]")
    raw = tmp_path / "raw"
    fetch_from_folder(source, tmp_path, raw)
    with pytest.raises(InputError, match="holds files of frenchmedmcqa, expected kqa"):
        fetched_files(raw, REGISTRY["kqa"])
    with pytest.raises(InputError, match=r"'dev.json' is no file of frenchmedmcqa in the registry"):
        fetched_files(raw, replace(source, files=source.files[:1]))
    (raw / "dev.json").write_text("[ ]")
    with pytest.raises(InputError, match=r"dev.json: found .*expected the sha256 .* fetch the source again"):
        fetched_files(raw, source)
    (raw / "manifest.json").write_text("{}")
    with pytest.raises(InputError, match="not a manifest written by fetch_source: missing key 'files'"):
        fetched_files(raw, source)


PATTERNS = (SourceFile("layer1/FR*.txt", "train", subset="one"), SourceFile("sub/list.txt", "test"))


def test_patterns_and_folders_are_copied_and_found_again(tmp_path):
    source = replace(REGISTRY["kqa"], files=PATTERNS)
    for name in ("layer1/FR2.txt", "layer1/FR1.txt", "layer1/EN1.txt", "layer1/deep/FR3.txt", "sub/list.txt"):
        (tmp_path / "origin" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "origin" / name).write_text(name)
    raw = tmp_path / "raw"
    fetch_from_folder(source, tmp_path / "origin", raw)
    names = ["layer1/FR1.txt", "layer1/FR2.txt", "sub/list.txt"]
    assert [entry["name"] for entry in manifest_of(raw)["files"]] == names
    assert sorted(path.relative_to(raw).as_posix() for path in raw.rglob("*.txt")) == names
    (raw / "layer1/FR9.txt").write_text("left from an earlier fetch")
    files = fetched_files(raw, source)
    assert [(file.name, file.split, file.subset) for file in files] == [
        ("layer1/FR1.txt", "train", "one"),
        ("layer1/FR2.txt", "train", "one"),
        ("sub/list.txt", "test", None),
    ]
    with pytest.raises(InputError, match=r"'layer1/FR1.txt' is no file of kqa"):
        fetched_files(raw, replace(source, files=(replace(PATTERNS[0], name="*.txt"), PATTERNS[1])))
    (raw / "layer1/FR2.txt").unlink()
    with pytest.raises(InputError, match=r"layer1/FR2.txt: found no file, expected the sha256"):
        fetched_files(raw, source)


def test_a_file_from_another_address_does_not_carry_the_commit(tmp_path):
    """Its checksum may be known, but it is of another repository."""
    commit = str(REGISTRY["kqa"].revision)
    for address, pinned in ((f"https://example.org/{commit}/data.bin", True), ("https://example.org/data.bin", False)):
        (tmp_path / "data.bin").write_bytes(CONTENT)
        source = source_at(address)
        fetch_from_folder(source, tmp_path, tmp_path / "raw")
        assert (fetched_revision(tmp_path / "raw", source) == commit) is pinned


def test_first_layout_with_addresses_is_downloaded(tmp_path):
    with served([whole]) as (url, requests):
        files = (
            SourceFile("by_hand.json", layout="zip"),
            SourceFile("a/one.bin", url=url, sha256=DIGEST, layout="hub"),
            SourceFile("two.bin", layout="hub"),
            SourceFile("three.bin", url=url, layout="other"),
        )
        source = replace(REGISTRY["kqa"], files=files)
        assert files_to_download(source) == (files[1],)
        fetch_from_upstream(source, tmp_path, retry_seconds=0.01)
        assert requests == [0]
    assert (tmp_path / "a/one.bin").read_bytes() == CONTENT
    assert [file.name for file in fetched_files(tmp_path, source)] == ["a/one.bin"]


def test_source_without_address_quotes_its_notes(tmp_path):
    source = replace(source_at(None), notes="Ask the organisers.")
    with pytest.raises(InputError, match=r"no address of its files.*data.bin. Notes: Ask the organisers."):
        fetch_from_upstream(source, tmp_path / "raw")
    assert not (tmp_path / "raw").exists()


def test_unpinned_source_is_known_by_its_files(tmp_path):
    (tmp_path / "data.bin").write_bytes(CONTENT)
    source = replace(source_at(None, None), revision=None)
    fetch_from_folder(source, tmp_path, tmp_path / "raw")
    assert fetched_revision(tmp_path / "raw", source).startswith("files:")


def test_token_goes_to_the_hub_alone(tmp_path, monkeypatch, caplog):
    caplog.set_level("DEBUG")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with (
        hub(CONTENT) as (storage, at_storage),
        hub(CONTENT, f"http://{storage.replace('127.0.0.1', 'localhost')}/x") as (home, at_home),
    ):
        monkeypatch.setenv("HF_ENDPOINT", f"http://{home}")
        fetch_from_upstream(source_at(f"http://{home}/data.bin"), tmp_path / "a")
        fetch_from_upstream(source_at(f"http://{storage}/data.bin"), tmp_path / "b")
        monkeypatch.delenv("HF_TOKEN")
        fetch_from_upstream(source_at(f"http://{home}/data.bin"), tmp_path / "c")
    assert at_home == ["Bearer hf_secret", None]
    assert at_storage == [None, None, None]
    assert "hf_secret" not in caplog.text
    assert all("hf_secret" not in path.read_text() for path in tmp_path.rglob("manifest.json"))


@pytest.mark.parametrize("code", [401, 403])
def test_refusal_is_a_sentence(tmp_path, code):
    with served([status(code)]) as (url, requests):
        with pytest.raises(InputError, match=f"answered {code}; access must be granted: accept.*set HF_TOKEN"):
            fetch_from_upstream(source_at(url), tmp_path)
        assert requests == [0]

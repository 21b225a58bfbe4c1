"""Archives: downloaded once, only the named members taken out of them, and nothing of what they say trusted."""

import hashlib
import io
import json
import stat
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from support.file_server import served

from medinjection.records.errors import InputError
from medinjection.sources.fetching.archives import extract_members
from medinjection.sources.fetching.fetch import fetch_from_upstream
from medinjection.sources.registry import Archive, Source, SourceFile, load_registry

KQA = load_registry(Path(__file__).parents[2] / "config/sources.yaml")["kqa"]


def manifest_entries(folder: Path) -> list[dict]:
    return json.loads((folder / "manifest.json").read_text())["files"]


def zip_of(members: dict[str, bytes], mode: int = 0) -> bytes:
    """A zip file; `mode` is the Unix mode of its members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()


def tar_of(members: dict[str, bytes], link: str | None = None) -> bytes:
    """A gzip-compressed tar file; `link` is the name of a symbolic link in it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        if link:
            info = tarfile.TarInfo(link)
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(info)
    return buffer.getvalue()


MEMBERS = {"./data/a.json": b"[1]", "data/b.json": b"[2]", "../../outside.txt": b"not asked for"}


def packed(url: str, archive: bytes, names: dict[str, str], sha256: str | None = None) -> Source:
    digest = hashlib.sha256(archive).hexdigest() if sha256 is None else sha256
    files = [SourceFile(name, url=url, archive=Archive(member, digest)) for name, member in names.items()]
    return replace(KQA, files=tuple(files))


@pytest.mark.parametrize("archive", [zip_of(MEMBERS), tar_of(MEMBERS)], ids=["zip", "tar"])
def test_archive_is_downloaded_once_and_only_named_members_are_taken(tmp_path, archive):
    folder = tmp_path / "deep" / "raw"
    answers = [lambda start: (206 if start else 200, archive[start : start + 70], len(archive) - start), None]
    answers[1] = lambda start: (206 if start else 200, archive[start:], len(archive) - start)
    with served(answers) as (url, requests):
        source = packed(url, archive, {"x/first.json": "data/a.json", "second.json": "data/b.json"})
        fetch_from_upstream(source, folder, retry_seconds=0.01)
    assert len(requests) == 2 and requests[0] == 0
    assert (folder / "x/first.json").read_bytes() == b"[1]"
    assert (folder / "second.json").read_bytes() == b"[2]"
    found = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert found == ["deep/raw/manifest.json", "deep/raw/second.json", "deep/raw/x/first.json"]
    assert [entry["name"] for entry in manifest_entries(folder)] == ["x/first.json", "second.json"]


def test_member_that_is_there_with_its_checksum_needs_no_archive(tmp_path):
    (tmp_path / "a.json").write_bytes(b"[1]")
    file = SourceFile("a.json", url="https://x.invalid/a.zip", archive=Archive("a.json", None))
    source = replace(KQA, files=(replace(file, sha256=hashlib.sha256(b"[1]").hexdigest()),))
    fetch_from_upstream(source, tmp_path)
    assert manifest_entries(tmp_path)[0]["matches_registry"] is True


@pytest.mark.parametrize(
    ("names", "digests", "message"),
    [
        ({"a": "data/a.json"}, ("0" * 64, None), "has the sha256 .*expected 000.*thrown away"),
        ({"a": "data/c.json"}, (None, None), r"no member data/c.json; found \.\./\.\./outside.txt, data/a.json"),
        ({"a": "data/a.json"}, (None, "1" * 64), "a downloaded from .*expected 111.*thrown away"),
    ],
)
def test_archive_faults_leave_nothing(tmp_path, names, digests, message):
    archive = zip_of(MEMBERS)
    with served([lambda start: (200, archive, len(archive))]) as (url, _):
        source = packed(url, archive, names, digests[0])
        source = replace(source, files=tuple(replace(file, sha256=digests[1]) for file in source.files))
        with pytest.raises(InputError, match=message):
            fetch_from_upstream(source, tmp_path / "raw", retry_seconds=0.01)
    assert list((tmp_path / "raw").iterdir()) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (zip_of({"a": b"/etc/passwd"}, stat.S_IFLNK | 0o777), "a is a link, a folder or a device"),
        (zip_of({"a/": b""}), "no member a; found a/"),
        (tar_of({}, link="a"), "a is a link, a folder or a device"),
        (zip_of({"a": bytes(10**6)}), "a unpacks to 1,000,000 bytes or more, expected at most 1,000"),
        (tar_of({"a": bytes(10**6)}), "a unpacks to 1,000,000 bytes or more, expected at most 1,000"),
        (b"plain text", "neither a zip nor a tar file"),
        (tar_of({"a": bytes(range(256)) * 300})[:200], "cannot be unpacked|neither a zip nor a tar"),
    ],
    ids=["zip link", "zip folder", "tar link", "zip bomb", "tar bomb", "text", "cut tar"],
)
def test_unsafe_or_damaged_archive(tmp_path, content, message):
    (tmp_path / "archive").write_bytes(content)
    with pytest.raises(InputError, match=message):
        extract_members(tmp_path / "archive", {"a": tmp_path / "out"}, max_bytes=1000)
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]


def test_zip_that_lies_about_a_size(tmp_path):
    content = bytearray(zip_of({"a": bytes(5000)}))
    place = content.index(b"PK\x01\x02") + 24
    content[place : place + 4] = (10).to_bytes(4, "little")
    (tmp_path / "archive").write_bytes(content)
    with pytest.raises(InputError, match="cannot be unpacked|unpacks to"):
        extract_members(tmp_path / "archive", {"a": tmp_path / "out"}, max_bytes=1000)
    assert not (tmp_path / "out").exists()

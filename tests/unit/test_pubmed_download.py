"""Downloading from PubMed: a local E-utilities that misbehaves, kills in the middle, and what is kept."""

import hashlib
import json
import os
import threading
import time
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import pytest
from support.killed_processes import assert_killed, kill_once, starter
from support.medline import article_set, both, numbered
from support.pubmed_server import Fault, pubmed
from support.waiting import PATIENCE_SECONDS

from medinjection.records.errors import InputError
from medinjection.sources.fetching.fetch import fetch_from_folder, fetch_from_upstream
from medinjection.sources.fetching.manifest import fetched_files, fetched_revision
from medinjection.sources.pubmed.download import batch_name, download_citations
from medinjection.sources.pubmed.eutilities import BATCH_SIZE, EUtilities, Pace
from medinjection.sources.registry import load_registry

WMT = load_registry(Path(__file__).parents[2] / "config/sources.yaml")["wmt_biomedical"]
ARTICLES = [numbered(number) for number in range(450)]
PMIDS = [article.pmid for article in ARTICLES]
BATCHES = [PMIDS[:200], PMIDS[200:400], PMIDS[400:]]
LIMIT = b'{"error":"API rate limit exceeded","count":"4","limit":"3"}'
KEY = "0123456789abcdef0123456789abcdef0123"
EMAIL = "someone@example.org"


def fetch_at(address, source, folder):
    """Fetch in a process of its own, whose environment is that of the process that all are forked from."""
    os.environ.update(NCBI_EMAIL=EMAIL, NCBI_EUTILS_URL=address)
    fetch_from_upstream(source, folder)


@pytest.fixture(scope="module")
def start():
    return starter(fetch_at)


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("NCBI_EMAIL", EMAIL)
    monkeypatch.delenv("NCBI_API_KEY", raising=False)
    monkeypatch.delenv("NCBI_EUTILS_URL", raising=False)


def client(asked, **values):
    return EUtilities(EMAIL, base=asked.address, retry_seconds=0.001, **values)


def source_of(folder):
    """The registry's source with lists that lie in `folder` already, so that PubMed alone is asked."""
    content = "".join(f"{pmid}\n" for pmid in PMIDS).encode()
    folder.mkdir(parents=True)
    files = []
    for file in WMT.files:
        if file.layout != "passages":
            continue
        if file.url:
            (folder / file.name).write_bytes(content)
            file = replace(file, sha256=hashlib.sha256(content).hexdigest())
        files.append(file)
    return replace(WMT, files=tuple(files))


def batch_file(number):
    """Where the batch `number` (from 1) lies, whose answer is known."""
    of = slice((number - 1) * BATCH_SIZE, number * BATCH_SIZE)
    return f"pubmed/{batch_name(number, PMIDS[of], article_set(ARTICLES[of]))}"


def test_a_request_is_what_ncbi_asks_for():
    with pubmed(ARTICLES) as asked:
        assert client(asked).citations(PMIDS[:3]) == article_set(ARTICLES[:3])
        client(asked, api_key=KEY).citations(PMIDS[:1])
    form = {"db": "pubmed", "retmode": "xml", "tool": "medinjection-fr", "email": EMAIL}
    assert asked.forms == [
        {**form, "retmax": "3", "id": ",".join(PMIDS[:3])},
        {**form, "retmax": "1", "id": PMIDS[0], "api_key": KEY},
    ]


@pytest.mark.parametrize("per_second", [3, 10])
def test_requests_are_spaced(per_second):
    clock = [100.0]
    starts = []

    def sleep(seconds):
        assert seconds > 0
        clock[0] += seconds

    pace = Pace(per_second, lambda: clock[0], sleep)
    for work in (0.0, 0.01, 0.0, 5.0, 0.0, 0.0, 0.05) * 5:
        pace.wait()
        starts.append(clock[0])
        clock[0] += work
    for number in range(len(starts)):
        assert sum(starts[number] <= moment < starts[number] + 0.999 for moment in starts) <= per_second


PASSING = {
    "too many": Fault(429, LIMIT, {"Retry-After": "0"}),
    "until a date": Fault(503, b"", {"Retry-After": formatdate(time.time() - 5, usegmt=True)}),
    "odd pause": Fault(429, b"", {"Retry-After": "soon"}),
    "limit with success": Fault(200, LIMIT),
    "broken server": Fault(502, b"<html>Bad gateway</html>"),
    "error in XML": Fault(200, b"<eFetchResult><ERROR>Unable to obtain query #1</ERROR></eFetchResult>"),
    "cut short": Fault(200, article_set(ARTICLES[:3])[:-40]),
    "connection lost": Fault(200, article_set(ARTICLES[:3]), cut=60),
    "a page": Fault(200, b"<html><body>Maintenance</body></html>"),
    "nothing": Fault(200, article_set([])),
    "a third": Fault(200, article_set(ARTICLES[:1])),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_is_asked_again(name, caplog):
    with pubmed(ARTICLES, [PASSING[name]] * 2) as asked:
        assert client(asked, api_key=KEY).citations(PMIDS[:3]) == article_set(ARTICLES[:3])
    assert len(asked.forms) == 3
    assert caplog.text.count("trying again") == 2
    assert KEY not in caplog.text and EMAIL not in caplog.text


def test_a_storm_of_refusals_ends_in_a_sentence_and_what_came_before_stays(tmp_path, caplog):
    storm = [PASSING["too many"]] * 8
    with pubmed(ARTICLES) as asked:
        download_citations(PMIDS[:200], tmp_path, lambda: client(asked))
    with pubmed(ARTICLES, storm) as asked, pytest.raises(InputError, match="PubMed gives no citations: .*answered 429"):
        download_citations(PMIDS, tmp_path, lambda: client(asked, api_key=KEY))
    assert len(asked.forms) == 8
    assert KEY not in caplog.text
    with pubmed(ARTICLES) as asked:
        files = download_citations(PMIDS, tmp_path, lambda: client(asked))
    assert asked.answered == BATCHES[1:]
    assert [path.name for path in files] == [Path(batch_file(n)).name for n in (1, 2, 3)]


def test_a_refusal_is_told_at_once_without_the_key(caplog):
    body = f'{{"error":"API key invalid","api-key":"{KEY}","email":"{EMAIL}"}}'.encode()
    with pubmed(ARTICLES, [Fault(400, body)] * 2) as asked:
        with pytest.raises(InputError, match=r"answered 400 .*API key invalid.*is NCBI_API_KEY the key") as caught:
            client(asked, api_key=KEY).citations(PMIDS[:3])
        assert len(asked.forms) == 1
        assert KEY not in str(caught.value) + caplog.text and EMAIL not in str(caught.value)


def test_redirections_are_not_followed():
    with pubmed(ARTICLES) as elsewhere:
        away = Fault(307, headers={"Location": f"{elsewhere.address}efetch.fcgi"})
        with pubmed(ARTICLES, [away]) as asked, pytest.raises(InputError, match="answered 307"):
            client(asked, api_key=KEY).citations(PMIDS[:3])
        assert elsewhere.forms == []


@pytest.mark.parametrize("email", ["", "  ", "nobody", "a b@example.org"])
def test_an_address_to_write_to_is_needed(monkeypatch, tmp_path, email):
    monkeypatch.setenv("NCBI_EMAIL", email)
    source = source_of(tmp_path / "raw")
    with pytest.raises(InputError, match=r"wmt_biomedical: NCBI_EMAIL is n.*: NCBI asks .*sources.wmt_biomedical.path"):
        fetch_from_upstream(source, tmp_path / "raw")


def test_the_citations_are_in_the_manifest_and_are_not_upstreams_commit(monkeypatch, tmp_path):
    raw = tmp_path / "raw"
    source = source_of(raw)
    with pubmed(ARTICLES) as asked:
        monkeypatch.setenv("NCBI_EUTILS_URL", asked.address)
        fetch_from_upstream(source, raw)
        assert asked.answered == BATCHES
        first = (raw / "manifest.json").read_bytes()
        # From now on neither a server nor an address to write to is needed.
        monkeypatch.delenv("NCBI_EMAIL")
        fetch_from_upstream(source, raw)
        assert len(asked.forms) == 3
    assert (raw / "manifest.json").read_bytes() == first
    entries = {entry["name"]: entry for entry in json.loads(first)["files"]}
    assert list(entries) == ["train22_eng_fre.txt", "blacklist_test_sets.txt", *map(batch_file, (1, 2, 3))]
    for name, entry in entries.items():
        assert entry["sha256"] == hashlib.sha256((raw / name).read_bytes()).hexdigest()
        assert entry["matches_registry"] is (None if name.startswith("pubmed/") else True)
    revision = fetched_revision(raw, source)
    assert revision.startswith("files:")
    subsets = ["pmids", "pmids of test sets", *["citations"] * 3]
    assert [file.subset for file in fetched_files(raw, source)] == subsets
    # What was fetched can be carried to a place without network.
    fetch_from_folder(source, raw, tmp_path / "copy")
    assert (tmp_path / "copy/manifest.json").read_bytes() == first


@pytest.mark.parametrize("number", [1, 2, 3])
def test_after_a_kill_no_batch_is_asked_for_twice(monkeypatch, tmp_path, start, number):
    raw = tmp_path / "raw"
    source = source_of(raw)
    with pubmed(ARTICLES) as asked:
        monkeypatch.setenv("NCBI_EUTILS_URL", asked.address)
        assert_killed(start(asked.address, source, raw, killed_at=raw / batch_file(number)))
        assert asked.answered == BATCHES[:number]
        assert not (raw / "manifest.json").exists()
        fetch_from_upstream(source, raw)
    assert asked.answered == BATCHES
    assert sorted(path.name for path in (raw / "pubmed").glob("*.xml")) == [Path(batch_file(n)).name for n in (1, 2, 3)]


def test_a_kill_during_a_request_loses_that_request_alone(monkeypatch, tmp_path, start):
    raw = tmp_path / "raw"
    source = source_of(raw)
    killed = threading.Event()

    def hold(asked):
        if len(asked.forms) == 2:
            assert killed.wait(PATIENCE_SECONDS)

    with pubmed(ARTICLES, before=hold) as asked:
        kill_once(start(asked.address, source, raw), lambda: len(asked.forms) == 2, "the second request")
        killed.set()
    with pubmed(ARTICLES) as asked:
        monkeypatch.setenv("NCBI_EUTILS_URL", asked.address)
        fetch_from_upstream(source, raw)
    assert asked.answered == BATCHES[1:]


def test_damaged_and_foreign_files_are_set_aside(tmp_path, caplog):
    with pubmed(ARTICLES) as asked:
        files = download_citations(PMIDS, tmp_path, lambda: client(asked))
        good = files[1].read_bytes()
        files[1].write_bytes(good[:-1] + b"?")
        (tmp_path / "0009.aaaaaaaa.bbbbbbbbbbbbbbbb.xml").write_bytes(good)
        assert download_citations(PMIDS, tmp_path, lambda: client(asked)) == files
        assert asked.answered == [*BATCHES, BATCHES[1]]
    assert files[1].read_bytes() == good
    aside = sorted(path.name for path in tmp_path.glob("*.set-aside"))
    assert aside == [f"{files[1].name}.set-aside", "0009.aaaaaaaa.bbbbbbbbbbbbbbbb.xml.set-aside"]
    assert "is damaged" in caplog.text and "is no batch of this list" in caplog.text


def test_a_changed_list_asks_for_changed_batches_alone(tmp_path):
    with pubmed([*ARTICLES, both("1", "One.", "Un.")]) as asked:
        download_citations([*PMIDS, PMIDS[0]], tmp_path, lambda: client(asked))
        files = download_citations([*PMIDS, "1"], tmp_path, lambda: client(asked))
    assert asked.answered == [*BATCHES, [*BATCHES[2], "1"]]
    assert sorted(tmp_path.glob("*.xml")) == files


def test_pmids_that_pubmed_does_not_know_are_no_fault(tmp_path, caplog):
    caplog.set_level("INFO")
    with pubmed(ARTICLES[:150] + ARTICLES[160:200]) as asked:
        [path] = download_citations(PMIDS[:200], tmp_path, lambda: client(asked))
    assert path.read_bytes() == article_set(ARTICLES[:150] + ARTICLES[160:200])
    assert "PubMed has no citation for 10 of 200 PMIDs" in caplog.text

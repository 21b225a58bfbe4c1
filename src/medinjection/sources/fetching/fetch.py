"""Bring a source's upstream files into a folder: copied from a local folder, or downloaded as the registry says."""

import hashlib
import logging
import os
import shutil
from pathlib import Path
from typing import Any

from medinjection.progress import progress_bar
from medinjection.records.errors import InputError
from medinjection.records.files import sha256_of
from medinjection.sources.fetching.archives import extract_members
from medinjection.sources.fetching.manifest import MANIFEST, write_manifest
from medinjection.sources.items import files_to_read
from medinjection.sources.pubmed.download import download_citations
from medinjection.sources.pubmed.eutilities import EUtilities
from medinjection.sources.pubmed.pmids import read_pmids
from medinjection.sources.registry import Archive, Source, SourceFile

_logger = logging.getLogger(__name__)

# Bytes: what is lost when a connection breaks is less than one chunk.
_CHUNK = 1 << 16
_TIMEOUT_SECONDS = (15, 120)
_ATTEMPTS = 5
_NAMES_SHOWN = 12

# The hub, or the mirror of it, is alone given the user's token, for data sets whose terms must be accepted first.
_HUB = "https://huggingface.co/"
_MIRROR_VARIABLE = "HF_ENDPOINT"
_TOKEN_VARIABLE = "HF_TOKEN"


class _Interrupted(Exception):
    """A download ended early for a reason that may pass: it is continued from its `.part` file."""


def fetch_from_folder(source: Source, origin: Path, folder: Path) -> None:
    """Copy whichever of the source's files are in `origin` into `folder`, and write the manifest last.

    Raises:
        InputError: none of the files is there (the message lists the names expected and what was found), or there
            are files of two layouts of the same data.
    """
    present = files_to_read(origin, source)
    if origin.resolve() == folder.resolve():
        raise InputError(f"{folder}: the files are there already, expected another folder to copy them to")
    _start(folder)
    copied = []
    for file, path in present:
        target = folder / path.relative_to(origin)
        partial = _partial(target)
        shutil.copyfile(path, partial)
        os.replace(partial, target)
        copied.append((file, target))
    write_manifest(folder, source, copied)
    _logger.info("%s: copied %s", source.name, _listed([str(path.relative_to(folder)) for _, path in copied]))


def fetch_from_upstream(source: Source, folder: Path, retry_seconds: float = 2.0, split: str | None = None) -> None:
    """Download `files_to_download` of the source into `folder`, check them, and write the manifest last.

    What lies on the Hugging Face hub comes from the mirror that HF_ENDPOINT names, where it is set; HF_TOKEN is sent to
    the hub or that mirror alone. A file that is there with the right checksum is not downloaded again; a download that
    was cut off is continued. An archive is downloaded once for all the files in it, and removed when they are unpacked.
    Then the citations that a list of PMIDs names are downloaded from PubMed (`pubmed.eutilities`), in batches: those
    that are there are not asked for again.

    Args:
        retry_seconds: pause before the second attempt at a file; it doubles from one attempt to the next.
        split: where it is enough, files of another split are not downloaded.

    Raises:
        InputError: the registry has no address, upstream cannot be reached or refuses, or a checksum is not the pinned
            one, or NCBI_EMAIL is not set; the message says how to give the files by hand.
    """
    files = [file for file in files_to_download(source) if split is None or file.split in (None, split)]
    if not files:
        raise InputError(f"{source.name}: the registry has no address of its files. {by_hand(source)}")
    _start(folder)
    archives: dict[str, list[tuple[SourceFile, Archive]]] = {}
    for file in files:
        if file.sha256 and (folder / file.name).is_file() and sha256_of(folder / file.name) == file.sha256:
            _logger.info("%s: %s is there already", source.name, file.name)
        elif file.url and file.archive:
            archives.setdefault(file.url, []).append((file, file.archive))
        elif file.url:
            _download(source, file.url, file.sha256, folder / file.name, retry_seconds)
    for url, packed in archives.items():
        _unpack(source, url, packed, folder, retry_seconds)
    downloaded = [(file, folder / file.name) for file in files]
    for file in citations_to_download(source):
        downloaded += [(file, path) for path in _from_pubmed(source, file, folder, retry_seconds)]
    write_manifest(folder, source, downloaded)


def files_to_download(source: Source) -> tuple[SourceFile, ...]:
    """Return the files that have an address; where several layouts of the same data have one, those of the first."""
    files = [file for file in source.files if file.url]
    return tuple(file for file in files if file.layout == files[0].layout)


def citations_to_download(source: Source) -> tuple[SourceFile, ...]:
    """Return the patterns of files that come from PubMed, in the layout that is downloaded."""
    layouts = {file.layout for file in files_to_download(source)}
    return tuple(file for file in source.files if file.pubmed and file.layout in layouts)


def by_hand(source: Source) -> str:
    """Return how to give the source's files from a local folder, with the registry's notes on access."""
    return (
        f"Get the files from {source.homepage} in another way and name their folder as "
        f"sources.{source.name}.path in the configuration (--path on the command line); expected one or more of "
        f"{_listed([file.name for file in source.files])}{f'. Notes: {source.notes}' if source.notes else ''}"
    )


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _start(folder: Path) -> None:
    """Make the folder; a manifest of earlier files is void from now on."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)


def _partial(target: Path) -> Path:
    """Return where `target` is put together; its folder exists from now on."""
    target.parent.mkdir(parents=True, exist_ok=True)
    return target.with_name(f"{target.name}.part")


def _from_pubmed(source: Source, file: SourceFile, folder: Path, retry_seconds: float) -> list[Path]:
    """Download the citations that the list `file.pubmed` names, and return their files."""
    assert file.pubmed is not None
    try:
        return download_citations(
            read_pmids(folder / file.pubmed),
            (folder / file.name).parent,
            lambda: EUtilities.from_environment(retry_seconds),
        )
    except InputError as error:
        raise InputError(f"{source.name}: {error}. {by_hand(source)}") from error


def _unpack(
    source: Source, url: str, packed: list[tuple[SourceFile, Archive]], folder: Path, retry_seconds: float
) -> None:
    """Download the archive at `url`, check it, and take the files out of it that are `packed` in it."""
    # Named by its address: neither the address nor the archive chooses where anything is written.
    archive = folder / f"archive-{hashlib.sha256(url.encode()).hexdigest()[:16]}"
    digests = {packing.sha256 for _, packing in packed}
    if len(digests) > 1:
        raise InputError(f"{source.name}: the registry has several sha256 for the archive {url}, expected one")
    _download(source, url, digests.pop(), archive, retry_seconds)
    try:
        for file, _ in packed:
            (folder / file.name).parent.mkdir(parents=True, exist_ok=True)
        extract_members(archive, {packing.member: folder / file.name for file, packing in packed})
    except InputError as error:
        raise InputError(f"{source.name}: {url}: {error}") from error
    finally:
        archive.unlink()
    for file, _ in packed:
        _require_digest(source, file.name, url, file.sha256, folder / file.name)


def _download(source: Source, url: str, sha256: str | None, target: Path, retry_seconds: float) -> None:
    import requests
    from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

    partial = _partial(target)
    address, where = _address(url)
    policy = Retrying(
        retry=retry_if_exception_type((_Interrupted, requests.ConnectionError, requests.Timeout)),
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_exponential(multiplier=retry_seconds, max=60),
        before_sleep=lambda state: _logger.warning(
            "%s: %s; trying again", target.name, _reason(state.outcome.exception() if state.outcome else None)
        ),
        reraise=True,
    )
    try:
        policy(_download_rest, address, partial)
    except (_Interrupted, requests.RequestException) as error:
        raise InputError(
            f"{source.name}: {target.name} cannot be downloaded from {where}: {_reason(error)}. {by_hand(source)}"
        ) from error
    _require_digest(source, target.name, url, sha256, partial)
    os.replace(partial, target)
    _logger.info("%s: downloaded %s", source.name, target.name)


def _require_digest(source: Source, name: str, url: str, expected: str | None, path: Path) -> None:
    """Throw the file at `path` away and raise InputError when it is not the pinned one."""
    digest = sha256_of(path) if expected else None
    if digest != expected:
        path.unlink()
        raise InputError(
            f"{source.name}: {name} downloaded from {url} has the sha256 {digest}, expected {expected}; "
            "it was thrown away"
        )


def _reason(error: BaseException | None) -> str:
    """Say what went wrong; not in the words of the library, which may show addresses that are signed for one user."""
    import requests

    if isinstance(error, requests.Timeout):
        return "the server does not answer in time"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    if isinstance(error, requests.HTTPError):
        status = error.response.status_code if error.response is not None else 0
        refused = status in (requests.codes.unauthorized, requests.codes.forbidden)
        access = (
            f"; access must be granted: accept the terms on the page of the data set and set {_TOKEN_VARIABLE} to a "
            "token of that account"
        )
        return f"the server answered {status}{access if refused else ''}"
    if isinstance(error, requests.RequestException) and isinstance(error, ValueError):
        return "this is no web address"
    return str(error)[:300]


def _hub() -> str:
    """Return where the hub's addresses begin: at the mirror that the user's HF_ENDPOINT names, if any."""
    mirror = os.environ.get(_MIRROR_VARIABLE, "").strip()
    return f"{mirror.rstrip('/')}/" if mirror else _HUB


def _address(url: str) -> tuple[str, str]:
    """Return the address to download from, and what messages call it: a mirror's may hold a password."""
    if not url.startswith(_HUB) or _hub() == _HUB:
        return url, url
    return _hub() + url.removeprefix(_HUB), f"{url} by {_MIRROR_VARIABLE}"


def _headers(address: str, done: int) -> dict[str, str]:
    # identity: a compressed answer would not be continued at the byte that we have.
    headers = {"Accept-Encoding": "identity"}
    if done:
        headers["Range"] = f"bytes={done}-"
    token = os.environ.get(_TOKEN_VARIABLE, "").strip()
    if token and address.startswith(_hub()):
        # requests drops this header when it follows a redirect to another host.
        headers["Authorization"] = f"Bearer {token}"
    return headers


def _download_rest(address: str, partial: Path) -> None:
    """Append what is missing to `partial`; start anew where the server does not continue."""
    import requests

    done = partial.stat().st_size if partial.is_file() else 0
    with requests.get(address, headers=_headers(address, done), stream=True, timeout=_TIMEOUT_SECONDS) as response:
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            partial.unlink()
            raise _Interrupted("the part that was there is not a beginning of the file")
        if response.status_code == requests.codes.too_many_requests or response.status_code >= 500:
            raise _Interrupted(f"the server answered {response.status_code}")
        response.raise_for_status()
        if response.status_code != requests.codes.partial_content:
            done = 0
        length = response.headers.get("Content-Length")
        total = done + int(length) if length else None
        try:
            with open(partial, "ab" if done else "wb") as handle, _bar(partial.stem, total, done) as bar:
                for chunk in response.iter_content(_CHUNK):
                    handle.write(chunk)
                    bar.update(len(chunk))
        except requests.exceptions.ChunkedEncodingError as error:
            raise _Interrupted(f"cut off ({error})") from error
    found = partial.stat().st_size
    if total is not None and found != total:
        raise _Interrupted(f"{found} of {total} bytes")


def _bar(name: str, total: int | None, done: int) -> Any:
    bar = progress_bar(total, f"downloading {name}", unit="B")
    bar.update(done)
    return bar

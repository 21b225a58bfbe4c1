"""Download the citations of a list of PMIDs into files, a batch each, and go on where an earlier job was killed.

A batch is one answer of PubMed, byte for byte, in `<number>.<PMIDs>.<content>.xml`: the hashes of the PMIDs that were
asked for and of what came. A file is used again only where both are right, so that nothing is asked for twice and
nothing damaged or foreign is taken for a batch; such files are set aside as `<name>.set-aside`.
"""

import hashlib
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from medinjection.progress import progress_bar
from medinjection.records.files import sha256_of, written_atomically
from medinjection.records.schema import content_hash
from medinjection.sources.pubmed.eutilities import BATCH_SIZE, EUtilities

_PMIDS_DIGITS, _CONTENT_DIGITS = 8, 16
_logger = logging.getLogger(__name__)


def download_citations(pmids: Sequence[str], folder: Path, client: Callable[[], EUtilities]) -> list[Path]:
    """Return the files in `folder` with the citations of `pmids`; those that are not there are downloaded.

    Args:
        pmids: a PMID that comes twice is asked for once.
        client: makes the client; called only where something is missing.

    Raises:
        InputError: as `client` and `EUtilities.citations` do; what came before stays.
    """
    distinct = list(dict.fromkeys(pmids))
    batches = [distinct[start : start + BATCH_SIZE] for start in range(0, len(distinct), BATCH_SIZE)]
    folder.mkdir(parents=True, exist_ok=True)
    asking: EUtilities | None = None
    files: list[Path] = []
    asked = 0
    with progress_bar(len(distinct), "downloading from PubMed", unit="citations") as bar:
        for number, batch in enumerate(batches, start=1):
            kept = _kept(folder, number, batch)
            if kept is None:
                asking = asking or client()
                content = asking.citations(batch)
                kept = folder / batch_name(number, batch, content)
                with written_atomically(kept) as partial:
                    partial.write_bytes(content)
                asked += 1
            files.append(kept)
            bar.update(len(batch))
    for path in sorted(set(folder.glob("*.xml")) - set(files)):
        _set_aside(path, "is no batch of this list")
    _logger.info("PubMed: %d PMIDs in %d batches, %d of them downloaded now", len(distinct), len(batches), asked)
    return files


def batch_name(number: int, pmids: Sequence[str], content: bytes) -> str:
    """Return the name of the file of a batch."""
    return f"{_stem(number, pmids)}.{hashlib.sha256(content).hexdigest()[:_CONTENT_DIGITS]}.xml"


def _stem(number: int, pmids: Sequence[str]) -> str:
    return f"{number:04d}.{content_hash(list(pmids))[:_PMIDS_DIGITS]}"


def _kept(folder: Path, number: int, pmids: Sequence[str]) -> Path | None:
    """Return the file of a batch where it is there and undamaged."""
    for path in sorted(folder.glob(f"{_stem(number, pmids)}.*.xml")):
        if path.name.split(".")[-2] == sha256_of(path)[:_CONTENT_DIGITS]:
            return path
        _set_aside(path, "is damaged")
    return None


def _set_aside(path: Path, why: str) -> None:
    target = path.with_name(f"{path.name}.set-aside")
    os.replace(path, target)
    _logger.warning("%s %s: it is now %s", path, why, target.name)

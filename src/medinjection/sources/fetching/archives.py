"""Take single files out of a downloaded zip or tar file, trusting nothing that the archive says of itself."""

import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from medinjection.records.errors import InputError

# Bytes. The largest file of any known source has 0.5 GB; more than this is no data set but a zip bomb.
MAX_MEMBER_BYTES = 4 << 30
_CHUNK = 1 << 20


def extract_members(archive: Path, targets: Mapping[str, Path], max_bytes: int = MAX_MEMBER_BYTES) -> None:
    """Write the members of `archive` that `targets` names, each to its own path and nowhere else.

    Args:
        archive: a zip or a tar file, the latter plain or compressed by gzip, bzip2 or xz.
        targets: path to write by path inside the archive; the folders of these paths exist.
        max_bytes: maximum size of a member once unpacked.

    Raises:
        InputError: no zip or tar file, or a damaged one; a member is missing, is no plain file (a link, a folder), is
            encrypted, or is larger than `max_bytes`. Nothing is left at the path of the member at fault.
    """
    # In this order: a tar file that ends with a zip file would pass for one.
    extract = _from_tar if tarfile.is_tarfile(archive) else _from_zip if zipfile.is_zipfile(archive) else None
    if extract is None:
        raise InputError(f"{archive.name}: found neither a zip nor a tar file, expected one of them")
    try:
        extract(archive, targets, max_bytes)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise InputError(f"{archive.name}: the archive cannot be unpacked ({error}); is it cut short?") from error


def _from_zip(archive: Path, targets: Mapping[str, Path], max_bytes: int) -> None:
    with zipfile.ZipFile(archive) as opened:
        members = {_plain(info.filename): info for info in opened.infolist()}
        _require_members(archive, targets, list(members))
        for name, target in targets.items():
            info = members[_plain(name)]
            # The upper half is the Unix mode; archives made elsewhere have none.
            kind = stat.S_IFMT(info.external_attr >> 16)
            _require_file(archive, name, not info.is_dir() and kind in (0, stat.S_IFREG))
            if info.flag_bits & 1:
                raise InputError(f"{archive.name}: {name} is encrypted, expected a plain file")
            with opened.open(info) as content:
                _write(archive, name, info.file_size, content, target, max_bytes)


def _from_tar(archive: Path, targets: Mapping[str, Path], max_bytes: int) -> None:
    with tarfile.open(archive) as opened:
        members = {_plain(info.name): info for info in opened}
        _require_members(archive, targets, list(members))
        for name, target in targets.items():
            info = members[_plain(name)]
            _require_file(archive, name, info.isreg())
            content = opened.extractfile(info)
            assert content is not None, "a plain file has content"
            _write(archive, name, info.size, content, target, max_bytes)


def _plain(name: str) -> str:
    return name.removeprefix("./")


def _require_members(archive: Path, targets: Mapping[str, Path], found: list[str]) -> None:
    missing = [name for name in targets if _plain(name) not in found]
    if missing:
        shown = ", ".join(sorted(found)[:20]) + (f" and {len(found) - 20} more" if len(found) > 20 else "")
        raise InputError(f"{archive.name}: no member {', '.join(missing[:5])}; found {shown or 'an empty archive'}")


def _require_file(archive: Path, name: str, is_file: bool) -> None:
    if not is_file:
        raise InputError(f"{archive.name}: {name} is a link, a folder or a device, expected a plain file")


def _write(archive: Path, name: str, size: int, content: IO[bytes], target: Path, max_bytes: int) -> None:
    """Copy `content` to `target`; the size that the archive announces may be wrong, so that it is counted, too."""
    with _placed(target) as write:
        copied = 0
        if size <= max_bytes:
            while copied <= max_bytes and (chunk := content.read(_CHUNK)):
                copied += len(chunk)
                write(chunk)
        if max(size, copied) > max_bytes:
            raise InputError(
                f"{archive.name}: {name} unpacks to {max(size, copied):,} bytes or more, expected at most {max_bytes:,}"
            )


@contextmanager
def _placed(target: Path) -> Iterator[Callable[[bytes], object]]:
    """Give a function that writes to a temporary sibling of `target`, which takes its name at the end."""
    partial = target.with_name(f"{target.name}.part")
    try:
        with open(partial, "wb") as handle:
            yield handle.write
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)

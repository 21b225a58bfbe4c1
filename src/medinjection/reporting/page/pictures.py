"""Figures as the page shows them: the picture in the page itself, its files beside it."""

import base64
from pathlib import Path
from typing import Any

from medinjection.records.errors import InputError
from medinjection.reporting.remark import Remark

_MEDIA_TYPES = {"svg": "image/svg+xml", "png": "image/png"}


def picture_facts(
    folder: Path, name: str, label: str, title: str, remark: Remark, suffix: str = "svg"
) -> dict[str, Any]:
    """Return the label, title and caption of a figure, its picture as an address that holds it, and its files' names.

    The caption goes without the run's remark, which the page has once for all.

    Args:
        name: of its files, without suffix.
        suffix: of the picture that the page holds.

    Raises:
        InputError: caption or picture is missing.
    """
    content = base64.b64encode(_bytes(folder / f"{name}.{suffix}")).decode("ascii")
    said = _bytes(folder / f"{name}_caption.txt").decode("utf-8").strip()
    return {
        "label": label,
        "title": title,
        "caption": said.removesuffix(str(remark)).strip(),
        "address": f"data:{_MEDIA_TYPES[suffix]};base64,{content}",
        "files": f"{folder.name}/{name}",
        "suffixes": [kind for kind in ("csv", "svg", "png") if (folder / f"{name}.{kind}").is_file()],
    }


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error

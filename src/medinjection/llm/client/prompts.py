"""Prompts: one file each, sent as it is, named in every record by the SHA-256 of its text.

How an editor ends lines and whether it puts a byte order mark in front changes neither the request nor that name.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from medinjection.records.errors import InputError
from medinjection.records.text import is_blank


@dataclass(frozen=True, slots=True)
class Prompt:
    """A system prompt and the SHA-256 (64 hex digits) of its file, with line feeds and without byte order mark."""

    text: str
    sha256: str

    def messages(self, user: str) -> tuple[dict[str, str], ...]:
        """Return the chat that puts `user` to a model under this prompt."""
        return ({"role": "system", "content": self.text}, {"role": "user", "content": user})


def read_prompt(path: Path | str) -> Prompt:
    """Read a prompt file; a byte order mark and the line feed at its end are not sent, CR LF and CR are line feeds.

    Raises:
        InputError: the file is missing, is not UTF-8 text, or shows nothing.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such prompt file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: the prompt is not UTF-8 text ({error})") from error
    except OSError as error:
        raise InputError(f"{path}: the prompt cannot be read ({error.strerror})") from error
    if is_blank(text):
        raise InputError(f"{path}: the prompt is empty")
    return Prompt(text.removesuffix("\n"), hashlib.sha256(text.encode()).hexdigest())

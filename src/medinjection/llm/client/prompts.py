"""Prompts: one file each, sent as it is, named in every record by the SHA-256 of its bytes."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from medinjection.records.errors import InputError


@dataclass(frozen=True, slots=True)
class Prompt:
    """A system prompt and the SHA-256 (64 hex digits) of the file it was read from."""

    text: str
    sha256: str

    def messages(self, user: str) -> tuple[dict[str, str], ...]:
        """Return the chat that puts `user` to a model under this prompt."""
        return ({"role": "system", "content": self.text}, {"role": "user", "content": user})


def read_prompt(path: Path | str) -> Prompt:
    """Read a prompt file; only the line feed at its end is not sent.

    Raises:
        InputError: the file is missing, is not UTF-8 text, or is empty.
    """
    try:
        content = Path(path).read_bytes()
        text = content.decode("utf-8").removesuffix("\n")
    except FileNotFoundError:
        raise InputError(f"{path}: no such prompt file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: the prompt is not UTF-8 text ({error})") from error
    if not text.strip():
        raise InputError(f"{path}: the prompt is empty")
    return Prompt(text, hashlib.sha256(content).hexdigest())

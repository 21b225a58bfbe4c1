"""Values as command-line flags."""

import shlex
from typing import Any


def optional(flag: str, value: Any) -> str:
    """Return a command-line flag with its value, or nothing where there is no value."""
    return "" if value is None else f"{flag} {shlex.quote(str(value))}"


def flag(key: str, value: Any) -> str:
    """Return a key of the configuration as a command-line flag; a value that is null or an empty list needs none."""
    if value is None or value == []:
        return ""
    if isinstance(value, bool):
        value = str(value).lower()
    words = value if isinstance(value, list) else [value]
    return f"--{key.replace('_', '-')} {shlex.join(map(str, words))}"

"""What a provider says, in a form that can be stored or shown to a person."""

import os

_SECRET_VARIABLES = ("KEY", "TOKEN", "SECRET", "PASSWORD")
_LONGEST = 300


def writable(text: str) -> str:
    """Return `text` without halves of surrogate pairs, which JSON can carry and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")


def first_line(message: object) -> str:
    """Return the first line of a message or error, short, without the value of any secret of the environment."""
    return readable(str(message).strip().split("\n", 1)[0])


def readable(text: str) -> str:
    """Return a text for a person, short, without the value of any secret of the environment."""
    for name, value in os.environ.items():
        if name.upper().endswith(_SECRET_VARIABLES) and len(value) >= 8:
            text = text.replace(value, f"<{name}>")
    return text[:_LONGEST]

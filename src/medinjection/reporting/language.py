"""The languages of a page: English, in which its templates are written, and a catalogue for each other one.

A catalogue is a YAML file beside the template, one English sentence a key. It needs no step that compiles it, as the
catalogues of gettext do.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_BETWEEN_SENTENCES = re.compile(r"(?<=[.”]) (?=[A-Z“+±–])")


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """A language: its code, its own name, and English sentence -> sentence. What it lacks stays English."""

    code: str
    name: str
    catalogue: Mapping[str, str] = field(default_factory=dict)

    def say(self, text: str) -> str:
        """Return a text in this language."""
        return self.catalogue.get(text, text)

    def sentences(self, text: str) -> list[str]:
        """Return the sentences of a text, each to be translated alone; the whole text where it has a translation."""
        return [text] if self.knows(text) else _BETWEEN_SENTENCES.split(text)

    def say_reason(self, text: str) -> str:
        """Return a word and its reasons in this language: `not run: scripted teacher, scripted judge`."""
        if text in self.catalogue:
            return self.catalogue[text]
        word, colon, reasons = text.removesuffix(".").partition(": ")
        end = "." if text.endswith(".") else ""
        return self.say(word) + self.say(colon) + ", ".join(map(self.say, reasons.split(", "))) + end

    def say_count(self, one: str, several: str, count: int) -> str:
        """Return the text for a count in this language."""
        return self.say(one if count == 1 else several)

    def knows(self, text: str) -> bool:
        """Say whether `say` gives this text in this language."""
        return self.code == ENGLISH.code or text in self.catalogue


ENGLISH = Words("en", "English")


def read_words(code: str, name: str, path: Path) -> Words:
    """Return the language of a catalogue."""
    said: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Words(code, name, {str(english): str(text) for english, text in said.items()})

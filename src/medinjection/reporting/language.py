"""The languages of a page: English, in which everything is written, and a catalogue for each other one.

A catalogue is English sentence -> sentence. A sentence that values of a run stand in has a place for each, as in the
templates' `{% trans %}`: `%(model)s is best.`; a per cent sign of such a sentence is written twice. The sentence is
found again in a finished text with its values, so that what was put together elsewhere, or is read from a file of the
run, is translated like anything else. No step compiles a catalogue, as gettext needs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from medinjection.reporting.marks import Marks, is_quantity, quantity_behind

_BETWEEN_SENTENCES = re.compile(r"(?<=\.)(?<!\bal\.) |(?<=”) (?=[A-Z“])")
_PLACE = re.compile(r"%\((\w+)\)s")
# What joins the parts of a text, from the widest apart: each part may be known by itself.
_JOINTS = ("; ", ": ", ", ")
# More parts than this make no sentence of a catalogue.
_TOGETHER = 8
# What a place takes: in the plural a list of values; `key` a word; any other place nothing that joins parts.
_LIST, _WORD, _ONE = ".+", r"\S+", r"(?:(?!; |, ).)+?"
# `27 duplicate id` is known where `duplicate id` is.
_COUNTED = re.compile(r"(\d[\d,]*) (.+)")
COUNTED = "%(count)s %(reason)s"


@dataclass(frozen=True, eq=False)
class Words:
    """A language: its code, its own name, English sentence -> sentence, and how it writes numbers.

    What it lacks stays English.
    """

    code: str
    name: str
    catalogue: Mapping[str, str] = field(default_factory=dict)
    marks: Marks = field(default_factory=Marks)

    def say(self, text: str) -> str:
        """Return a text in this language: as a whole, or else each of its parts that is known."""
        if self.code == ENGLISH.code:
            return text
        if text not in self._said:
            found = self._known(text)
            self._said[text] = self._in_parts(text) if found is None else found
        return self._said[text]

    def cell(self, text: str) -> str:
        """Return what a cell holds in this language: quantities with its marks, anything else as `say` does."""
        if self.code == ENGLISH.code or not is_quantity(text):
            return self.say(text)
        return self.marks.quantity(text, self.say)

    def message(self, text: str) -> str:
        """Return a sentence of a template, with its places, in this language."""
        return self.catalogue.get(text, text)

    def messages(self, one: str, several: str, count: int) -> str:
        """Return that of two sentences of a template which fits a count, in this language."""
        return self.message(one if count == 1 else several)

    def sentences(self, text: str) -> list[str]:
        """Return the sentences of a text, each to be translated alone; the whole text where it has a translation."""
        whole = self.code == ENGLISH.code or self._known(text) is not None
        return [text] if whole else _BETWEEN_SENTENCES.split(text)

    def knows(self, text: str) -> bool:
        """Say whether `say` gives something of this text in this language."""
        return self.code == ENGLISH.code or text in self.catalogue or self.say(text) != text

    def _known(self, text: str) -> str | None:
        """Return the translation of a text as a whole, with a count before it or not; None where it has none."""
        if (said := self._sentence(text)) is not None:
            return said
        if (counted := _COUNTED.fullmatch(text)) and (reason := self._sentence(counted[2])) is not None:
            return self.message(COUNTED) % {"count": self.marks.number(counted[1]), "reason": reason}
        return None

    def _sentence(self, text: str) -> str | None:
        """Return the translation of a text that the catalogue has, with values in its places or as it is."""
        if text in self.catalogue:
            return self.catalogue[text]
        for literal, pattern, said in self._patterns:
            if literal in text and (found := pattern.fullmatch(text)):
                return said % {name: self.cell(value) for name, value in found.groupdict().items()}
        return None

    def _in_parts(self, text: str) -> str:
        """Return a text with each of its parts in this language."""
        for joint in _JOINTS:
            if joint in text:
                parts = self._parts(text.removesuffix("."), joint)
                return self.message(joint).join(map(self.say, parts)) + "." * text.endswith(".")
        if found := quantity_behind(text):
            return f"{self.say(found[0])} {self.cell(found[1])}"
        return text

    def _parts(self, text: str, joint: str) -> list[str]:
        """Return the parts of a text, those together that are known together."""
        parts, found = text.split(joint), []
        while parts:
            ends = range(min(len(parts), _TOGETHER), 1, -1)
            length = next((end for end in ends if self._known(joint.join(parts[:end])) is not None), 1)
            found.append(joint.join(parts[:length]))
            parts = parts[length:]
        return found

    @cached_property
    def _said(self) -> dict[str, str]:
        return {}

    @cached_property
    def _patterns(self) -> list[tuple[str, re.Pattern[str], str]]:
        """Return, for each sentence with places, its longest words, its pattern and its translation."""
        return [
            (max(_PLACE.sub("\n", english).replace("%%", "%").split("\n"), key=len), _pattern(english), said)
            for english, said in self.catalogue.items()
            if _PLACE.search(english) and english != COUNTED
        ]


ENGLISH = Words("en", "English")


def page_file(name: str, words: Words) -> str:
    """Return the name of a page's file in a language: of `report.html` in French `report.fr.html`."""
    return name if words.code == ENGLISH.code else f"{name.removesuffix('.html')}.{words.code}.html"


def _pattern(sentence: str) -> re.Pattern[str]:
    """Return what finds a sentence with its values; a place that occurs twice has the same value both times."""
    parts, seen = [], set()
    for place, part in enumerate(_PLACE.split(sentence)):
        if place % 2 == 0:
            parts.append(re.escape(part.replace("%%", "%")))
        elif part in seen:
            parts.append(f"(?P={part})")
        else:
            seen.add(part)
            taken = _WORD if part == "key" else _LIST if part.endswith("s") else _ONE
            parts.append(f"(?P<{part}>{taken})")
    return re.compile("".join(parts))

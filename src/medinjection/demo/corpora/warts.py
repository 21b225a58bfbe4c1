"""What real corpora have wrong with them, planted in a small share of the rendered records.

No wart makes a fact wrong: it spoils the form of a record, or adds an option whose truth follows from the others.

    missing_option      one wrong option is the empty string: the record must be rejected
    duplicate_id        the record carries the id of the record before it: one of both must be rejected
    html_entity         a character is written as an HTML entity ("&eacute;", "&#39;", "&nbsp;")
    decomposed          accents are separate characters (Unicode NFD), as some editors save them
    no_break_space      a space is U+00A0, as French typography asks before "?" and ":"
    contradicting_type  FrenchMedMCQA says "simple" of a question with two right answers
    all_above_wrong     the last option is "Toutes les réponses ci-dessus" / "All of the above", and wrong
    all_above_right     the same option, right: all others are right, and it is the one to choose
    soft_hyphen         a word of an abstract holds U+00AD, which is invisible

`all_above_right` needs a fact with as many objects as there are other options; where no fact has, it is not planted.
"""

import html
import unicodedata
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from html.entities import codepoint2name

from medinjection.demo.knowledge.draws import Choice
from medinjection.demo.knowledge.facts import Fact
from medinjection.demo.knowledge.phrases import ALL_OF_THE_ABOVE
from medinjection.demo.knowledge.wording import option

# One record in so many has a wart.
RECORDS_PER_WART = 40
# From this size on, a file has every kind at least once.
SIZE_WITH_ALL_KINDS = 200

NO_BREAK_SPACE = "\u00a0"
SOFT_HYPHEN = "\u00ad"


class Warts:
    """The plan of one file: which kinds are still to be planted when a record is about to be written.

    Warts are spread evenly over the file. A kind that a record cannot take waits for the next record that can.
    """

    def __init__(self, kinds: Sequence[str], size: int) -> None:
        count = size // RECORDS_PER_WART
        if size >= SIZE_WITH_ALL_KINDS:
            count = max(count, len(kinds))
        self._due = deque(((k + 1) * size // (count + 1), kinds[k % len(kinds)]) for k in range(count))
        self._waiting: list[str] = []

    def plant(self, number: int, takes: Callable[[str], bool]) -> str | None:
        """Return the kind to plant in record `number` (they come in order), None for an ordinary record.

        Args:
            takes: says whether this record can take a kind.
        """
        while self._due and self._due[0][0] <= number:
            self._waiting.append(self._due.popleft()[1])
        for kind in self._waiting:
            if takes(kind):
                self._waiting.remove(kind)
                return kind
        return None


def with_html_entity(text: str) -> str:
    """Write one accented letter as a named entity, else an apostrophe or a space as one."""
    for character in reversed(text):
        if ord(character) > 127 and ord(character) in codepoint2name:
            return text.replace(character, f"&{codepoint2name[ord(character)]};", 1)
    if "'" in text:
        return text.replace("'", "&#39;", 1)
    return text.replace(" ", "&nbsp;", 1)


def decomposed(text: str) -> str:
    """Write accented letters as letter and accent."""
    return unicodedata.normalize("NFD", text)


def with_no_break_space(text: str) -> str:
    """Replace the space before a question mark or colon, else the first space, by U+00A0."""
    for mark in ("?", ":"):
        if f" {mark}" in text:
            return text.replace(f" {mark}", f"{NO_BREAK_SPACE}{mark}")
    return text.replace(" ", NO_BREAK_SPACE, 1)


def with_soft_hyphen(text: str) -> str:
    """Put U+00AD in the middle of the longest word."""
    word = max(text.split(), key=len)
    middle = len(word) // 2
    return text.replace(word, word[:middle] + SOFT_HYPHEN + word[middle:], 1)


def can_be_all_above(fact: Fact, option_count: int) -> bool:
    """Say whether a fact has enough objects for all options before "All of the above" to be right."""
    return len(fact.objects) >= option_count - 1


def with_all_above(choice: Choice, right: bool) -> Choice:
    """Replace one option of a question with one right answer by "All of the above" as the last option.

    Args:
        right: put the fact's objects before it, so that it is the answer; else drop a wrong option, so that it is not.
    """
    if right:
        objects = choice.fact.objects[: len(choice.options) - 1]
        options = (*(option(term) for term in objects), ALL_OF_THE_ABOVE)
        return replace(choice, options=options, right=(len(objects),))
    dropped = max(i for i in range(len(choice.options)) if i not in choice.right)
    kept = [i for i in range(len(choice.options)) if i != dropped]
    options = (*(choice.options[i] for i in kept), ALL_OF_THE_ABOVE)
    return replace(choice, options=options, right=tuple(kept.index(i) for i in choice.right))


def readable(text: str) -> str:
    """Undo what warts and upstream files do to a text: entities, separate accents, soft hyphens, odd white space."""
    plain = unicodedata.normalize("NFC", html.unescape(text)).replace(SOFT_HYPHEN, "")
    return " ".join(plain.split())

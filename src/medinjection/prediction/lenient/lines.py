"""Lines that are letters alone, and options repeated as they were shown, one a line."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from medinjection.prediction.lenient.grammar import ANY_CASE, OPINION, named

_ALONE = re.compile(rf"(?P<named>{ANY_CASE}) ?[.:;,!]*")
# Behind "B." and "B -" an option begins with a capital letter, a figure or a small word: "E. coli" is no option.
_BEGINNING = (
    r"(?=[A-ZÀ-Þ0-9(]|(?:les?|la|une?|des|du|de|il|elle|ce|cela|cette|car|the|an?|it|this|that|because|as)\b|[ldc]')"
    r"(?!(?i:coli|difficile|albicans|aureus|cereus|botulinum|perfringens|tetani|pylori|burgdorferi|pneumoniae|"
    r"pyogenes)\b)"
)
_LABEL = re.compile(
    r"(?:\((?P<inside>[A-Za-z])\) ?[:.-]?|(?P<before>[A-Za-z]) ?[):]|"
    rf"(?P<loose>[A-Z])(?: ?\.| -)(?= {_BEGINNING})) ?"
    rf"(?P<text>(?![A-Za-z](?![\w'])(?!\. [a-z]))(?!(?i:{OPINION})(?!\w))\S.*)"
)
# A line that begins with a letter and is no such line leaves a list before it unclear; a verdict does not.
_LETTER_FIRST = re.compile(rf"\(?([A-Z])(?![\w'])(?!(?:[).: -]| [(-])*(?i:{OPINION})(?!\w))")
# "A) Foie C) Rein"
_FURTHER_LABEL = re.compile(r"(?<![\w'(])[A-Z]\)|\([A-Z]\)|(?<![\w'])[A-Z](?:\. [A-ZÀ-Þ]| ?:)")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that names letters: alone, or one as the label of an option."""

    letters: frozenset[str]
    labelled: bool


def line_of_letters(text: str) -> Line | None:
    """Return the letters of a line that is letters alone or a repeated option; None of any other line."""
    if alone := _ALONE.fullmatch(text):
        return Line(named(alone["named"]), labelled=False)
    if (label := _LABEL.fullmatch(text)) and not _FURTHER_LABEL.search(label["text"]):
        return Line(frozenset((label["inside"] or label["before"] or label["loose"]).upper()), labelled=True)
    return None


def leading_list(lines: Sequence[str], across_blanks: bool) -> tuple[frozenset[str], int]:
    """Return the letters of the list that `lines` begin with, one option a line, and how many lines it takes.

    All its lines are of one kind, and its labels rise. None (an empty set, 0) where the first line is no such line, or
    the list goes on in a way that is not understood.

    Args:
        across_blanks: whether empty lines may part those of the list.
    """
    letters: frozenset[str] = frozenset()
    taken, kind, last = 0, None, ""
    for number, text in enumerate(lines):
        text = text.strip()
        if not text:
            if taken and not across_blanks:
                break
            continue
        line = line_of_letters(text)
        if line is None and (further := _LETTER_FIRST.match(text)) and further[1] > last:
            return frozenset(), 0
        if line is None or (kind is not None and line.labelled != kind) or min(line.letters) <= last:
            break
        letters, kind, last, taken = letters | line.letters, line.labelled, max(line.letters), number + 1
    return letters, taken


def runs_from_the_first(letters: frozenset[str]) -> bool:
    """Return whether several letters run from A on, as the question's own list of options does."""
    return len(letters) > 1 and letters == frozenset(ascii_uppercase[: len(letters)])

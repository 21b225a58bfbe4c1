"""Options that refer to other options by letter, number or position: they go wrong when the order changes.

"Aucune de ces réponses", "All of the above", "Both A and C", "Les propositions A, B et C". Plain statements that begin
alike ("Toutes les cellules ...") and options that are single letters ("A", "E.coli") are not meant. Where a text could
be either, it counts as referring: such a record keeps its published order, which is never wrong.

A bare list of letters ("A, C") says nothing of other options where each letter is that of another such list: then the
question itself has the list. `benchmarks/option_references.py` measures precision and recall on labelled options.
"""

import re
import unicodedata
from collections.abc import Sequence

from medinjection.records.schema import LETTERS
from medinjection.records.text import visible

# "a) None of the above": upstream left the letter in the text; not "(a) and (b)".
_LABEL = re.compile(r"^\(?[a-z]\)(?!\s*(?:(?:and|et|or|ou)\b|[,;+/&]))\s*", re.IGNORECASE)

_OPTION_WORD = (
    r"(?:réponses?|propositions?|options?|choix|items?|affirmations?|assertions?|answers?|choices?|statements?)"
)
_RIGHT_OR_WRONG = (
    r"(?:justes?|exactes?|vraie?s?|correcte?s?|bonnes?|fausses?|faux|inexactes?|incorrecte?s?|valables?|possibles?"
    r"|correct|true|right|wrong|false|incorrect)"
)
_FEW = r"(?:deux|trois|quatre)"

_FRENCH = (
    # Aucune de ces réponses ..., Aucun de ces signes, Aucun d'eux, Aucune des deux, Aucune des propositions ...
    r"aucune?\s+(?:d'entre\s+(?:eux|elles)|d'(?:eux|elles)|de\s+ces|de\s+celles|de\s+ceux)\b",
    rf"aucune?\s+des\s+(?:(?:\w+\s+)?{_OPTION_WORD}\b|{_FEW}\s*$)",
    rf"aucune?\s+(?:bonne\s+|autre\s+)?{_OPTION_WORD}\s*(?:n'est\s+|ne\s+convient|{_RIGHT_OR_WRONG}|$)",
    # Aucune n'est exacte, Toutes sont exactes, Tout est faux, Tout ce qui précède
    rf"(?:aucune?|tou(?:te?s?|s))\s+(?:n'est|ne\s+sont|est|sont)\s+{_RIGHT_OR_WRONG}\s*$",
    r"tout\s+ce\s+qui\s+précède\s*$",
    # Toutes ces réponses ..., Tous ces signes
    r"(?:toutes|tous)\s+ces\b",
    # Toutes les réponses (ci-dessus | sont justes | précédentes ...), but not "Toutes les réponses immunitaires"
    rf"(?:(?:toutes|tous)\s+les|l'ensemble\s+des|les\s+{_FEW}|chacune\s+des)\s+(?:autres\s+)?{_OPTION_WORD}"
    rf"\s*(?:$|\(|ci-dess|précéd|propos|suivant|cité|sont|conviennent|{_RIGHT_OR_WRONG})",
    # Toutes les bactéries précédemment citées ...
    r"(?:toutes|tous|aucune?|l'ensemble|chacune?)\b.*(?:ci-dessus|ci-dessous|précédemment|précédente?s?\b)",
    # Les deux, Tous les deux, Les deux à la fois, Ni l'un ni l'autre
    rf"(?:(?:tous\s+|toutes\s+)?les\s+{_FEW}(?:\s+à\s+la\s+fois)?|aucune?|toutes|tous)\s*$",
    r"(?:ni\s+)?l'une?\s+(?:et|ou|ni)\s+l'autre\s*$",
)
_ENGLISH = (
    r"(?:all|none|any|both|neither|either|some|all\s+(?:three|four|five))\s*$",
    r"(?:all|none|any|both|neither|either)\s+(?:of\s+)?(?:these|those|them)\s*(?:$|,|(?:are|is)\b|except\b)",
    rf"(?:all|none|both|neither)\s+(?:(?:of\s+)?(?:the\s+)?{_OPTION_WORD}\s+)?(?:is|are)\s+{_RIGHT_OR_WRONG}\s*$",
    rf"(?:all|none|any|both|neither|either)\s+(?:of\s+)?(?:the\s+)?(?:other\s+|given\s+|listed\s+)?{_OPTION_WORD}\s*$",
    r"(?:all|none|any)\s+of\s+the\s+(?:others?|listed|given)\s*$",
    rf"no\s+(?:{_RIGHT_OR_WRONG}\s+)?(?:answer|option|choice)s?(?:\s+(?:is|are)\s+{_RIGHT_OR_WRONG})?\s*$",
)
_WHOLE = re.compile(rf"(?:{'|'.join((*_FRENCH, *_ENGLISH))})", re.IGNORECASE)
_ANYWHERE = re.compile(
    r"\b(?:all|none|any|both|neither|either|one|two|each)\s+(?:of\s+)?(?:the\s+)?(?:above|following)\s*"
    r"(?:$|[,;:()–—-]|(?:options?|answers?|statements?|choices?|are|is|but|except)\b)"
    r"|\b(?:of|the)\s+above\s*$|\b(?:above|following)\s+(?:options?|answers?|choices?|statements?)\b",
    re.IGNORECASE,
)
_LINK = r"(?:\s*(?:,|;|\+|/|&)\s*(?:(?:and|et|or|ou)\s+)?|\s+(?:and|et|or|ou|nor|ni)\s+)"
_ENDING = rf"(?:\s+(?:only|seulement|uniquement|ci-dessus|above|(?:is|are|est|sont)\s+{_RIGHT_OR_WRONG}))?\s*$"
# What a list of letters or numbers is made of, and nothing else: "A,B", "b", "ABC", "both 1 and 2".
_MARKS = re.compile(r"\W*(?:(?:both|and|et|or|ou|only|seulement|[A-J]{1,5}|\d)(?:\W+|$))+", re.IGNORECASE)


def refers_to_other_options(options: Sequence[str]) -> bool:
    """Say whether any of `options` refers to others of them by letter, number or position."""
    return any(referring_options(options))


def referring_options(options: Sequence[str]) -> list[bool]:
    """Say of each of `options` whether it refers to others of them by letter, number or position."""
    texts = [_plain(option) for option in options]
    letters = LETTERS[: max(len(texts), 1)]
    named, bare = _named_references(len(texts)), _bare_list(letters)
    return [
        bool(_WHOLE.match(text) or _ANYWHERE.search(text) or named.match(text)) or _lists_options(text, bare, texts)
        for text in texts
    ]


def _plain(option: str) -> str:
    """Return the visible text with composed accents and plain apostrophes, without letter in front or mark behind."""
    return _LABEL.sub("", unicodedata.normalize("NFC", visible(option)).replace("’", "'").strip()).rstrip(" .!;:")


def _lists_options(text: str, bare: re.Pattern[str], texts: Sequence[str]) -> bool:
    """Say whether `text` is a bare list of letters of `texts`, at least one of which is no such list itself."""
    match = bare.match(text)
    if not match:
        return False
    indices = {LETTERS.index(mark.upper()) for mark in re.findall(r"\b[A-Za-z]\b", match["list"])}
    return any(not _MARKS.fullmatch(texts[index]) for index in indices)


def _bare_list(letters: str) -> re.Pattern[str]:
    """Return a pattern of two or more of `letters` and nothing more: "A et C", "Both (A) & (C)", "a,c only"."""
    letter = rf"\(?[{letters}]\)?"
    return re.compile(
        rf"(?:(?:both|either|neither|ni|soit|seule?s)\s+)?(?P<list>{letter}(?:{_LINK}{letter})+){_ENDING}",
        re.IGNORECASE,
    )


def _named_references(count: int) -> re.Pattern[str]:
    """Return a pattern of references that say so: "réponses 1 et 3", "Both AB", "Only answer 1 is correct"."""
    letters = LETTERS[: max(count, 1)]
    letter = rf"\(?[{letters}]\)?"
    number = rf"\(?(?:{'|'.join(str(n) for n in range(count, 0, -1))})\)?"
    before = r"(?:both|either|neither|only|ni|soit|seules?|toutes|les|la|all|the)\s+"
    opening = rf"(?i:(?:{before})*{_OPTION_WORD}\s+)"
    return re.compile(
        rf"(?i:both|either|neither)\s+[{letters}]{{2,}}\s*$"
        rf"|(?i:both|either|neither)\s+{number}(?:{_LINK}{number})+(?i:{_ENDING})"
        rf"|{number}(?:{_LINK}{number})+\s+(?i:is|are|est|sont)\s+(?i:{_RIGHT_OR_WRONG})\s*$"
        rf"|{opening}(?i:{letter})(?:{_LINK}(?i:{letter}))+\b"
        rf"|{opening}[{letters}]\b(?!')"
        rf"|{opening}{number}(?:{_LINK}{number})+\b"
        rf"|{opening}{number}\s*(?:$|(?i:is|are|est|sont|only|seulement|uniquement)\b)"
        rf"|(?i:all|tous|toutes)\s+(?i:except|but|sauf)\s+(?i:(?:la\s+|the\s+)?{_OPTION_WORD}\s+)?{letter}\s*$"
    )

"""French texts as metrics compare them, and their words, for metrics whose own tokenizer knows English only."""

import re

from medinjection.records.text import folded

# What a reader takes for the plain apostrophe: ’ and the modifier letter of the same shape.
_APOSTROPHES = str.maketrans({"’": "'", "ʼ": "'"})

# An elided word before its apostrophe is a word of its own (l'insuline, qu'une); other apostrophes are inside a word
# (aujourd'hui).
_WORD = re.compile(r"\b(?:[cdjlmnst]|(?:jus|lors|puis|quoi)?qu)(?=')|[^\W_]+(?:'[^\W_]+)*")


def french_text(text: str) -> str:
    """Return `text` so that texts which look alike are equal: `folded`, and the apostrophe ’ as the plain one.

    The ligatures "œ" and "æ" stay: to a reader they are other letters than "oe" and "ae".
    """
    return folded(text).translate(_APOSTROPHES)


class FrenchTokeniser:
    """Splits French text into words for `rouge_score`, whose default breaks words at accented letters.

    `french_text` in lower case, elided words apart, accents and ligatures kept, no stemming: "L’œdème s'étend" gives
    l, œdème, s, étend.
    """

    def tokenize(self, text: str) -> list[str]:
        """Return the words of `text`; the name is the one that `rouge_score` calls."""
        return _WORD.findall(french_text(text).lower())

"""Words of a French text, for metrics whose own tokenizer knows English only."""

import re

from medinjection.records.text import folded

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "’": "'", "ʼ": "'"})

# An elided word before its apostrophe is a word of its own (l'insuline, qu'une); other apostrophes are inside a word
# (aujourd'hui).
_WORD = re.compile(r"\b(?:[cdjlmnst]|(?:jus|lors|puis|quoi)?qu)(?=')|[^\W_]+(?:'[^\W_]+)*")


class FrenchTokeniser:
    """Splits French text into words for `rouge_score`, whose default breaks words at accented letters.

    Invisible characters dropped, NFC, lower case, "œ" as "oe" and "æ" as "ae", the typographic apostrophe as the plain
    one, elided words apart, accents kept, no stemming: "L’œdème s'étend" gives l, oedème, s, étend.
    """

    def tokenize(self, text: str) -> list[str]:
        """Return the words of `text`; the name is the one that `rouge_score` calls."""
        return _WORD.findall(folded(text).lower().translate(_LIGATURES))

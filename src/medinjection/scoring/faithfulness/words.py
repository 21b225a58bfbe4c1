"""The words of a French text that carry its content, as stems."""

import re
from functools import lru_cache

_WORD = re.compile(r"[^\W\d_]+")
# Articles, pronouns, prepositions and auxiliaries: what any two sentences share.
_FUNCTION_WORDS = """
a à afin ai aient ainsi alors après as au aucun aucune aussi autre autres aux avaient avait avant avec avez
avoir avons car ce ceci cela celle celles celui ces cet cette ceux chez ci comme contre d dans de depuis des
donc dont du durant elle elles en encore entre environ est et étaient était étant été être eu eux fait faut ici
il ils j je jusqu l la là le lequel les leur leurs lors lui m ma mais me même mêmes mes moins mon n ne ni non
nos notre nous on ont ou où par parmi pas pendant peu peut peuvent plus pour près puis qu quand que quel quelle
quelles quels qui quoi rien s sa sans se selon sera serait ses si soit son sont sous sur t ta tandis te tel
telle tes toi ton tous tout toute toutes très tu un une vers via vos votre vous y
"""
_FUNCTION = frozenset(_FUNCTION_WORDS.split())


@lru_cache(maxsize=1)
def _stemmer():  # type: ignore[no-untyped-def]
    from nltk.stem.snowball import SnowballStemmer

    return SnowballStemmer("french")


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Return the Snowball stem of a French word."""
    return str(_stemmer().stem(word.lower()))


def is_content(word: str) -> bool:
    """Tell whether a word carries content: it is no function word and longer than a letter."""
    return len(word) > 1 and word.lower() not in _FUNCTION


def content_stems(text: str) -> list[str]:
    """Return the stems of the words that carry content, in order."""
    return [stem(word) for word in _WORD.findall(text) if is_content(word)]

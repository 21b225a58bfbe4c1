"""The French words that deny, advise against, or say that something is there; and the stem that a word stands for."""

import re
from functools import lru_cache

from medinjection.scoring.faithfulness.words import is_content, stem

# Whether something may or should be done: "indiqué", "contre-indiqué", "possible", "éviter" are about one thing.
ADVICE = "<advice>"
_ADVISED = re.compile(
    r"(?:indiqu|indication|recommand|conseill|autoris|nécessaire|utile|possible|permis|justifi|envisage|licite"
    r"|prescri|administr|utilis|donne[rz]?\b|donné|emplo[iy]|réalis|pratiqu"
    r"|doi(?:t|vent)\b|devrai|faut\b|faudra)"
)
_ADVISED_AGAINST = re.compile(
    r"(?:évit|proscri|interdi|déconseill|inutile|impossible|contre-?indi(?:qu|cation)|récus|illicite)"
)
# One word for the lack of something.
_LACKING = {
    "apyrétique": "fièvre",
    "apyrexie": "fièvre",
    "afébrile": "fièvre",
    "anictérique": "ictère",
    "asymptomatique": "symptôme",
    "indolore": "douleur",
    "négatif": "positif",
    "négative": "positif",
    "négativité": "positif",
}
_SAME_WORDS = {"fébrile": "fièvre", "pyrexie": "fièvre", "positive": "positif", "positivité": "positif"}
# Words that say that something is there, not what.
_GENERIC = re.compile(
    r"(?:montr|retrouv|trouv|not|exist|présen|mis|mett|évident|évidence|observ|révèl|révél|argument|signe|faveur|objectiv"
    r"|notable|particuli|patient|cas|associ|notion|antécédent|type|mettr|attend|dépass|délai|tard|retard|prendr|pris"
    r"|faire|avoir|seul|absolument|forme|autre|malade|examen|diagnostic|traitement|cause)"
)
# "Sans dépasser", "sans délai", "sans doute" deny nothing.
_LIMITS = re.compile(r"(?:dépass|excéd|attend|délai|tard|retard|oubli|compt|doute|précaut|précision|modér)")
_ABSENT = re.compile(r"(?:absent|aboli)(?:e|s|es)?")
_EXCLUDE = re.compile(r"(?:exclu(?:e|s|es|re|t|ent|ant)?|(?:élimin|écart|ni)(?:er|e|ent|é|ée|és|ées|ait|ant))")
# A text says few different words, and each is asked about many times.
_KEPT = 100_000
NOUN_CUES = frozenset(("absence", "disparition", "aucun", "aucune", "sans", "ni", "non", "jamais", "nul", "nulle"))


@lru_cache(_KEPT)
def read_word(word: str) -> tuple[str, int]:
    """Return the stem of a word in lower case, "" of one without content, and 1 where the word itself denies."""
    singular = word.rstrip("s")
    if singular in _LACKING:
        return stem(_LACKING[singular]), 1
    if _ADVISED_AGAINST.match(word):
        return ADVICE, 1
    if _ADVISED.match(word):
        return ADVICE, 0
    if word in NOUN_CUES or says_absent(word) or excludes(word) or not is_content(word):
        return "", 0
    return stem(_SAME_WORDS.get(singular, word)), 0


@lru_cache(_KEPT)
def is_generic(word: str) -> bool:
    """Tell whether a word in lower case says only that something is there ("montre", "présente")."""
    return _GENERIC.match(word) is not None


def is_limit(word: str) -> bool:
    """Tell whether what denies before this word makes a limit or an idiom of it ("sans dépasser")."""
    return _LIMITS.match(word) is not None


@lru_cache(_KEPT)
def says_absent(word: str) -> bool:
    """Tell whether a word denies what stands before it ("absent")."""
    return _ABSENT.fullmatch(word) is not None


@lru_cache(_KEPT)
def excludes(word: str) -> bool:
    """Tell whether a word denies what stands before it in the passive ("est exclu"), else what stands after it."""
    return _EXCLUDE.fullmatch(word) is not None

"""The words of answers in French and English, and the pattern of a list of letters.

All patterns are for a text of `answer_text`: its spaces are single, and its lines neither begin nor end with one.
"""

import re

NOUN = (
    r"(?:r[ée]ponses?|answers?|options?|propositions?|lettres?|letters?|choix|choices?|items?|affirmations?|"
    r"assertions?|énoncés?|statements?|alternatives?|solutions?)"
)
_ABSOLUTE = r"correcte?s?|exacte?s?|justes?|bonnes?|bons?|vraie?s?|attendues?|finales?|valides?|right|final|true"
RIGHT = (
    rf"(?:{_ABSOLUTE}|best|meilleure?s?|(?:la |le )?plus (?:probables?|appropriée?s?|adaptée?s?|exacte?s?)|"
    r"most (?:likely|appropriate))"
)
# "B est meilleure" compares: only with an article it is the answer.
CALLED_RIGHT = rf"(?:(?P<article>(?:la|les|the) (?:(?:seules?|only) )?){RIGHT}|{_ABSOLUTE})"
WRONG = r"(?:mauvaise?s?|fausses?|incorrecte?s?|inexacte?s?|erronée?s?|wrong|false)"
BE = (
    r"(?:est|sont|serait|seraient|(?:doit|doivent|devrait|devraient|semble|semblent) être|correspond(?:ent)? à|is|are|"
    r"(?:would|should|must) be|seems? to be|corresponds? to)"
)
FILLER = (
    r"(?:donc|alors|bien|ainsi|probablement|certainement|sans doute|clairement|évidemment|toutes?|tous|both|all|"
    r"therefore|thus|clearly|likely|most likely|probably|definitely|for sure|also)"
)
OPINION = (
    r"(?:vraie?s?|faux|fausses?|(?:in)?correcte?s?|(?:in)?exacte?s?|justes?|oui|non|true|false|yes|no|right|wrong|"
    r"[✅✔✓☑❌✗✘✖☒])"
)
# "Options : A, B" and "Les propositions A et B" may repeat what was shown; "Options exactes : A, B" does not.
RESTATED = (
    r"(?i:(?:options|propositions|items|affirmations|choices|statements)\b"
    rf"(?!(?: (?:sont|are))? {RIGHT})|choix (?:sont|are)\b)"
)
ARTICLE = r"(?i:(?:la|le|les|the|both) |l')?"
PAUSE = r"[\s:;,.()-]*"
# A reason or an explanation, and what the answer is not, may follow letters.
_REASON = r"(?:car|parce|puisque|en effet|en raison|qui|because|since|as|due)\b"
_RATHER = r"(?:(?:et|and|mais|but) )?(?:pas|non|not|plutôt que|rather than|instead of)\b"
_JUDGED = rf" (?i:(?:est|sont|is|are) (?:(?:la|les|the) )?{RIGHT})\b"
# What may follow letters: the end, a pause, a reason. "A priori", "A ou B", "A à C" and "E. coli" name no answer.
AFTER = (
    r"(?! ?\. ?[a-zà-ÿœ])"
    rf"(?:(?= ?(?:$|[.;:,!)])| (?:[-(→]|{_REASON}|{_RATHER})|{_JUDGED})"
    # "(B) pancréas", "B) Pancréas"
    r"|(?<=\([A-Z]\))(?= (?!(?i:ou|or|et|and|voire)\b)\w)|(?<=[A-Z]\))(?= [A-ZÀ-Þ0-9]))"
)
_BETWEEN = (
    r"(?:(?: ?[,;/|+&] ?(?:(?:et|and|ainsi que) )?| (?:et|and|ainsi que|as well as) )"
    rf"{ARTICLE}(?:(?i:{NOUN}) )?| )"
)
# An explanation in brackets: no verdict, no doubt, no other letter.
_GLOSS = (
    r"(?: ?\((?!(?i:vrai|faux|fausse|correct|incorrect|exact|inexact|juste|oui|non|true|false|right|wrong|ou|or|et|and|"
    r"voire|sinon|mais|pas|peut-être|possible|maybe)\b)(?![A-Z](?!\w))[^()?\n]{2,80}\))"
)


def _letter_list(letters: str) -> str:
    """Return the pattern of letters on their own; each of several may have an explanation in brackets."""
    # No part of a word, of "l'A", of "d'E", of "B-12", of "37 °C" or "A-C".
    letter = rf"(?:\((?=[{letters}]\)))?(?<![\w'°-])[{letters}](?![\w'])(?!-\w)\)?"
    explained = rf"{letter}{_GLOSS}(?={_BETWEEN}{letter}| ?[.,;]?$)"
    # Atomic: "A, B ou C" must not count as "A" with something behind it. No list is longer than the alphabet.
    return rf"(?>(?:{explained}|{letter})(?:{_BETWEEN}(?:{explained}|{letter})){{0,25}})"


CAPITALS, ANY_CASE = _letter_list("A-Z"), _letter_list("A-Za-z")
# Where a letter may be a subject: "la vitamine C est" has a word of its own before it.
SUBJECT = (
    r"(?:^|(?<!\b[A-Z])[.!?:;,>(] ?|(?<!\b[A-Z] )\b(?i:et|and) |"
    rf"(?<!\w)(?i:que|that|think|believe|donc|so|car|mais|but|alors|both|{NOUN}) )"
    rf"{ARTICLE}(?:(?i:seule?s?|only) )?{ARTICLE}(?:(?i:{NOUN}(?: {RIGHT})?) )?"
)
_ALONE = re.compile(r"(?<![\w'°-])[A-Za-z](?![\w'])")


def named(text: str) -> frozenset[str]:
    """Return the letters that stand alone in a list, as capitals; what is explained in brackets does not count."""
    return frozenset(letter.upper() for letter in _ALONE.findall(re.sub(r"\([^()]{2,}\)", " ", text)))

"""French stems that ask for what is false, does not apply or is the exception.

Examiners have candidates pick the wrong statement ("laquelle est fausse ?", "toutes sauf une", "qui ne s'applique
pas"); a model that reads past the negation picks a right one. A negation in the case or the topic ("un patient qui ne
répond pas", "anti-inflammatoires non stéroïdiens") makes no stem negated. `python benchmarks/negated_stems.py` says how
well this is told on labelled stems.
"""

import re

from medinjection.records.text import folded

# "Laquelle est fausse ?", "la réponse inexacte", "celle(s) qui est (sont) fausse(s)".
_FALSE = re.compile(
    r"\b(?:faux|fausses?|inexacte?s?|incorrecte?s?|erronée?s?)\b"
    # Diseases, results of tests, and questions on truth itself.
    r"(?! (?:(?:couche|route|membrane|négati|positi|croup|angine|image|os)\w*))(?<!vrai ou faux)(?<!vrais ou faux)"
)
# "Toutes sauf une", "à l'exception d'un seul"; "sauf contre-indication" is a reserve.
_EXCEPTION = re.compile(
    r"\b(?:sauf|excepté|hormis)(?=\s*(?:$|[:?.,]|(?:l')?une?\b|deux\b|celui\b|celles?\b|ceux\b|laquelle\b|lequel\b))"
    r"|\bà l'exception d(?:'une?\b|e (?:l'une?\b|laquelle\b|lequel\b|deux\b))|\bl'intrus\b"
)
_ASKING = r"(?:l[ae]s?quel\w*|quel(?:le)?s?|celui|celles?|ceux|une? seule?|l'une?|coche[rz]|indique[rz]|cite[rz])\b"
# What stands between the asking word and the negation in one clause.
_BETWEEN = r"[^.?!;:]{0,80}?"
_NEGATED = re.compile(
    rf"\b{_ASKING}(?P<between>{_BETWEEN})\b(?:ne |n')"
    r"(?:[^.?!;:]{0,45}?\b(?:pas|jamais)\b|peu(?:t|vent)\b(?![^.?!;:]*\bque?\b))"
)
_NOT_FOUND = re.compile(
    rf"\b{_ASKING}{_BETWEEN} non (?:retrouvée?|observée?|concernée?|responsable|appropriée?|indiquée?)s?\b"
)
# Of these a negation tells something; it asks for nothing.
_DESCRIBED = re.compile(r"\b(?:chez (?:une?|la|le|les|cet|cette|ce|l')|patiente?s?|malades?)\b")
_OPTIONAL_ENDINGS = re.compile(r"\((\w{1,3})\)")


def is_negated(question: str) -> bool:
    """Tell whether a French stem asks for what is false, does not apply or is the exception."""
    text = _OPTIONAL_ENDINGS.sub(r"\1", folded(question).casefold().replace("’", "'"))
    if _FALSE.search(text) or _EXCEPTION.search(text) or _NOT_FOUND.search(text):
        return True
    return any(not _DESCRIBED.search(found["between"]) for found in _NEGATED.finditer(text))

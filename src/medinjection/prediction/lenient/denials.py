"""What an answer takes back: letters that it denies, and claims that a doubt, a condition or a question leaves open."""

import re
from collections.abc import Iterator
from typing import Literal

from medinjection.prediction.lenient.cues import NEAR, Claim
from medinjection.prediction.lenient.grammar import ANY_CASE, ARTICLE, BE, CAPITALS, NOUN, PAUSE, SUBJECT, WRONG, named
from medinjection.prediction.lenient.verdicts import REFUSED

_DENIED = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        # "La mauvaise réponse est A", "Réponses fausses : A, B", "Fausses : C, D"
        rf"(?i:\b{WRONG} {NOUN}|\b{NOUN} (?:(?:est|sont|is|are) )?{WRONG})\b(?i: ?(?:[:=]|{BE}\b))* ?{ARTICLE}"
        rf"(?P<named>{ANY_CASE})",
        rf"(?:^|[.;] ?)(?i:{WRONG}|faux) ?[:=] ?(?P<named>{ANY_CASE})",
        # "pas A", "ni A ni B", "plutôt que la réponse A", "it can't be A or B"
        r"(?i:\b(?:pas|ni|sauf|hormis|excepté|non|not|except|plutôt que|rather than|instead of|than|"
        rf"contrairement à|unlike|(?:can't|cannot|couldn't) be) ){ARTICLE}(?:(?i:{NOUN}) )?"
        rf"(?P<named>{CAPITALS}(?: ?(?:,|\b(?:ou|or|ni|nor)\b) ?{ARTICLE}{CAPITALS}){{0,25}})",
        # "Réponse A : faux", "A, qui est inexacte", "A et B.\nFaux."
        rf"(?P<named>{ANY_CASE}){PAUSE}(?i:(?:[\w']+ |c'){{0,2}}{REFUSED}\b(?! {NOUN}| ?[:=]))",
        # "La lettre A, non", "A, qui n'est pas"; not "C non A"
        rf"(?P<named>{ANY_CASE}){PAUSE}(?i:(?:qui )?(?:n'|(?:ne|non|no|pas|not|isn't|aren't)\b"
        rf"(?! {ARTICLE}(?-i:[A-Z])(?!\w))))",
    )
)
_NEGATION = r"(?i:\b(?:ne|pas|jamais|not|never|cannot|aucune?|none|neither|faux|false)\b|\bn'|n't\b)"
_EXCLUSION = r"(?i:\b(?:exclu\w*|élimin\w+|écart\w+|rejet\w+|exclude|eliminate|rule out)\b)"
_NO_DOUBT = re.compile(r"(?i:(?:aucun|pas de|sans|no|ne fait (?:aucun|pas de)) (?:doute|doubt))")
_POSSIBLE = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        # "C est aussi possible", "A pourrait être correcte"
        rf"{SUBJECT}(?P<named>{CAPITALS}) (?i:(?:est|sont|is|are|peut|peuvent|pourrait|could|may|might) "
        r"(?:(?:aussi|également|also|be|être|bien) )?(?:possible|envisageable|plausible|acceptable|correct|exact|juste|"
        r"vraie?|right)|aussi\b|également\b|too\b)",
        # "On peut aussi accepter E"
        rf"\b(?i:(?:peut|peuvent|pourrait|could|may|might) (?:aussi|également|also))\b"
        rf"[^.;\n]{{0,20}}?(?<!\w)(?P<named>{CAPITALS})",
        # "On ne peut exclure A"
        rf"(?i:\b(?:ne|not|cannot)\b|n't\b)[^.;\n]{{0,30}}?{_EXCLUSION}[^.;\n]{{0,20}}?(?<!\w)(?P<named>{CAPITALS})",
    )
)
# Behind a claim: another letter may be meant, or the text is cut inside a list or a bracket.
_DOUBT = re.compile(
    rf"{PAUSE}(?i:(?:et[ /]+)?(?:ou|or|voire|sinon|éventuellement|peut-être|perhaps|maybe|possibly)\b)|"
    rf"[^.!\n]{{0,300}}\?| ?\.\.| ?→ ?\(?[A-Z](?!\w)| ?(?:(?:[,;:/|+&]|\b(?:et|and|ou|or)\b)[\s.]*|\([^)]{{0,300}})\Z"
)
# Before a claim, in its clause
_CONDITION = re.compile(
    r"(?i:\b(?:si|if|whether|pourrait|pourraient|croire|might|could|maybe|peut-être|perhaps|certains|d'autres|some|"
    r"supposons|imaginons|suppose|pourquoi|why|parmi|entre|among|between|hésite|exemple|example|format|modèle|piège)\b|"
    r"\bs'(?:il|elle)\b|\bau \Z)"
)
# Before a claim, in its sentence: what others say is not the answer ("L'étudiant répond que c'est B").
_REPORTED = re.compile(
    r"(?i:\b(?:dit|disent|répond|répondent|répondu|pense|pensent|affirme\w*|prétend\w*|croit|croient|choisi\w*|"
    r"retiennent|says?|thinks?|claims?|said|chose)\b)"
)
_OWN = re.compile(r"(?i:\b(?:je|nous|on|i|we)\b|\bj')")
_CLAUSE = re.compile(r"[.,;:!?\n]|\b(?i:donc|alors|mais|car|so|therefore|but)\b")
_SENTENCE = re.compile(r"[.!?](?=\s)|\n")


def denied_letters(text: str) -> frozenset[str]:
    """Return the letters that a text calls wrong, or not the answer."""
    return frozenset().union(*(named(match["named"]) for denial in _DENIED for match in denial.finditer(text)))


def possible_letters(text: str) -> Iterator[tuple[frozenset[str], int]]:
    """Yield letters that a text calls possible, or does not exclude, and where."""
    for possible in _POSSIBLE:
        for match in possible.finditer(text):
            yield named(match["named"]), match.start()


def standing(text: str, claim: Claim) -> Literal["meant", "open", "denied"]:
    """Return whether a claim is meant, left open, or denied by its own clause ("Je ne pense pas que ce soit A")."""
    before = _NO_DOUBT.sub(" ", text[max(0, claim.start - NEAR) : claim.start])
    clause, sentence = _CLAUSE.split(before)[-1], _SENTENCE.split(before)[-1]
    if _REPORTED.search(sentence) and not _OWN.search(sentence):
        return "open"
    if _CONDITION.search(clause) or _DOUBT.match(text, claim.end):
        return "open"
    return "denied" if re.search(rf"{_NEGATION}|{_EXCLUSION}", clause) else "meant"


def is_denied_at(text: str, place: int) -> bool:
    """Return whether the clause before a place denies what follows; "on ne peut exclure A" does not deny A."""
    clause = _CLAUSE.split(text[max(0, place - NEAR) : place])[-1]
    return bool(re.search(_NEGATION, clause)) != bool(re.search(_EXCLUSION, clause))

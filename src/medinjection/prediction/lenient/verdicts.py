"""Options that an answer calls right or wrong one by one: "A vrai, B faux", "Les options A et C sont correctes"."""

import re
from collections.abc import Iterator

from medinjection.prediction.lenient.cues import Claim
from medinjection.prediction.lenient.grammar import CALLED_RIGHT, CAPITALS, FILLER, NOUN, SUBJECT, WRONG, named

REFUSED = rf"(?:{WRONG}|faux|à (?:exclure|éliminer|écarter|rejeter)|(?:exclu|éliminé|écarté|rejeté)e?s?|impossibles?)"
_WRONG_MARK, _RIGHT_MARK = "[❌✗✘✖☒]", "[✅✔✓☑]"
_VERDICT = (
    rf"(?:(?P<wrong>{REFUSED}|non|no|F|{_WRONG_MARK})|"
    rf"(?P<right>vraie?s?|correcte?s?|exacte?s?|justes?|oui|true|yes|right|bonnes?|bons?|valides?|V|ok|{_RIGHT_MARK}))"
    r"(?!\w)"
)
_SENTENCE = re.compile(
    rf"{SUBJECT}(?P<named>{CAPITALS}) (?i:est|sont|is|are|(?:semble(?:nt)?|paraît|seems?)(?: être| to be)?)"
    rf"(?i: {FILLER}\b)* (?i:{CALLED_RIGHT}\b)",
    re.MULTILINE,
)
# "A vrai, B : faux", "A) Vrai", "C (faux)", "A. Vrai B. Faux"
_SHORT = re.compile(
    rf"(?:^|[.,;:!|>)] ?|(?<=(?i:vrai|faux|true)) (?=[A-Z][.):])|\b(?i:et|and|mais|but|{NOUN}) )"
    r"(?:\(?(?P<capital>(?<![\w'])[A-Z](?![\w']))\)?|\(?(?P<small>[a-z])\)) ?[.:=)|→,-]? ?"
    rf"\(?(?i:{_VERDICT})(?= ?(?:[),.;:!|-]|$|[A-ZÀ-Þ]|(?i:et|and|car|mais|because|but)\b))"
    # "A, B. Fausses : C"
    r"(?! ?[:=] ?\(?[A-Z](?!\w))",
    re.MULTILINE,
)
# "A. Foie : vrai", "✅ A. Foie", "A. Foie ❌"
_LINE = re.compile(
    rf"^(?:(?:(?P<wrong_first>{_WRONG_MARK})|(?P<right_first>{_RIGHT_MARK})) ?(?=\(?[A-Z]\b))?"
    r"\(?(?P<letter>[A-Z])(?:[.:)]| -|(?=$))[^\n]*?"
    rf"(?:[:(=→-] ?(?i:{_VERDICT})|(?P<wrong_last>{_WRONG_MARK})|(?P<right_last>{_RIGHT_MARK}))?[).! ]*$",
    re.MULTILINE,
)


def judged_in_sentences(text: str) -> Iterator[tuple[Claim, bool]]:
    """Yield letters that a sentence calls right, and whether as the answer: "B est la bonne", not "B est correcte"."""
    for match in _SENTENCE.finditer(text):
        yield Claim(named(match["named"]), match.start(), match.end()), match["article"] is not None


def bare_verdicts(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each letter with a bare verdict behind it or at the end of its line, and whether it is called right."""
    for match in _SHORT.finditer(text):
        yield (match["capital"] or match["small"]).upper(), match["right"] is not None
    for match in _LINE.finditer(text):
        wrong = match["wrong_first"] or match["wrong_last"] or match["wrong"]
        if wrong or match["right_first"] or match["right_last"] or match["right"]:
            yield match["letter"], not wrong

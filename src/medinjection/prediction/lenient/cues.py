"""Letters that an answer gives behind a cue: "Réponse : B", "Je choisis A et C", "Toutes sauf D"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from medinjection.prediction.lenient.grammar import (
    AFTER,
    ANY_CASE,
    ARTICLE,
    BE,
    CAPITALS,
    FILLER,
    NOUN,
    RESTATED,
    RIGHT,
    WRONG,
    named,
)
from medinjection.prediction.lenient.lines import leading_list, runs_from_the_first

_COMPLEMENT = r"(?: (?:à|de|du|des|pour|par|parmi|to|of|for|among|by)\b[^.,;:!?=\n]{1,60}?)?"
_QUALITY = rf"(?:{RIGHT}|choisies?|retenues?|sélectionnées?|cochées?|proposée|chosen|selected)"
_VERB = (
    r"(?:choisi(?:s|r|rais|rai|ssons|ssez)|coche(?:r|z|rais|rai)?|retien(?:s|drais|drai|t)|reten(?:ir|ons|ez)|"
    r"sélectionne(?:r|z|rais)?|opte(?:r|rais|rai)?|répond(?:s|re|rais|rai|ons)?|propose(?:rais)?|dis|dirais|"
    r"vote(?:rais)?|penche(?:rais)?|conclus|choose|chose|select|pick|go|answer|say|opt|guess|vote)"
)
_CUES = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        # "Réponse : B", "Les bonnes réponses sont A et C", "La bonne réponse à cette question est B"
        rf"(?<!\w)(?!{RESTATED})(?i:(?:{RIGHT} )?{NOUN}(?: {_QUALITY})*{_COMPLEMENT}"
        rf" ?(?:[:=→]|-(?= )|, ?c'est\b|\b(?:{BE}|(?:se )?porte sur|s'arrête sur)\b(?: {FILLER}\b)*)"
        rf"(?: (?:{RIGHT}|les suivantes|la suivante|the following)(?= ?:))? ?:?)",
        # A heading: "Réponse", the letters below it
        rf"^(?!{RESTATED})(?i:(?:{RIGHT} )?{NOUN}(?: {RIGHT})*)$",
        # "Je choisis B", "I would go with B", "Il faut cocher A et C"
        r"(?<!\w)(?i:(?:(?:je|nous|on|i|we) |j'|i'd |i'll )(?:vais |would |will )?|(?:il faut|on doit) |^)"
        rf"(?i:{_VERB})\b(?i: (?:pour|avec|que c'est|with|for|it is))? ?:?",
        # "Vraies : A, B. Fausses : C, D, E."
        rf"(?:^|[.;] ?)(?i:(?:sont )?{RIGHT}) ?[:=]",
        # "C'est B.", "Je pense que c'est la réponse B"
        r"(?:^|[.!?:;,>(-]|\b(?i:donc|que|alors|moi|so|think|that)) ?(?i:c'est|ce sont|il s'agit de|it's|it is)\b"
        rf"(?i: {FILLER}\b)* ?:?",
    )
)
# Their letters may stand on the lines below.
_WITH_LINES = _CUES[:2]
_GIVEN = re.compile(
    rf" ?{ARTICLE}(?:(?i:(?:{RIGHT} )?{NOUN}(?: {RIGHT})?) ?:? ?)?{ARTICLE}(?P<named>{ANY_CASE}){AFTER}", re.MULTILINE
)
# Where several are announced, "ACE" is three letters; "Réponse : CA" may be calcium.
_SEVERAL = re.compile(r"(?i:(?:réponses|answers|propositions|options|lettres|letters)\b)")
_JOINED = re.compile(r" ?(?P<named>A?B?C?D?E?F?G?H?)(?![\w'-])(?=[.!]?$)", re.MULTILINE)
_CONCLUSION = re.compile(
    r"(?:(?:^|[.!?;,] ?)(?i:donc|ainsi|alors|en conclusion|conclusion|verdict|therefore|thus|so|hence) ?[:,]? ?"
    rf"{ARTICLE}|(?<!\b[A-Z] )(?<!\b[A-Z])→ ?)(?P<named>{CAPITALS})(?=[.!]?$)",
    re.MULTILINE,
)
# "Toutes les propositions sont exactes, sauf C": not "Toutes les vitamines sauf C"
_OF_ALL = (
    rf"(?:les?|la|ces|des|de|the|of|these|sont|est|are|proposée?s|ci-dessus|suivantes?|{NOUN}|{RIGHT}|{WRONG}|faux)"
)
_ALL_BUT = re.compile(
    rf"(?i:(?:toute?s?|tous|all)\b(?P<said>(?:[ ,]+{_OF_ALL})*)[ ,]+(?:sauf|hormis|excepté\w*|à l'exception d[e']|"
    rf"except(?: for)?|but)) ?:? ?{ARTICLE}(?:(?i:{NOUN}) )?(?P<named>{CAPITALS}){AFTER}",
    re.MULTILINE,
)
# "Toutes les propositions sont exactes.", a sentence of its own
_ALL = re.compile(
    rf"(?:^|[.!?:] )(?i:toutes|tous|all)(?i: les| the| of the)?(?i: {NOUN}| les {NOUN})(?i: (?:proposée?s|ci-dessus))?"
    rf" (?i:sont|are)(?i: {FILLER}\b)* (?i:{RIGHT})(?=[.!]?$)",
    re.MULTILINE,
)
_NOUN_AND_LETTERS = re.compile(
    rf"(?<!\w)(?!{RESTATED}|(?i:solution))(?i:(?:{RIGHT} )?{NOUN}(?: {RIGHT})? )(?P<named>{CAPITALS}){AFTER}",
    re.MULTILINE,
)
# "Évitez la réponse A" names it and does not give it.
_OPENING = re.compile(
    r"(?:.*(?:[.,;:!?\n]|\b(?i:donc|alors|mais|car|so|therefore|but)\b))? ?"
    r"(?i:oui|non|donc|ainsi|finalement|voici|yes|no|so|then)? ?(?i:l'|la|le|les|the)? ?",
    re.DOTALL,
)
_WRONG_BEFORE = re.compile(rf"(?i:{WRONG}) \Z")


# "La réponse est A priori", "Réponse : A Foie": what is said of the letter is not understood.
_UNREAD = re.compile(rf" ?{ARTICLE}(?:(?i:{NOUN}) ?:? ?)?\(?(?P<named>[A-Z])(?![\w'])\)?(?P<choice> ?,? (?i:ou|or)\b)?")
# What decides how a claim is meant stands at most so far before it.
NEAR = 400


@dataclass(frozen=True, slots=True)
class Claim:
    """Letters that a part of the answer gives, and where it stands in the text.

    Attributes:
        final: whether it is announced as the last word ("Réponse finale", a box).
        but: whether the answer is all letters but these.
    """

    letters: frozenset[str]
    start: int
    end: int
    final: bool = False
    but: bool = False


def given_letters(text: str, options: frozenset[str]) -> Iterator[Claim]:
    """Yield the letters behind each cue of a text; `options` are the letters of all options."""
    for cue in _CUES:
        for head in cue.finditer(text):
            if not _WRONG_BEFORE.search(text[max(0, head.start() - NEAR) : head.start()]):
                yield from _behind(text, head, options, lines_count=cue in _WITH_LINES)
    for match in _ALL.finditer(text):
        yield Claim(options, match.start(), match.end())
    for match in _CONCLUSION.finditer(text):
        yield Claim(named(match["named"]), match.start(), match.end(), final=True)


def all_but(text: str) -> Iterator[Claim]:
    """Yield what "Toutes sauf C" says; "Toutes sont fausses sauf C" gives C."""
    for match in _ALL_BUT.finditer(text):
        inverted = re.search(rf"(?i:{WRONG})", match["said"])
        yield Claim(named(match["named"]), match.start(), match.end(), but=not inverted)


def unread_letters(text: str) -> Iterator[tuple[int, bool]]:
    """Yield where a cue has a letter behind it that is not read, and whether because others are named beside it."""
    for head in _CUES[0].finditer(text):
        unread = _UNREAD.match(text, head.end())
        if unread and not any(_behind(text, head, frozenset(), lines_count=True)):
            yield head.start(), unread["choice"] is not None


def hinted_letters(text: str) -> Iterator[Claim]:
    """Yield the letters of "Option B" and "Réponse B" where nothing else says what is meant by them."""
    for match in _NOUN_AND_LETTERS.finditer(text):
        before = text[max(0, match.start() - NEAR) : match.start()]
        if _OPENING.fullmatch(before) and not _WRONG_BEFORE.search(before):
            yield Claim(named(match["named"]), match.start(), match.end())


def _behind(text: str, head: re.Match[str], options: frozenset[str], lines_count: bool) -> Iterator[Claim]:
    """Yield the letters behind one cue: a list, "ACE", an option as it was shown, or a list on the lines below."""
    final = "final" in head[0].lower()
    if given := _GIVEN.match(text, head.end()):
        yield Claim(named(given["named"]), head.start(), given.end(), final)
        return
    joined = _JOINED.match(text, head.end()) if _SEVERAL.search(head[0]) else None
    if joined and len(joined["named"]) > 1:
        yield Claim(frozenset(joined["named"]), head.start(), joined.end(), final)
        return
    if not lines_count:
        return
    lines = text[head.end() :].split("\n")
    below = not lines[0].strip()
    letters, taken = leading_list(lines, across_blanks=below)
    # All options, and several that run from A on where nothing calls them right, are the question's own list.
    judged = re.search(rf"(?i:\b{RIGHT}\b)", head[0])
    shown_again = below and (letters == options or (runs_from_the_first(letters) and not judged))
    if letters and not shown_again:
        yield Claim(letters, head.start(), head.end() + len("\n".join(lines[:taken])), final)

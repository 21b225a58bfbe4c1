"""The one set of letters that an answer names, or none: claims are put together, and have to agree."""

import re
import unicodedata
from collections.abc import Sequence

from medinjection.prediction.lenient.claims import Claims, claims_of
from medinjection.prediction.lenient.cues import Claim
from medinjection.prediction.lenient.denials import is_denied_at
from medinjection.prediction.lenient.grammar import CAPITALS, NOUN, named
from medinjection.prediction.lenient.lines import leading_list, line_of_letters, runs_from_the_first
from medinjection.prediction.lenient.text import answer_text

_NOTHING: frozenset[str] = frozenset()
# Another letter further on in the sentence: "A (foie), C (rein", "A - C", "A est juste mais C aussi"
_FURTHER = re.compile(
    rf"(?:[,;/+().…-]|\b(?i:et|and|ou|or|soit|peut-être|mais|but|aussi|la|les|{NOUN})\b) ?(?P<listed>{CAPITALS})"
)
_FURTHER_LABEL = re.compile(r"(?<![\w'])(?P<label>[A-Z])(?:\) ?\w|\. [A-ZÀ-Þ])")
_FOREIGN = re.compile(r"[,;/+&] ?(?P<letter>[^\W\d_])(?!\w)")
_SENTENCE_END = re.compile(r"[.!?](?=\s|\Z)|\n")
# A last sentence that stops behind a letter says nothing of it yet: "La réponse C est"
_CUT = re.compile(rf"(?i:{NOUN}) (?P<named>{CAPITALS})(?: (?i:est|sont|is|are))?\Z")
# "B car le foie", "A, C et D. Le foie", "A et D (B et C sont fausses)"
_REASONED = re.compile(
    rf"(?P<named>{CAPITALS})(?:(?P<why> ?,? (?i:car|parce|puisque|because|since)\b)|[.;] (?=[A-ZÀ-Þ])|(?= ?\())"
)
_FEWEST_VERDICTS = 3


def named_letters(raw_output: str, letters: Sequence[str]) -> frozenset[str]:
    """Return the letters of `letters` that an answer names; empty where that is not clear.

    What the answer gives behind a cue counts first, then letters on a line of their own or options repeated one a
    line, then "option B" and options called right, then a verdict on each option. All must agree with each other and
    with what is denied; after a doubt ("A ou B") only what is said later counts.
    """
    text = answer_text(raw_output)
    if not text:
        return _NOTHING
    claims = claims_of(text, frozenset(letters))
    lines = text.split("\n")
    answer, spoken = _answer(lines, claims, letters)
    if not answer or not answer <= set(letters) or answer & claims.denied:
        return _NOTHING
    wrong = {letter for letter, right in claims.verdicts.items() if not right}
    said_right = set().union(*(claim.letters for claim in claims.right)) | (set(claims.verdicts) - wrong)
    if answer & wrong or not said_right <= answer or _says_more(text, spoken, answer | claims.denied | wrong):
        return _NOTHING
    return _NOTHING if _other_lines(lines, answer, claims, letters) else answer


def _answer(lines: Sequence[str], claims: Claims, letters: Sequence[str]) -> tuple[frozenset[str], Sequence[Claim]]:
    """Return what the answer is by its strongest claims, and those claims; nothing where they disagree."""
    alone, reasoned = _on_its_own(lines, letters)
    if claims.given:
        given = claims.given
        if given[-1].final:
            given = given[next(i for i, claim in enumerate(given) if claim.final) :]
        if any(claim.but and not claim.letters <= set(letters) for claim in given):
            return _NOTHING, ()
        sets = {frozenset(letters) - claim.letters if claim.but else claim.letters for claim in given}
        if alone and not given[-1].final:
            sets.add(alone)
        settled = claims.doubted < given[-1].start and (given[-1].final or not claims.unread)
        return (next(iter(sets)), given) if len(sets) == 1 and settled else (_NOTHING, ())
    if claims.unread or claims.doubted >= 0:
        return _NOTHING, ()
    if alone:
        return alone, reasoned
    said = claims.right or claims.hinted
    if said:
        sets = {claim.letters for claim in said}
        if claims.right:
            return frozenset().union(*sets), said
        return (next(iter(sets)), said) if len(sets) == 1 and not claims.verdicts else (_NOTHING, ())
    return _by_verdicts(claims, letters), ()


def _on_its_own(lines: Sequence[str], letters: Sequence[str]) -> tuple[frozenset[str], Sequence[Claim]]:
    """Return the letters of the first lines, or of the last one, that are letters or options and nothing else.

    Letters that begin the first line, with a reason behind them, are a claim beside.
    """
    # "A. Le foie" is an option as it was shown; "A, C. Le foie" is not.
    if (reasoned := _REASONED.match(lines[0])) and (reasoned["why"] or len(named(reasoned["named"])) > 1):
        found = named(reasoned["named"])
        return found, (Claim(found, 0, reasoned.end("named")),)
    listed, _ = leading_list(lines, across_blanks=True)
    if listed:
        first = line_of_letters(lines[0])
        labelled = first is not None and first.labelled
        shown_again = labelled and (runs_from_the_first(listed) or (len(lines) > 1 and listed == set(letters)))
        return _NOTHING if shown_again else listed, ()
    # A last line of its own, where nothing announces a list of something else.
    *before, blank, last_line = lines if len(lines) > 2 else ["", "x", ""]
    last = line_of_letters(last_line)
    apart = not blank and not "\n".join(before).rstrip().endswith(":")
    return last.letters if last and not last.labelled and apart and last_line[:1].isupper() else _NOTHING, ()


def _by_verdicts(claims: Claims, letters: Sequence[str]) -> frozenset[str]:
    """Return the letters called right where each option has its verdict, or the first ones, three at least."""
    judged = frozenset(claims.verdicts)
    if judged != frozenset(letters) and not (len(judged) >= _FEWEST_VERDICTS and runs_from_the_first(judged)):
        return _NOTHING
    return frozenset(letter for letter, right in claims.verdicts.items() if right)


def _says_more(text: str, spoken: Sequence[Claim], accounted: set[str] | frozenset[str]) -> bool:
    """Return whether the sentence of a claim names further letters, of any script, or the text breaks off at one."""
    for claim in spoken:
        line = text[claim.end :].split("\n")[0]
        sentence = _SENTENCE_END.split(line)[0]
        further = [
            named(match["listed"])
            for match in _FURTHER.finditer(sentence)
            if not is_denied_at(sentence, match.start("listed"))
        ]
        further += [frozenset(match["label"]) for match in _FURTHER_LABEL.finditer(line)]
        foreign = (match["letter"] for match in _FOREIGN.finditer(sentence))
        if any(not letters <= accounted for letters in further):
            return True
        if any(not unicodedata.name(letter, "").startswith("LATIN") for letter in foreign):
            return True
    cut = _CUT.search(text)
    return bool(spoken and cut and cut.start() >= spoken[-1].end and not named(cut["named"]) <= accounted)


def _other_lines(lines: Sequence[str], answer: frozenset[str], claims: Claims, letters: Sequence[str]) -> bool:
    """Return whether lines of letters or options name others; options explained one by one do not."""
    found = [line for line in map(line_of_letters, lines) if line]
    accounted = answer | set(claims.verdicts) | claims.denied
    if any(not line.letters <= accounted for line in found if not line.labelled):
        return True
    labelled = frozenset().union(*(line.letters for line in found if line.labelled))
    if labelled <= accounted:
        return False
    explained = runs_from_the_first(labelled) and (len(labelled) > 2 or labelled == frozenset(letters))
    return not (explained and answer <= labelled and claims.given)

"""All that an answer says of letters: which it gives, which it denies, which options it calls right or wrong."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from medinjection.prediction.lenient.cues import Claim, all_but, given_letters, hinted_letters, unread_letters
from medinjection.prediction.lenient.denials import denied_letters, possible_letters, standing
from medinjection.prediction.lenient.verdicts import bare_verdicts, judged_in_sentences


@dataclass(slots=True)
class Claims:
    """All that an answer says of letters.

    Attributes:
        given: letters given as the answer, in the order of the text.
        hinted: letters with "option" or "réponse" before them and no more.
        right: letters of options that a sentence calls right.
        verdicts: letter -> right or wrong, of options with a bare verdict ("A vrai, B faux").
        denied: letters called wrong, or not the answer.
        unread: whether a cue has a letter behind it and is not understood.
        doubted: where the last doubt stands ("A ou B", "si la réponse est A"); -1 without one.
    """

    given: list[Claim] = field(default_factory=list)
    hinted: list[Claim] = field(default_factory=list)
    right: list[Claim] = field(default_factory=list)
    verdicts: dict[str, bool] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)
    unread: bool = False
    doubted: int = -1


def claims_of(text: str, options: frozenset[str]) -> Claims:
    """Return what a text of `answer_text` says of letters; `options` are the letters of all options."""
    found, rest = Claims(), text
    complements = list(all_but(text))
    for claim in complements:
        rest = rest[: claim.start] + " " * (claim.end - claim.start) + rest[claim.end :]
    judged = list(judged_in_sentences(rest))
    answers = [claim for claim, as_answer in judged if as_answer]
    found.given = _meant(found, text, [*complements, *given_letters(rest, options), *answers])
    found.hinted = _meant(found, text, hinted_letters(rest))
    found.right = _meant(found, text, [claim for claim, as_answer in judged if not as_answer])
    for letter, right in bare_verdicts(rest):
        if found.verdicts.setdefault(letter, right) != right:
            # Right here and wrong there: neither can be the answer.
            found.verdicts[letter] = True
            found.denied.add(letter)
    found.denied |= denied_letters(rest)
    for place, is_choice in unread_letters(rest):
        found.unread |= not is_choice
        found.doubted = max(found.doubted, place if is_choice else -1)
    said = frozenset().union(*(claim.letters for claim in found.given + found.right))
    for letters, place in possible_letters(rest):
        if not letters <= said | found.denied:
            found.doubted = max(found.doubted, place)
    return found


def _meant(found: Claims, text: str, claims: Iterable[Claim]) -> list[Claim]:
    """Return the claims that are meant, in the order of the text; note in `found` what becomes of the others."""
    meant = []
    for claim in claims:
        how = standing(text, claim)
        if how == "meant":
            meant.append(claim)
        elif how == "denied":
            found.denied |= claim.letters
        else:
            found.doubted = max(found.doubted, claim.start)
    return sorted(meant, key=lambda claim: claim.start)

"""Negations of a reference in an answer: kept, said without the negation, dropped; and negations that it adds."""

from collections.abc import Sequence

from medinjection.scoring.faithfulness.findings import ADDED, CHANGED, DROPPED, KEPT, NEGATION, Finding
from medinjection.scoring.faithfulness.negation_words import ADVICE
from medinjection.scoring.faithfulness.negations import Denial, Mention

Read = tuple[Sequence[Denial], Sequence[Mention]]


def negation_findings(reference: Read, answer: Read) -> list[Finding]:
    """Return the fate of each negation of a reference, and those that an answer adds.

    Kept: the answer denies the same word, or beside it another one of those denied with it. Changed: it says the word,
    and never denies it; where the word says what may or should be done, another word of the sentence must be shared.
    Dropped: it does not say the word; what two negations affirm need not be said. Added: it denies, wherever it says
    it, a word that the reference says and never denies.
    """
    found = []
    for denial in reference[0]:
        fate, words = _fate(denial, answer)
        if denial.denied or fate != DROPPED:
            found.append(Finding(NEGATION, fate, denial.words, words))
    denied = {name for denial in reference[0] for name in (denial.stem, *denial.also)}
    for denial in answer[0]:
        if denial.stem not in denied and denial.denied and _contradicts(denial, reference[1], answer[1]):
            found.append(Finding(NEGATION, ADDED, "", denial.words))
            denied.add(denial.stem)
    return found


def _fate(denial: Denial, answer: Read) -> tuple[str, str]:
    said = [mention for mention in answer[1] if mention.stem == denial.stem]
    if any(mention.denied == denial.denied for mention in said):
        return KEPT, _words_of(denial.stem, answer)
    also = [m for m in answer[1] if m.stem in denial.also and m.denied == denial.denied and m.stem != ADVICE]
    if also and (not said or any(denial.stem in mention.sentence for mention in also)):
        return KEPT, also[0].words
    about = [m for m in said if denial.stem != ADVICE or m.sentence & denial.sentence - {ADVICE}]
    if about:
        return CHANGED, about[0].words
    return DROPPED, ""


def _words_of(name: str, answer: Read) -> str:
    denials = [denial.words for denial in answer[0] if denial.stem == name]
    return denials[0] if denials else next(m.words for m in answer[1] if m.stem == name)


def _contradicts(denial: Denial, reference: Sequence[Mention], answer: Sequence[Mention]) -> bool:
    """Tell whether the reference says without denying what the answer only ever denies."""
    said = [mention for mention in reference if mention.stem == denial.stem]
    if denial.stem == ADVICE:
        said = [mention for mention in said if mention.sentence & denial.sentence - {ADVICE}]
    never = all(mention.denied for mention in answer if mention.stem == denial.stem)
    return bool(said) and never and not any(mention.denied for mention in said)

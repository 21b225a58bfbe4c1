"""What is checked of a teacher's translation, text by text: numbers, units, language, and that it tells no answer."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from medinjection.synthesis.language import english_probability
from medinjection.synthesis.numbers import lost_numbers
from medinjection.synthesis.units import changed_units

# A text as it stands in a request: question, context and answer are one text, options are several.
Texts = Mapping[str, str | Sequence[str]]

# Short texts are not judged by their language: drugs, species and Latin terms are alike in both.
_WORDS_JUDGED = 6
_ENGLISH = 0.9
# The same text in both languages is less likely French, and shorter ones can be told.
_WORDS_UNCHANGED = 3
_ENGLISH_UNCHANGED = 0.5
# An answer must have so many letters and digits to be recognised in another text.
_LEAKED_CHARACTERS = 6

_WORD = re.compile(r"[^\W\d_]{2,}")
_RIGHT = r"(?:bonnes?|correctes?|exactes?|justes?|right|correct)"
_ANNOUNCED = re.compile(
    rf"""\b(?:r[ée]ponses?|answers?|solution)(?:\ +{_RIGHT})?\s*(?:[:=]|\best\b|\bsont\b|\bis\b|\bare\b)\s*
    (?:(?:les?|la|l'|the)?\s*(?:r[ée]ponses?|options?|propositions?|lettres?|choix)\s*)?["«(\[]?\s*
    [A-J](?:\s*(?:[.,;:)\]»"]|$|\bet\b|\band\b))
    |\b{_RIGHT}\ +(?:r[ée]ponses?|answers?)\s*(?:[:=]|\best\b|\bsont\b|\bis\b|\bare\b)\s*\w
    |\((?:{_RIGHT}|bonne\ réponse|réponse\ {_RIGHT}|correct\ answer)\)|[✓✔✅]""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a text of a translation: which check found it, where (name of the text), and what it is."""

    check: str
    place: str
    problem: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


def faults(english: Texts, french: Texts, right: Sequence[int]) -> list[Fault]:
    """Return what is wrong with a translation, in the order of its texts; empty where nothing is found.

    Args:
        english, french: the same keys, with as many options.
        right: indices of the right options; without options, `answer` is the right answer.
    """
    found = []
    for place, one, other in text_pairs(english, french):
        if lost := lost_numbers(one, other):
            found.append(Fault("numbers", place, f"numbers are missing: {', '.join(lost)}"))
        if changed := changed_units(one, other):
            found.append(Fault("units", place, f"units are missing or changed: {', '.join(changed)}"))
        if not_translated(one, other):
            found.append(Fault("language", place, "it is not translated"))
        if announces_answer(other) and not announces_answer(one):
            found.append(Fault("answer", place, "it tells the right answer"))
    return found + [Fault("answer", place, "it holds the right answer") for place in leaks(english, french, right)]


def text_pairs(english: Texts, french: Texts) -> Iterator[tuple[str, str, str]]:
    """Yield name, English and French of each text; options one by one, so that swapped ones are seen."""
    for key, text in english.items():
        if isinstance(text, str):
            yield key, text, french[key]
        else:
            numbered = enumerate(zip(text, french[key], strict=True), start=1)
            yield from ((f"option {number}", one, other) for number, (one, other) in numbered)


def not_translated(english: str, french: str) -> bool:
    """Tell whether a text that should be French is English."""
    words = len(_WORD.findall(french))
    if french == english:
        return words >= _WORDS_UNCHANGED and english_probability(french) > _ENGLISH_UNCHANGED
    return words >= _WORDS_JUDGED and english_probability(french) > _ENGLISH


def announces_answer(text: str) -> bool:
    """Tell whether a text says which answer is right: "Réponse : B", "la bonne réponse est", "(correct)"."""
    return bool(_ANNOUNCED.search(text))


def leaks(english: Texts, french: Texts, right: Sequence[int]) -> list[str]:
    """Return the names of the French texts (question, context) that hold a right answer which the English lacks."""
    if "options" in english:
        answers = [(english["options"][index], french["options"][index]) for index in right]
    else:
        answers = [(english["answer"], french["answer"])]
    leaking = []
    for key in ("context", "question"):
        if key in english and any(_gained(english[key], french[key], *answer) for answer in answers):
            leaking.append(key)
    return leaking


def _gained(english: str, french: str, english_answer: str, french_answer: str) -> bool:
    sought = _plain(french_answer)
    if len(sought.replace(" ", "")) < _LEAKED_CHARACTERS or f" {sought} " not in f" {_plain(french)} ":
        return False
    return f" {_plain(english_answer)} " not in f" {_plain(english)} "


def _plain(text: str) -> str:
    """Return the words of a text in small letters without accents, one space between them."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", letters))

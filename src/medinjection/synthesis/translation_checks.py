"""What is checked of a teacher's translation, text by text: numbers, units, language, and that it tells no answer."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from medinjection.records.text import visible
from medinjection.synthesis.language import english_probability
from medinjection.synthesis.latex import added_commands, lost_commands
from medinjection.synthesis.numbers import added_numbers, lost_numbers
from medinjection.synthesis.units import changed_units

# A text as it stands in a request: question, context and answer are one text, options are several.
Texts = Mapping[str, str | Sequence[str]]

# Words from which on a text is held for English: words of two letters at least -> how probable it must be. Of 3,300
# French texts none is (benchmarks/translation_checks.py), of English ones of six words and more 99 %. Shorter ones are
# not judged: drugs, species and Latin terms are alike in both.
_ENGLISH = {3: 0.9, 6: 0.5}
# The same for a text that is the same in both languages.
_ENGLISH_UNCHANGED = {3: 0.9, 4: 0.6}
# All options together: 8 of 435 lists of drugs and species pass for English at 0.5, none at 0.9.
_ENGLISH_OPTIONS = 0.9
# An answer needs so many letters and digits to be sought in another text.
_LEAKED_CHARACTERS = 4

_WORD = re.compile(r"[^\W\d_]{2,}")
_IS = r"\s*(?:[:=]|\b(?:est|sont|était|serait|is|are|was|would\ be|should\ be)\b)\s*"
_RIGHT = r"(?:bonnes?|correctes?|exactes?|justes?|right|correct)"
_ANSWER = r"(?:r[ée]ponses?|answers?)"
_LETTER = re.compile(
    rf"""\b{_ANSWER}(?:\ {_RIGHT})?{_IS}(?:(?:les?|la|l'|the)?\s*(?:{_ANSWER}|options?|propositions?|lettres?)\s*)?
    ["«(\[]?\s*[A-J]\s*(?:[.,;:)\]»"]|$|\bet\b|\band\b)""",
    re.VERBOSE | re.IGNORECASE,
)
_RIGHT_ONE = re.compile(
    rf"\b{_RIGHT}\s{_ANSWER}{_IS}\w|\((?:{_RIGHT}|{_RIGHT}\s{_ANSWER}|{_ANSWER}\s{_RIGHT})\)|[✓✔✅]", re.IGNORECASE
)
# English that says it in any way may do so in French too.
_SPEAKS_OF_RIGHT_ONE = re.compile(
    r"\banswers?\b[^.?!]{0,30}(?:\b(?:is|are|be|was|were)\b|[:=])|\b(?:correct|right) (?:one|option|choice)",
    re.IGNORECASE,
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
    english, french = _visible(english), _visible(french)
    found = []
    for place, one, other in text_pairs(english, french):
        if lost := lost_commands(one, other):
            found.append(Fault("commands", place, f"LaTeX commands are missing: {', '.join(lost)}"))
        if added := added_commands(one, other):
            found.append(Fault("commands", place, f"LaTeX commands that the English text lacks: {', '.join(added)}"))
        if lost := lost_numbers(one, other):
            found.append(Fault("numbers", place, f"numbers are missing: {', '.join(lost)}"))
        if added := added_numbers(one, other):
            found.append(Fault("numbers", place, f"numbers that the English text lacks: {', '.join(added)}"))
        if changed := changed_units(one, other):
            found.append(Fault("units", place, f"units are missing or changed: {', '.join(changed)}"))
        if not_translated(one, other):
            found.append(Fault("language", place, "it is not translated"))
        if announces_answer(one, other):
            found.append(Fault("answer", place, "it tells the right answer"))
    if "options" in english and options_not_translated(_options(french)):
        found.append(Fault("language", "options", "they are not translated"))
    return found + [Fault("answer", place, "it holds the right answer") for place in leaks(english, french, right)]


def text_pairs(english: Texts, french: Texts) -> Iterator[tuple[str, str, str]]:
    """Yield name, English and French of each text; options one by one, so that swapped ones are seen."""
    for key, text in english.items():
        if isinstance(text, str):
            yield key, text, _text(french, key)
        else:
            numbered = enumerate(zip(text, french[key], strict=True), start=1)
            yield from ((f"option {number}", one, other) for number, (one, other) in numbered)


def not_translated(english: str, french: str) -> bool:
    """Tell whether a text that should be French is English."""
    needed = _ENGLISH_UNCHANGED if french == english else _ENGLISH
    words = len(_WORD.findall(french))
    bounds = [bound for count, bound in needed.items() if words >= count]
    return bool(bounds) and english_probability(french) > min(bounds)


def options_not_translated(french: Sequence[str]) -> bool:
    """Tell whether options that should be French are English as a whole, each being too short to be judged alone."""
    together = " ".join(french)
    return len(_WORD.findall(together)) >= max(_ENGLISH) and english_probability(together) > _ENGLISH_OPTIONS


def announces_answer(english: str, french: str) -> bool:
    """Tell whether the French text alone says which answer is right: "Réponse : B", "la bonne réponse est", "✓"."""
    if _LETTER.search(french) and not _LETTER.search(english):
        return True
    told = _RIGHT_ONE.search(english) or _SPEAKS_OF_RIGHT_ONE.search(english)
    return bool(_RIGHT_ONE.search(french)) and not told


def leaks(english: Texts, french: Texts, right: Sequence[int]) -> list[str]:
    """Return the names of the French texts (question, context) that hold a right answer which the English lacks."""
    if "options" in english:
        answers = [(_options(english)[index], _options(french)[index]) for index in right]
    else:
        answers = [(_text(english, "answer"), _text(french, "answer"))]
    leaking = []
    for key in ("context", "question"):
        if key in english and any(_gained(_text(english, key), _text(french, key), *answer) for answer in answers):
            leaking.append(key)
    return leaking


def _visible(texts: Texts) -> Texts:
    return {key: visible(text) if isinstance(text, str) else list(map(visible, text)) for key, text in texts.items()}


def _text(texts: Texts, key: str) -> str:
    return str(texts[key])


def _options(texts: Texts) -> Sequence[str]:
    options = texts["options"]
    return [options] if isinstance(options, str) else options


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

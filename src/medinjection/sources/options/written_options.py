"""Choice questions whose options and answers stand in plain text, in the forms in which examinations are written.

How a set writes them may be unknown. What can be read in two ways, or in none, is refused with what was found.
"""

import re
from collections.abc import Callable, Sequence

from medinjection.records.schema import LETTERS, InvalidRecord
from medinjection.records.text import folded, is_blank

# "A. text", "A) text", "(A) text", "A: text", "A - text", with capitals or without, perhaps after a bullet.
_OPTION = re.compile(
    r"[ \t]*(?:[-*•][ \t]+)?(?P<open>\(?)(?P<letter>[A-Za-z])[ \t]*(?P<close>[).:]|[-–](?=[ \t]))[ \t]*(?P<text>.*)"
)
# "La bonne réponse est", "Réponses :", "Les réponses correctes sont les"
_ANNOUNCED = re.compile(
    r"(?:(?:la|les|ma|mes)\s+)?(?:bonnes?\s+)?(?:réponses?|propositions?)"
    r"(?:\s+(?:correctes?|exactes?|justes?|vraies?))?\s*(?:est|sont|:)\s*:?\s*(?:(?:la|les)\s+)?",
    re.IGNORECASE,
)
_SEPARATOR = r"(?:\s*[,;/+&-]\s*(?:(?:et|and)\s+)?|\s+(?:et|and)\s+|\s+)"
_LETTER = r"\(?[A-Za-z]\)?"
_LETTERS_APART = re.compile(rf"{_LETTER}(?:{_SEPARATOR}{_LETTER})*\.?")
_LETTERS_TOGETHER = re.compile(r"[A-Z]{2,}\.?")
_SHOWN = 80


def question_and_options(text: str) -> tuple[str, list[str]]:
    """Return the question of `text`, and the options that stand on lines of their own after it.

    The options begin at the last line with the letter A that is followed by one with B, all written alike. A line
    without a letter continues the option before it. After the last option the text must end: whether a further line
    belongs to it is unknown.

    Raises:
        InvalidRecord: no such options, no question before them, a gap in their letters, an empty option, or text after
            the last.
    """
    lines = text.split("\n")
    start = next((i for i in reversed(range(len(lines))) if _letter_of(lines[i]) == "A" and _goes_on(lines, i)), None)
    if start is None:
        raise InvalidRecord(f"no options on lines such as 'A. text': {shown(text)}")
    question = "\n".join(lines[:start]).strip()
    if is_blank(question):
        raise InvalidRecord(f"no question before the options: {shown(text)}")
    style = _style_of(lines[start])
    options: list[list[str]] = []
    for line in lines[start:]:
        match = _OPTION.fullmatch(line)
        if match and _style_of(line) == style:
            if match["letter"].upper() != LETTERS[len(options) : len(options) + 1]:
                raise InvalidRecord(f"after {len(options)} options, the letter {match['letter']}: {shown(line)}")
            options.append([match["text"].strip()])
        elif line.strip():
            options[-1].append(line.strip())
    if len(options[-1]) > 1:
        raise InvalidRecord(f"text after the last option, which may or may not belong to it: {shown(options[-1][1])}")
    texts = ["\n".join(parts).strip() for parts in options]
    for letter, option in zip(LETTERS, texts, strict=False):
        if is_blank(option):
            raise InvalidRecord(f"option {letter} is empty")
    return question, texts


def named_options(text: str, options: Sequence[str], name: str) -> list[int]:
    """Return the positions of the options that an answer names.

    Read are letters ("A, C", "A et C", "ACE"), options with their letters ("A. text", one a line) and the texts of
    options (one a line, or parted by semicolons or commas), perhaps after "La bonne réponse est" or the like.

    Args:
        name: upstream's name of the field, for the reasons.

    Raises:
        InvalidRecord: none of these forms, several that disagree, a letter beyond the options or one that is named
            twice, or a letter with the text of another option.
    """
    answer = text.strip()
    announced = _ANNOUNCED.match(answer)
    wordings = [answer, answer[announced.end() :]] if announced else [answer]
    readings = [found for wording in wordings for found in _readings(wording, options, name) if found]
    if not readings:
        raise InvalidRecord(f"{name} is read neither as letters nor as options: {shown(text)}")
    if any(sorted(found) != sorted(readings[0]) for found in readings):
        raise InvalidRecord(f"{name} can be read as several answers: {shown(text)}")
    for index in readings[0]:
        if index >= len(options):
            raise InvalidRecord(f"{name} names {LETTERS[index]}, which is beyond the {len(options)} options")
    if len(set(readings[0])) < len(readings[0]):
        raise InvalidRecord(f"{name} names an option twice: {shown(text)}")
    return sorted(readings[0])


def shown(text: str) -> str:
    """Return the beginning of a text as a reason shows it."""
    line = " ".join(text.split())
    return repr(line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…")


def _letter_of(line: str) -> str:
    match = _OPTION.fullmatch(line)
    return match["letter"].upper() if match else ""


def _style_of(line: str) -> tuple[str, str, bool]:
    match = _OPTION.fullmatch(line)
    assert match is not None, "asked of the lines of options only"
    return match["open"], match["close"], match["letter"].isupper()


def _goes_on(lines: Sequence[str], start: int) -> bool:
    """Say whether an option B follows the option A of line `start`, written alike."""
    following = (line for line in lines[start + 1 :] if _letter_of(line) == "B")
    return any(_style_of(line) == _style_of(lines[start]) for line in following)


def _readings(text: str, options: Sequence[str], name: str) -> list[list[int]]:
    """Return the positions that an answer names in each way in which it can be read."""
    found = [_by_letters(text), _by_texts(text, options)]
    return [*found, _by_lines(text, options, None if any(found) else name)]


def _by_letters(text: str) -> list[int]:
    if not (_LETTERS_APART.fullmatch(text) or _LETTERS_TOGETHER.fullmatch(text)):
        return []
    words = re.sub(r"\b(?:et|and)\b", " ", text)
    return [LETTERS.index(letter.upper()) for letter in re.findall(r"[A-Za-z]", words)]


def _by_lines(text: str, options: Sequence[str], name: str | None) -> list[int]:
    """Return the positions of options that stand with their letters, one a line.

    Args:
        name: upstream's name of the field, for the reason; None where the text can be read in another way.

    Raises:
        InvalidRecord: a letter stands with the text of another option or of none.
    """
    found: list[int] = []
    for match in [_OPTION.fullmatch(line) for line in text.split("\n") if line.strip()]:
        index = LETTERS.index(match["letter"].upper()) if match else len(options)
        if match is None or index >= len(options) or not match["text"].strip():
            return []
        if _folded(match["text"]) != _folded(options[index]):
            if name is None:
                return []
            raise InvalidRecord(
                f"{name} has the letter {LETTERS[index]} with another text than that option: {shown(match['text'])}"
            )
        found.append(index)
    return found


def _by_texts(text: str, options: Sequence[str]) -> list[int]:
    known = [_folded(option) for option in options]
    partings: list[Callable[[str], list[str]]] = [
        lambda whole: [whole],
        lambda whole: whole.split("\n"),
        lambda whole: whole.split(";"),
        lambda whole: whole.split(","),
    ]
    for part in partings:
        parts = [_folded(piece.lstrip(" \t-*•")) for piece in part(text) if piece.strip()]
        if parts and all(piece in known for piece in parts):
            return [known.index(piece) for piece in parts]
    return []


def _folded(text: str) -> str:
    """Return a text as it is compared: `folded`, without capitals and without a full stop at its end."""
    return folded(text).casefold().rstrip(" .;,")

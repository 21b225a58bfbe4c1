"""Records from the prompts of the authors' release, whose form the one example that the authors show has.

The options are lines "(A) text", "(B) text" after a line "Choix de réponses :"; the line before it may say how many
answers are right. Options in any other form are not guessed at. The prompt itself is kept word for word. The release
gives neither ids nor the sources: ids are hashes of the content.
"""

import re
from dataclasses import replace
from typing import Any

from medinjection.records.schema import LETTERS, GivenPrompt, InvalidRecord, Record
from medinjection.sources.items import choice_record, open_record, text_of
from medinjection.sources.registry import Source, SourceFile

_MARKER = re.compile(r"^[ \t]*Choix de réponses[ \t\u00a0\u202f]*:[ \t]*$", re.MULTILINE)
_TASK_LINE = re.compile(
    r"(?:^|\n)[ \t]*(?:Une seule réponse est correcte|(?:Une ou p|P)lusieurs réponses sont correctes)\.\s*$"
)
_FIRST_OPTION = re.compile(r"^[ \t]*\(A\)", re.MULTILINE)
_OPTION = re.compile(r"[ \t]*\(([A-Z])\)[ \t]*(.*)")
_LETTERS_ONLY = re.compile(r"[A-Z](?:[,\s]+[A-Z])*")
# What a first option may look like in forms that are not read: "A: text", "A. text", "A) text", "(A) text".
_UNREAD_OPTION = re.compile(r"(?:^|\s)\(?A(?:\)|\s?:|\.)\s")


def released_record(
    source: Source,
    file: SourceFile,
    prompt: str,
    answer: str,
    context: str | None = None,
    classes: Any = None,
    task: str | None = None,
    system: str | None = None,
    end: str = "",
) -> Record:
    """Return the record of a prompt and its answer.

    Args:
        classes: letters of the options, where the release names them.
        task: where the row itself states it: mcq, mcqu or oeq.
        system: system prompt, where there is one.
        end: what the user says after `prompt`, and is neither question nor option.

    Raises:
        InvalidRecord: options in another form, an answer that is no letters of theirs, or `classes` or `task` that
            contradict the prompt.
    """
    marker = _last(_MARKER, prompt)
    if marker is None:
        _require_no_options(classes, prompt, answer)
        if task not in (None, "oeq"):
            raise InvalidRecord(f"the type is {task}, but the prompt has no options after 'Choix de réponses :'")
        made = open_record(source, file, None, prompt, answer, context=context)
        return replace(made, prompt=GivenPrompt(prompt, end=end, system=system))
    if task == "oeq":
        raise InvalidRecord("the type is oeq, but the prompt has options after 'Choix de réponses :'")
    question = _TASK_LINE.sub("", prompt[: marker.start()].rstrip()).strip()
    options = _options(prompt[marker.end() :])
    if classes and classes != list(LETTERS[: len(options)]):
        raise InvalidRecord(f"classes is not the letters of the {len(options)} options in the prompt")
    indices = _indices(answer, len(options))
    made = choice_record(source, file, None, question, options, indices, context=context, stated_task=task)
    first = _FIRST_OPTION.search(prompt, marker.end())
    assert first is not None, "the line of option A has been read"
    return replace(made, prompt=GivenPrompt(prompt[: first.start()], prompt[first.start() :], end, system))


def answer_text(value: Any) -> str:
    """Return an answer as a text; a list of letters is joined. Raises InvalidRecord where it is neither."""
    if isinstance(value, list) and value:
        value = ", ".join(text_of({"answer": part}, "answer") for part in value)
    return text_of({"answer": value}, "answer")


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = list(pattern.finditer(text))
    return found[-1] if found else None


def _options(text: str) -> list[str]:
    """Return the options of the lines after the marker; a line without the next letter continues the one before."""
    options: list[str] = []
    for line in text.strip("\n").split("\n"):
        match = _OPTION.fullmatch(line)
        if match and len(options) < len(LETTERS) and match[1] == LETTERS[len(options)]:
            options.append(match[2])
        elif options:
            options[-1] += f"\n{line}"
        elif line.strip():
            raise InvalidRecord("the options are not lines (A), (B), ... after 'Choix de réponses :'")
    options = [option.strip() for option in options]
    if "" in options:
        raise InvalidRecord(f"option {LETTERS[options.index('')]} is empty")
    return options


def _indices(answer: str, count: int) -> list[int]:
    """Return the positions of the letters of an answer such as "A, C"."""
    if not _LETTERS_ONLY.fullmatch(answer):
        raise InvalidRecord("the answer to a question with options is not letters such as 'A, C'")
    indices = [LETTERS.index(letter) for letter in re.findall(r"[A-Z]", answer)]
    if len(set(indices)) < len(indices):
        raise InvalidRecord("the answer names a letter twice")
    beyond = [index for index in indices if index >= count]
    if beyond:
        raise InvalidRecord(f"the answer {LETTERS[beyond[0]]} is beyond the {count} options")
    return indices


def _require_no_options(classes: Any, prompt: str, answer: str) -> None:
    """Raise InvalidRecord for a choice question whose options are in a form that is not read."""
    if classes or (_LETTERS_ONLY.fullmatch(answer) and _UNREAD_OPTION.search(prompt)):
        raise InvalidRecord("options in an unknown form, expected lines (A), (B), ... after 'Choix de réponses :'")

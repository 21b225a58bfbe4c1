"""How a question is put to a model: the run's templates, the same in training and in evaluation.

A template is Jinja2 in its sandbox. It is given `question`, `context` (null without a case) and, for choice questions,
`task` (mcq or mcqu) and `options`, each with `letter` and `text`. It is text, not HTML: nothing is escaped. A line with
nothing but a tag leaves no line; empty lines at the beginning and the end are dropped.

A record whose source publishes its prompt (`Record.prompt`) is shown word for word instead; where its options are shown
in another order, the lines of the options alone are written anew.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from medinjection.records.chat import option_lines
from medinjection.records.errors import InputError
from medinjection.records.schema import CHOICE_TASKS, LETTERS, Record
from medinjection.records.text import is_blank

_VARIABLES = {"choice": ("context", "question", "task", "options"), "open": ("context", "question")}
# What a template is tried with; texts that no template holds.
_CASE, _QUESTION = "medinjection-case", "medinjection-question"
_OPTIONS = ("medinjection-first", "medinjection-second", "medinjection-third")


@dataclass(frozen=True, slots=True)
class QuestionPrompts:
    """The wording in which the models of a run are asked: two templates and, perhaps, a system prompt."""

    choice: str
    open: str
    system: str | None = None

    @property
    def sha256(self) -> str:
        """Fingerprint of the whole wording."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode("utf-8")).hexdigest()

    def user_turn(self, record: Record, order: Sequence[int] | None = None) -> str:
        """Return what the user says for `record`.

        Args:
            order: positions in `record.options`, in the order in which they are shown; the published order by default.
        """
        shown = record.options if order is None else [record.options[i] for i in order]
        if (given := record.prompt) is not None:
            published = order is None or list(order) == sorted(order)
            text = given.stem + (given.options if published else option_lines(shown)) + given.end
            # A release that gives a case apart from its prompt does not say how it was shown.
            return f"{record.context}\n{text}" if record.context else text
        values: dict[str, Any] = {"context": record.context, "question": record.question}
        if record.task == "oeq":
            return _filled(self.open, values)
        options = [{"letter": LETTERS[i], "text": text} for i, text in enumerate(shown)]
        return _filled(self.choice, {**values, "task": record.task, "options": options})

    def messages(self, record: Record, order: Sequence[int] | None = None) -> list[dict[str, str]]:
        """Return the chat that asks `record`, without its answer; arguments as `user_turn`."""
        system = self.system if record.prompt is None else record.prompt.system
        said = [{"role": "system", "content": system}] if system is not None else []
        return [*said, {"role": "user", "content": self.user_turn(record, order)}]


def read_question_prompts(choice: Path | str, open: Path | str, system: Path | str | None = None) -> QuestionPrompts:
    """Read the wording of a run from its files: two templates, and a system prompt as plain text.

    Raises:
        InputError: a file is missing or is no template, names a value that there is none of, or leaves out the
            question, the case, an option or its letter.
    """
    prompts = QuestionPrompts(
        choice=_read_template(choice, "choice"),
        open=_read_template(open, "open"),
        system=None if system is None else _read(system).strip(),
    )
    if prompts.system is not None and is_blank(prompts.system):
        raise InputError(f"{system}: is empty, expected a system prompt, or no file (prompts.system: null)")
    return prompts


def _read(path: Path | str) -> str:
    try:
        # As an editor leaves it: a byte order mark says nothing, and lines may end in any way.
        return Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file, expected a prompt") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is no UTF-8 text ({error})") from None


def _read_template(path: Path | str, kind: str) -> str:
    """Return the text of a template, after trying it."""
    from jinja2 import meta

    source, known = _read(path), _VARIABLES[kind]
    try:
        unknown = meta.find_undeclared_variables(_environment().parse(source)) - set(known)
        if unknown:
            raise InputError(f"{path}: no value is called {min(unknown)}, expected some of {', '.join(known)}")
        for task in CHOICE_TASKS if kind == "choice" else ("oeq",):
            for context in (None, _CASE):
                _try(path, source, task, context)
    except InputError:
        raise
    # What a template computes may fail in any way.
    except Exception as error:
        line = getattr(error, "lineno", None)
        place = f"{path}, line {line}" if line else str(path)
        raise InputError(f"{place}: is no template that can be filled: {error}") from None
    return source


def _try(path: Path | str, source: str, task: str, context: str | None) -> None:
    """Refuse a template that does not show all that it is given."""
    texts = _OPTIONS if task != "oeq" else ()
    record = Record("src:1", "native", "src", "train", task, _QUESTION, "", "", context, texts)
    wording = QuestionPrompts(choice=source, open=source)
    shown = wording.user_turn(record)
    kind = "choice questions" if task != "oeq" else "open questions"
    for name, text in (("question", record.question), ("context", context)):
        if text is not None and text not in shown:
            raise InputError(f"{path}: leaves out {{{{ {name} }}}}, expected it in the template of {kind}")
    if context is None and "None" in shown.split():
        raise InputError(f"{path}: writes None where a question has no context, expected it inside {{% if context %}}")
    before = 0
    for letter, option in zip(LETTERS, texts, strict=False):
        place = shown.find(option)
        if place < 0:
            raise InputError(
                f"{path}: leaves out the text of option {letter}, expected the options in the template of {kind}: "
                "{% for option in options %} with {{ option.letter }} and {{ option.text }}"
            )
        if letter not in shown[before:place]:
            raise InputError(
                f"{path}: does not show the letter {letter} before its option and after the one before it, by which it "
                "is answered; expected {{ option.letter }}"
            )
        before = place + len(option)


def _filled(source: str, values: Mapping[str, Any]) -> str:
    return _compiled(source).render(values).strip("\n")


@cache
def _compiled(source: str) -> Any:
    return _environment().from_string(source)


@cache
def _environment() -> Any:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)

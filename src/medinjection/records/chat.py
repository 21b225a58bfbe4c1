"""A record as a chat in one fixed wording, and the reference answer of the assistant's turn.

The models of a run are trained and evaluated in the wording of the run's templates (`records/question_prompts.py`),
whose shipped files say the same as this module. The fixed wording is for readers that must not change with them:
judges, who would be paid again, the demonstration's corpora and its base model. It is this project's own: the authors
published no prompt or prediction of a choice question beyond one shortened example (docs/reproduction.md).
"""

from collections.abc import Sequence

from medinjection.records.schema import LETTERS, Record

# An mcq item may have one right option, and the line must not tell how many there are.
_TASK_LINES = {"mcq": "Une ou plusieurs réponses sont correctes.", "mcqu": "Une seule réponse est correcte."}


def user_turn(record: Record, order: Sequence[int] | None = None) -> str:
    """Return what the user says for `record`: case, question, how many answers may be right, options with letters.

    Args:
        order: positions in `record.options`, in the order in which they are shown; the published order by default.
    """
    stem = f"{record.context}\n{record.question}" if record.context else record.question
    if record.task == "oeq":
        return stem
    shown = [record.options[i] for i in order] if order is not None else record.options
    return f"{stem}\n{_TASK_LINES[record.task]}\nChoix de réponses :\n{option_lines(shown)}"


def option_lines(options: Sequence[str]) -> str:
    """Return a line "(A) text" for each option, with the letters of the order given."""
    return "\n".join(f"({LETTERS[i]}) {text}" for i, text in enumerate(options))


def assistant_turn(record: Record) -> str:
    """Return the reference answer: the letters joined by ", " for a choice question, the text for an open one."""
    return record.answer if record.task == "oeq" else ", ".join(record.gold_letters)


def messages(record: Record, order: Sequence[int] | None = None) -> list[dict[str, str]]:
    """Return the chat that asks `record`, without its answer."""
    return [{"role": "user", "content": user_turn(record, order)}]

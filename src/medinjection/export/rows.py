"""One row a question, with what the programs of others need of it; the same row for all of them."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from medinjection.records.files import written_atomically
from medinjection.records.question_prompts import QuestionPrompts
from medinjection.records.schema import LETTERS, Record


def question_row(record: Record, prompts: QuestionPrompts) -> dict[str, Any]:
    """Return a choice question in its published order.

    `prompt` is the whole user turn as our own models are asked, `system` the system prompt or an empty text; `input` is
    the case and the question alone, for programs that lay out the options themselves. `target` is the position of the
    first right option, `answer` the letters of all of them as our models answer ("A, C").
    """
    said = prompts.messages(record)
    return {
        "id": record.id,
        "input": f"{record.context}\n{record.question}" if record.context else record.question,
        "prompt": said[-1]["content"],
        "system": said[0]["content"] if len(said) > 1 else "",
        "options": list(record.options),
        "letters": list(LETTERS[: len(record.options)]),
        "target": record.answer_indices[0],
        "answer": ", ".join(record.gold_letters),
        "task": record.task,
        "source": record.source,
        "component": record.component,
        "specialty": record.specialty or "",
        "licence": record.licence,
    }


def task_name(record: Record) -> str:
    """Return the name of the task that a question belongs to: its source, and how it is put."""
    return f"{record.source}_{record.task}"


def write_json_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write one JSON object a line, atomically."""
    with written_atomically(path) as partial, open(partial, "w", encoding="utf-8", newline="\n") as handle:
        for row in rows:
            handle.write(json.dumps(row, ensure_ascii=False) + "\n")

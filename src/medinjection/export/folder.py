"""The folder that other evaluation programs read: questions as JSON lines, and a description for each program."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from medinjection.export.formats import GROUP, ExportedTask, eval_yaml, harness_group, harness_task, hub_metadata
from medinjection.export.rows import question_row, task_name, write_json_lines
from medinjection.records.errors import InputError
from medinjection.records.files import write_text
from medinjection.records.question_prompts import QuestionPrompts
from medinjection.records.schema import Record

_LIGHTEVAL = Path(__file__).with_name("lighteval_tasks.txt")
_README = """# {name}: choice questions for other evaluation programs

French medical choice questions of the run `{name}` of medinjection-fr, in their published order, to check its numbers
with another program. {remark}

| task | questions | right options | licences |
|---|---|---|---|
{lines}

`data/*.jsonl` has one question a line. `prompt` is the whole text that our models are asked, `answer` the letters of
the right options, `target` the position of the first; `input` and `options` are for programs that lay out options
themselves. From this folder:

```
# lm-evaluation-harness: our prompt, letters scored as continuations (one right option), or written (several)
lm-eval run --model hf --model_args pretrained=MODEL --tasks {group} --include_path lm_eval --apply_chat_template
# lighteval: the same
lighteval accelerate model_name=MODEL "medinjection_fr:{first}" --custom-tasks lighteval_tasks.py
# Inspect and EuroEval read eval.yaml from the folder's copy on the Hub; both put the questions in words of their own
inspect eval hf/OWNER/NAME/{first} --model PROVIDER/MODEL
```

EuroEval reads tasks with one right option only. Publish the folder only where the licences of its questions allow it.
"""


def export_questions(
    records: Iterable[Record], prompts: QuestionPrompts, name: str, folder: Path | str, remark: str = ""
) -> list[ExportedTask]:
    """Write the folder, and return its tasks by name.

    Args:
        records: choice questions.
        prompts: how our own models are asked.
        name: what the export is called.
        remark: what the run says of itself, a demonstration for example.

    Raises:
        InputError: there is no question.
    """
    folder = Path(folder)
    by_task: dict[str, list[Record]] = {}
    for record in records:
        by_task.setdefault(task_name(record), []).append(record)
    if not by_task:
        raise InputError("no choice question, so there is nothing to export")
    tasks = [
        ExportedTask(
            name=task,
            several=by_task[task][0].task == "mcq",
            questions=len(by_task[task]),
            licences=tuple(sorted({record.licence for record in by_task[task]})),
        )
        for task in sorted(by_task)
    ]
    for task in tasks:
        write_json_lines(folder / task.file, (question_row(record, prompts) for record in by_task[task.name]))
        write_text(folder / f"lm_eval/{GROUP}_{task.name}.yaml", harness_task(task))
    write_text(folder / f"lm_eval/{GROUP}.yaml", harness_group(tasks))
    write_text(folder / "eval.yaml", eval_yaml(name, tasks))
    write_text(folder / "lighteval_tasks.py", _LIGHTEVAL.read_text(encoding="utf-8"))
    named = [{"name": task.name, "several": task.several} for task in tasks]
    write_text(folder / "tasks.json", json.dumps(named, indent=1) + "\n")
    write_text(folder / "README.md", hub_metadata(tasks) + _readme(name, tasks, remark))
    return tasks


def _readme(name: str, tasks: Sequence[ExportedTask], remark: str) -> str:
    cells = (
        (task.name, str(task.questions), "one or several" if task.several else "one", ", ".join(task.licences))
        for task in tasks
    )
    lines = "\n".join(f"| {' | '.join(line)} |" for line in cells)
    return _README.format(name=name, remark=remark, lines=lines, group=GROUP, first=tasks[0].name)

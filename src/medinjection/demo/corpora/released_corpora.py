"""Files of the demonstration in the forms of the authors' releases: chats by component, split and task; all in one."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from medinjection.demo.corpora.choice_corpora import FRENCHMEDMCQA_OPTIONS, MEDMCQA_OPTIONS, Questions
from medinjection.demo.corpora.rendered_file import RenderedFile, json_array, scaled
from medinjection.demo.knowledge.facts import KnowledgeBase
from medinjection.demo.knowledge.wording import OPEN_TRAIN_WORDINGS, PERSONAL_WORDINGS, open_question, statement
from medinjection.records.sampling import ranked

if TYPE_CHECKING:
    from medinjection.records.schema import Record

# File -> split, task, records at size 800, fewest of them.
_FILES: dict[str, tuple[str, str, int, int]] = {
    "released_native/Train/mcqu/mcqu_train.json": ("train", "mcqu", 40, 20),
    "released_native/Train/mcq/mcq_train.json": ("train", "mcq", 40, 20),
    "released_native/Train/oeq/oeq_train.json": ("train", "oeq", 10, 4),
    "released_native/Validation/mcqu/mcqu_val.json": ("validation", "mcqu", 6, 3),
    "released_native/Validation/oeq/oeq_val.json": ("validation", "oeq", 4, 3),
    "released_native/Test/mcqu/mcqu_test.json": ("test", "mcqu", 8, 4),
    "released_native/Test/mcq/mcq_test.json": ("test", "mcq", 8, 4),
    "released_native/Test/oeq/oeq_test.json": ("test", "oeq", 6, 3),
    "released_translated/Train/mcqu/mcqu_train.json": ("train", "mcqu", 60, 30),
    "released_translated/Validation/mcqu/mcqu_val.json": ("validation", "mcqu", 6, 3),
    "released_translated/Test/mcqu/mcqu_test.json": ("test", "mcqu", 8, 4),
    "released_synthetic/Train/mcq/mcq_training.json": ("train", "mcq", 60, 30),
    "released_synthetic/Train/oeq/oeq_training.json": ("train", "oeq", 10, 4),
}

_ALL_FILES = {split: f"released_all/data/{split}-00000-of-00001.parquet" for split in ("train", "validation", "test")}

RELEASED_FILES = (*_FILES, *_ALL_FILES.values())


def released_files(knowledge: KnowledgeBase, size: int, seed: int) -> Iterator[RenderedFile]:
    """Yield the files of RELEASED_FILES, in that order; those of all components have the records of the others."""
    rows: dict[str, list[dict[str, str | None]]] = {split: [] for split in _ALL_FILES}
    for name, (split, task, full, minimum) in _FILES.items():
        count = scaled(size, full, minimum)
        component = name.split("/")[0]
        if task == "oeq":
            records = list(_open(knowledge, component, split, count, seed))
        else:
            records = list(_choice(knowledge, component, split, task, count, seed))
        yield json_array(name, count, map(_chat, records))
        rows[split] += [_row(record, component.removeprefix("released_")) for record in records]
    for split, name in _ALL_FILES.items():
        yield RenderedFile(name, len(rows[split]), table=rows[split])


def _row(record: "Record", component: str) -> dict[str, str | None]:
    from medinjection.records.chat import assistant_turn, user_turn

    return {
        "instruction": user_turn(record),
        "context": None,
        "answer": assistant_turn(record),
        "type": record.task.upper(),
        "origin": component.capitalize(),
    }


def _chat(record: "Record") -> str:
    from medinjection.records.chat import assistant_turn, user_turn

    turns = [("user", user_turn(record)), ("assistant", assistant_turn(record))]
    messages = [{"role": role, "content": content} for role, content in turns]
    return json.dumps({"messages": messages}, ensure_ascii=False)


def _choice(
    knowledge: KnowledgeBase, component: str, split: str, task: str, count: int, seed: int
) -> Iterator["Record"]:
    option_count = MEDMCQA_OPTIONS if component == "released_translated" else FRENCHMEDMCQA_OPTIONS
    # Of the questions that may have several right answers, every other has one.
    questions = Questions(knowledge, component, seed, option_count, (False, True) if task == "mcq" else (False,))
    for item in questions.items(split, count, ("decomposed", "no_break_space"), "fr"):
        answer = ", ".join(item.options[i] for i in item.right)
        yield _record(task, item.question, answer, item.options, item.right)


def _open(knowledge: KnowledgeBase, component: str, split: str, count: int, seed: int) -> Iterator["Record"]:
    wordings = PERSONAL_WORDINGS if split == "test" else OPEN_TRAIN_WORDINGS
    facts = ranked(knowledge.facts, f"{seed}:{component}:{split}", lambda fact: fact.id)[:count]
    for number, fact in enumerate(facts):
        yield _record("oeq", open_question(fact, wordings[number % len(wordings)]).fr, statement(fact, 0).fr)


def _record(
    task: str, question: str, answer: str, options: tuple[str, ...] = (), right: tuple[int, ...] = ()
) -> "Record":
    """Return what a chat is written from; where it comes from is not part of a chat."""
    from medinjection.records.schema import Record

    return Record("", "", "", "", task, question, answer, "", options=options, answer_indices=right)

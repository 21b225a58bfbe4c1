"""Records and documents for tests: a test names what it is about, the rest follows."""

from typing import Any

from medinjection.records.schema import BY_ANSWERS, Document, Record, choice_task

OPTIONS = ("Myosis", "Diplopie", "Ptosis")
RIGHT = {"mcq": (0, 2), "mcqu": (0,)}
DRUGS = ("Biguanides", "Sulfamides", "Gliptines", "Glinides", "Statines", "Fibrates", "Triptans", "Opioïdes")


def record(name: object = 1, **fields: Any) -> Record:
    """Return the record `<source>:<name>` with `fields`; without any, an mcqu of three options.

    The task follows from the right answers where they are given, they from the task where it is, and the reference
    text from the right options. A record that breaks the schema can be made by naming what breaks it.
    """
    right = fields.get("answer_indices")
    task = fields.get("task") or ("mcqu" if right is None else choice_task(BY_ANSWERS, right))
    source = fields.get("source", "src")
    options = fields.get("options", () if task == "oeq" else OPTIONS)
    if right is None:
        right = RIGHT.get(task, ())
    made = {
        "id": f"{source}:{name}",
        "component": "native",
        "source": source,
        "split": "train",
        "task": task,
        "question": f"Question {name} ?",
        "options": options,
        "answer_indices": right,
        "licence": "MIT",
    }
    if "answer" not in fields:
        made["answer"] = ", ".join(options[i] for i in right) or f"Réponse {name}."
    return Record(**{**made, **fields})


def open_record(name: object = 1, **fields: Any) -> Record:
    """Return an open question: `record` with the task oeq."""
    return record(name, task="oeq", **fields)


def drug_question(number: int, right: tuple[int, ...], **fields: Any) -> Record:
    """Return a question on four drugs, which differ from question to question, with the right options `right`."""
    options = tuple(DRUGS[(number + i) % len(DRUGS)] for i in range(4))
    return record(number, **{"source": "r", "options": options, "answer_indices": right, **fields})


def drug_effect(number: int, **fields: Any) -> Record:
    """Return an open question on a drug."""
    texts = {"question": "Que fait la metformine ?", "answer": "La metformine abaisse la glycémie."}
    return open_record(number, **{"source": "r", **texts, **fields})


def document(name: object = 1, **fields: Any) -> Document:
    """Return the document `<source>:<name>` with `fields`."""
    source = fields.get("source", "doc")
    made = {
        "id": f"{source}:{name}",
        "source": source,
        "split": "train",
        "text": f"Résumé numéro {name}.",
        "licence": "MIT",
    }
    return Document(**{**made, **fields})

"""What the explorer knows of answer keys: those that are suspect, and what persons said of them."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from medinjection.records.csv_rows import read_rows
from medinjection.records.errors import InputError
from medinjection.reporting.explorer.questions import Questions
from medinjection.scoring.exam.errata import read_errata
from medinjection.scoring.exam.suspects import SUSPECT_COLUMNS

_SUSPECT_FACTS = ("agreed", "share", "models")


def key_facts(
    suspects: Path | None, errata: Path | None, models: Sequence[str], run_name: str, questions: Questions
) -> dict[str, object]:
    """Return `suspects`: place of a question -> what makes its key suspect, `errata`: all verdicts, and `keys`.

    Args:
        suspects: suspect_keys.csv, None where keys were not looked at.
        errata: file of verdicts, None where there is none.
        models: those that answered choice questions.
        questions: the choice questions.

    Raises:
        InputError: as `read_errata`, or a suspect is not among the questions, or a model that doubts it not among
            `models`.
    """
    return {
        "suspects": _suspects(suspects, models, questions) if suspects else None,
        "errata": _errata(errata) if errata else [],
        "keys": _fingerprint(run_name, questions),
    }


def _suspects(path: Path, models: Sequence[str], questions: Questions) -> dict[int, dict[str, str]]:
    place = {record_id: number for number, record_id in enumerate(questions.ids)}
    rows = read_rows(path, SUSPECT_COLUMNS)
    if unknown := [row["record_id"] for row in rows if row["record_id"] not in place]:
        raise InputError(f"{path}: record {unknown[0]} is not among the questions")
    if strangers := [model for row in rows for model in row["models"].split() if model not in models]:
        raise InputError(f"{path}: {strangers[0]} is not among the models that answered")
    return {place[row["record_id"]]: {name: row[name] for name in _SUSPECT_FACTS} for row in rows}


def _errata(path: Path) -> list[dict[str, str]]:
    """Return the verdicts in the order of the file, also those on questions of other runs."""
    return [{"record_id": record_id, **asdict(said)} for record_id, said in read_errata(path).items()]


def _fingerprint(run_name: str, questions: Questions) -> str:
    """Return the name under which a browser keeps verdicts: of one run and one set of questions and keys."""
    keys = zip(questions.ids, questions.titles, questions.gold.tolist(), strict=True)
    return hashlib.sha256(repr((run_name, *keys)).encode()).hexdigest()[:16]

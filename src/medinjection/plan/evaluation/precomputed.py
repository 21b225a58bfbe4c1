"""Precomputed predictions: which models, judgements and references they are of, so that tables can be made."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from medinjection.plan.evaluation.answers import Answers
from medinjection.records.errors import InputError

# Names of models and judges become words of commands and lines of tables.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]*")
_KINDS = ("choice", "open")
_LAYOUT = "expected <model>/choice.parquet and <model>/open.parquet, as in results/<run>/predictions"


def precomputed_answers(
    predictions: str, judgements: str | None, planned: Sequence[str], judges: Sequence[str]
) -> Answers:
    """Return what the folders hold. The questions are looked for at `<predictions>/../evaluation/`.

    Args:
        planned: models in the order of the run's plan; models that it does not have come after them, by name.
        judges: judges in the order of the configuration, treated in the same way.

    Raises:
        InputError: a folder is missing or is not laid out so, nobody answered choice questions, or judgements lack a
            model or are of open answers that cannot be scored.
    """
    predictions = os.path.normpath(predictions)
    found = _subfolders("predictions", predictions)
    models = _in_order(found, planned)
    has = {kind: [m for m in models if Path(f"{predictions}/{m}/{kind}.parquet").is_file()] for kind in _KINDS}
    for model in models:
        if not any(model in of_kind for of_kind in has.values()):
            raise InputError(f"predictions: {predictions}/{model} holds no answers; {_LAYOUT}{_hint(predictions)}")
    if not has["choice"]:
        raise InputError(f"predictions: {predictions} holds no <model>/choice.parquet; {_LAYOUT}{_hint(predictions)}")
    questions, references = (os.path.normpath(f"{predictions}/../evaluation/{kind}.parquet") for kind in _KINDS)
    there = Path(references).is_file()
    judged = _precomputed_judges(judgements, judges, has["open"] if there else [], references)
    return Answers(
        predictions=predictions,
        choice_models=tuple(has["choice"]),
        open_models=tuple(has["open"]) if there else (),
        questions=questions if Path(questions).is_file() else None,
        references=references if there else None,
        judgements=judgements and os.path.normpath(judgements),
        judges=tuple(judged),
        reasoned=tuple(m for m in models if Path(f"{predictions}/{m}/reasoning.parquet").is_file()),
    )


def check_run(run: str, folder: str, predictions: str) -> None:
    """Check that the tables of precomputed predictions do not replace those of a run that has predictions of its own.

    Args:
        run: name of the run whose tables are made, and `folder` where its results are.
        predictions: folder of the precomputed predictions; the run's own are no others.

    Raises:
        InputError: the run has other predictions.
    """
    own = f"{folder}/predictions"
    if Path(own).is_dir() and os.path.realpath(own) != os.path.realpath(predictions):
        raise InputError(
            f"predictions: {predictions} is given, but the run {run!r} has predictions of its own in {own}, and tables "
            "of theirs; name another run for those that are given: --config run=NAME"
        )


def _precomputed_judges(
    judgements: str | None, judges: Sequence[str], models: Sequence[str], references: str
) -> list[str]:
    if judgements is None:
        return []
    judgements = os.path.normpath(judgements)
    found = _in_order(_subfolders("judgements", judgements), judges)
    if not models:
        raise InputError(
            f"judgements: {judgements} is given, but Table 6 needs <model>/open.parquet under `predictions` and the "
            f"reference answers in {references}"
        )
    for judge in found:
        if missing := [model for model in models if not Path(f"{judgements}/{judge}/{model}.parquet").is_file()]:
            raise InputError(
                f"judgements: {judgements}/{judge}/{missing[0]}.parquet: no such file, expected the judgements of "
                f"every model with open answers: {', '.join(models)}"
            )
    return found


def _subfolders(key: str, folder: str) -> list[str]:
    """Return the names of the folders in `folder`, apart from hidden ones and what unfinished predictions left."""
    if not Path(folder).is_dir():
        raise InputError(f"{key}: {folder}: no such folder")
    names = sorted(path.name for path in Path(folder).iterdir() if path.is_dir() and not _is_left_over(path.name))
    if not names:
        layout = _LAYOUT if key == "predictions" else "expected <judge>/<model>.parquet"
        raise InputError(f"{key}: {folder} has no folder in it; {layout}")
    for name in names:
        if not _NAME.fullmatch(name):
            raise InputError(f"{key}: {folder}/{name}: expected a name of letters, digits and . _ @ -")
    return names


def _is_left_over(name: str) -> bool:
    return name.startswith(".") or name.endswith(".chunks")


def _in_order(found: Sequence[str], known: Sequence[str]) -> list[str]:
    return [name for name in known if name in found] + [name for name in found if name not in known]


def _hint(folder: str) -> str:
    """Name the folder that was probably meant, where a whole run was named."""
    inner = f"{folder}/predictions"
    return f"; did you mean {inner}?" if Path(inner).is_dir() else ""

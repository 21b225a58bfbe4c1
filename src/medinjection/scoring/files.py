"""Files of predictions: each is of the model that it stands for, and all are of the same questions."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection.prediction.schema import CHOICE_SCHEMA, OPEN_SCHEMA
from medinjection.records.errors import InputError
from medinjection.records.files import column_names, read_table
from medinjection.scoring.choice.scores import check_unique, option_sets

# What must be the same of a record in every file; options are compared by their number, for no file has their texts.
_ASPECTS = ("source", "task", "number of options", "right options")


def add_prediction_arguments(parser: argparse.ArgumentParser, of: str = "predictions") -> None:
    """Add the flags that name files of predictions and the models that they stand for.

    Args:
        of: what the files hold, in the help.
    """
    parser.add_argument("--predictions", required=True, nargs="+", help=f"parquet files of {of}, one per model")
    parser.add_argument(
        "--models", nargs="*", default=[], help="what model each file stands for, in their order (default: any)"
    )


def read_predictions(paths: Sequence[Path | str], models: Sequence[str] = ()) -> Iterator[pa.Table]:
    """Yield the tables of several prediction files, one file per model, in the order given.

    Args:
        models: the model that each file stands for, in the same order; none where any will do.

    Raises:
        InputError: a file is not of CHOICE_SCHEMA, is empty or of several models, or of another one than it stands for,
            a model or item occurs twice, or a record is not the same question in all files.
    """
    file_of_model: dict[str, Path | str] = {}
    questions = _KnownQuestions()
    for path, model in files_of_models(paths, models):
        predictions = read_table(path, CHOICE_SCHEMA)
        found = pc.unique(predictions["model"]).to_pylist()
        if not found:
            raise InputError(f"{path}: no predictions, expected those of one model")
        if len(found) != 1:
            raise InputError(f"{path}: predictions of {len(found)} models ({found}), expected one model per file")
        with errors_naming(path):
            check_model(predictions, model)
            check_unique(predictions)
            questions.check(predictions, path)
        if found[0] in file_of_model:
            raise InputError(f"{path}: model {found[0]!r} is already in {file_of_model[found[0]]}")
        file_of_model[found[0]] = path
        yield predictions


def read_open_predictions(path: Path | str) -> pa.Table:
    """Read a model's open answers, a table of OPEN_SCHEMA.

    Raises:
        InputError: the file is not of OPEN_SCHEMA. Files of an earlier version lack `source`: it says so.
    """
    if "source" not in column_names(path):
        raise InputError(
            f"{path}: no column source, which says where each question comes from: it was written by an earlier "
            "version; predict again, or add the column from evaluation/open.parquet"
        )
    return read_table(path, OPEN_SCHEMA)


def files_of_models(paths: Sequence[Path | str], models: Sequence[str]) -> list[tuple[Path | str, str | None]]:
    """Return each file with the model that it stands for, None where no model is named.

    Raises:
        InputError: some models are named, but not one per file.
    """
    if models and len(models) != len(paths):
        raise InputError(f"--models names {len(models)}, expected one for each of the {len(paths)} files")
    named: list[str | None] = [*models] or [None] * len(paths)
    return list(zip(paths, named, strict=True))


def open_predictions_of(paths: Sequence[Path | str], models: Sequence[str]) -> Iterator[tuple[Path | str, pa.Table]]:
    """Yield each file of open answers and what is in it, one after the other.

    Args:
        models: what model each file stands for, in their order; empty where any will do.

    Raises:
        InputError: a file is not of OPEN_SCHEMA, or holds answers of another model than it stands for.
    """
    for path, model in files_of_models(paths, models):
        predictions = read_open_predictions(path)
        with errors_naming(path):
            check_model(predictions, model)
        yield path, predictions


def outputs_of_models(paths: Sequence[Path | str], models: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """Return model -> record id and text of each of its open answers, in the order of its file.

    Raises:
        InputError: as `open_predictions_of`.
    """
    tables = (table for _, table in open_predictions_of(paths, models))
    return {
        model: list(zip(table["record_id"].to_pylist(), table["output"].to_pylist(), strict=True))
        for model, table in zip(models, tables, strict=True)
    }


def files_by_name(flag: str, pairs: Sequence[str]) -> dict[str, str]:
    """Return name -> path of the values NAME=PATH of a flag, in their order.

    Raises:
        InputError: a value is not of this form, or a name occurs twice.
    """
    files: dict[str, str] = {}
    for pair in pairs:
        name, _, path = pair.partition("=")
        if not name or not path or name in files:
            raise InputError(f"{flag} {pair}: expected NAME=PATH, each name once")
        files[name] = path
    return files


@contextmanager
def errors_naming(path: Path | str) -> Iterator[None]:
    """Put the file in front of what an InputError says of its predictions."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def check_model(predictions: pa.Table, model: str | None) -> None:
    """Check that predictions are of the model that their file stands for; any will do where `model` is None.

    Raises:
        InputError: they are of another model, or of others too.
    """
    found = pc.unique(predictions["model"]).to_pylist()
    if model is not None and found and found != [model]:
        raise InputError(f"holds answers of {', '.join(map(repr, found))}, but stands for {model}")


class _KnownQuestions:
    """The choice questions of the files seen so far, by record."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[tuple[Any, ...], Path | str]] = {}

    def check(self, predictions: pa.Table, path: Path | str) -> None:
        """Compare the questions of one file with those of the files before it, and keep those that are new.

        Raises:
            InputError: a record has another source, task, number of options or right options than before, or order 0
                is not the published order.
        """
        _check_published_order(predictions)
        questions = pa.table(
            {
                "record_id": predictions["record_id"],
                "source": predictions["source"],
                "task": predictions["task"],
                "options": pc.list_value_length(predictions["option_order"]),
                "gold": pa.array(option_sets(predictions, "gold_indices")),
            }
        )
        distinct = questions.group_by(questions.column_names, use_threads=False).aggregate([])
        for record_id, *found in zip(*(column.to_pylist() for column in distinct.columns), strict=True):
            expected, first = self._first.setdefault(record_id, (tuple(found), path))
            for name, here, there in zip(_ASPECTS, found, expected, strict=True):
                if here != there:
                    said = [_positions(value) if name == "right options" else repr(value) for value in (here, there)]
                    place = "elsewhere in the file" if first == path else f"in {first}"
                    raise InputError(
                        f"record {record_id}: {name} {said[0]}, but {said[1]} {place}; expected one question"
                    )


def _check_published_order(predictions: pa.Table) -> None:
    published = predictions.filter(pc.equal(predictions["order"], 0))
    shown = published["option_order"].combine_chunks()
    places = pc.list_flatten(shown).to_numpy(zero_copy_only=False)
    rows = pc.list_parent_indices(shown).to_numpy()
    counts = pc.list_value_length(shown).to_numpy()
    expected = np.arange(len(places)) - np.repeat(np.cumsum(counts) - counts, counts)
    wrong = np.flatnonzero(places != expected)
    if len(wrong):
        row = int(rows[wrong[0]])
        raise InputError(
            f"record {published['record_id'][row].as_py()}: option_order {shown[row].as_py()} in order 0, "
            f"expected the published order {list(range(counts[row]))}"
        )


def _positions(options: int) -> str:
    return str([position for position in range(options.bit_length()) if options >> position & 1])

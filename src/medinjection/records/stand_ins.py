"""What may stand in the place of language models, base models and corpora: whatever used one is a demonstration.

A run knows it from its configuration. Models say it in their run.json, predictions and judgements in the metadata of
their files, tables in a column, so that those which were moved or given away say it too.
"""

import argparse
import json
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

import pyarrow as pa

# What models are called that answer from a script: `scripted/<name>`. A provider that does so must have this name.
SCRIPTED = "scripted"
# Key of a parquet file's metadata.
_KEY = "stand_ins"


class StandIn(StrEnum):
    """One kind of stand-in, in the words of tables, figures, cards and pages."""

    TEACHER = "scripted teacher"
    JUDGE = "scripted judge"
    MODEL = "scripted model"
    BASE = "base model pre-trained by the workflow"
    CORPORA = "corpora rendered from a small knowledge base"


def is_scripted(model: str) -> bool:
    """Say whether a model of this name answers from a script, and is no language model."""
    return model.partition("/")[0] == SCRIPTED


def in_order(stand_ins: Iterable[StandIn]) -> tuple[StandIn, ...]:
    """Return each of `stand_ins` once, in the order of their definition."""
    found = set(stand_ins)
    return tuple(kind for kind in StandIn if kind in found)


def demonstration_text(stand_ins: Iterable[StandIn]) -> str:
    """Return what a reader must know of numbers that stand-ins had a part in; nothing where there are none."""
    kinds = in_order(stand_ins)
    if not kinds:
        return ""
    scripted = " What is scripted is no language model." if {*kinds} - {StandIn.BASE, StandIn.CORPORA} else ""
    return (
        f"Demonstration: {', '.join(kinds)}.{scripted} The numbers show that the workflow runs; they say nothing about "
        "medicine and are not compared with the paper."
    )


def add_stand_ins_argument(parser: argparse.ArgumentParser) -> None:
    """Add the flag `--stand-ins`, whose value is a list of `StandIn`."""
    parser.add_argument(
        "--stand-ins",
        nargs="+",
        default=[],
        type=_named,
        metavar="KIND",
        help=f"what the run used in others' place: {', '.join(map(flag_word, StandIn))} (default: nothing)",
    )


def flag_word(kind: StandIn) -> str:
    """Return what `--stand-ins` calls a kind."""
    return kind.name.lower()


def _named(word: str) -> StandIn:
    try:
        return StandIn[word.upper()]
    except KeyError:
        raise argparse.ArgumentTypeError(
            f"{word!r} is no stand-in, expected one of {', '.join(map(flag_word, StandIn))}"
        ) from None


def with_stand_ins(table: pa.Table, stand_ins: Iterable[StandIn]) -> pa.Table:
    """Return a table whose file will say which stand-ins had a part in it, or that none had."""
    said = json.dumps(in_order(stand_ins))
    return table.replace_schema_metadata({**(table.schema.metadata or {}), _KEY: said})


def read_stand_ins(path: Path | str) -> tuple[StandIn, ...] | None:
    """Return what a parquet file says of stand-ins; None where it does not say, or nothing can be read."""
    from pyarrow import parquet as pq

    try:
        metadata = pq.read_schema(path).metadata or {}
        return in_order(map(StandIn, json.loads(metadata[_KEY.encode()])))
    except (OSError, pa.ArrowInvalid, KeyError, ValueError, TypeError):
        return None


def stand_ins_of_model(folder: Path | str) -> tuple[StandIn, ...]:
    """Return what the run.json of a model's folder says of stand-ins; none where there is no such file or key."""
    try:
        return in_order(map(StandIn, json.loads((Path(folder) / "run.json").read_text(encoding="utf-8"))["stand_ins"]))
    except (OSError, KeyError, ValueError, TypeError):
        return ()

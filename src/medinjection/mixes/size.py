"""The size of the mixes: a number, or what the smallest component has (paper section 4.1)."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from medinjection.mixes.recipe import SMALLEST
from medinjection.records.errors import InputError
from medinjection.records.files import read_columns
from medinjection.records.schema import CHOICE_TASKS, COMPONENTS, RECORD_SCHEMA


def choice_records(files: Mapping[str, Path | str]) -> dict[str, int]:
    """Return how many choice records each component has in the split train.

    Args:
        files: component -> its parquet file of records; every component that the run has.

    Raises:
        InputError: a file cannot be read.
    """
    counts = {}
    for component in (name for name in COMPONENTS if name in files):
        columns = read_columns(files[component], RECORD_SCHEMA, ("split", "task"))
        wanted = pc.and_(pc.equal(columns["split"], "train"), pc.is_in(columns["task"], pa.array(CHOICE_TASKS)))
        counts[component] = pc.sum(wanted, min_count=0).as_py() or 0
    return counts


def smallest_size(counts: Mapping[str, int]) -> int:
    """Return the smallest of the counts of `choice_records`. Raises InputError where a component has none."""
    component = min(counts, key=lambda name: counts[name])
    if not counts[component]:
        raise InputError(
            f"size {SMALLEST}: the component {component} has no choice record in the split train, expected some of "
            "each component; add sources, or give the mixes a number as their size"
        )
    return counts[component]

"""Near duplicates counted by their two sources and splits, for the data card and the report page."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from medinjection.components.near_duplicates import NEAR_DUPLICATE_SCHEMA
from medinjection.records.files import read_batches, read_table
from medinjection.records.schema import RECORD_SCHEMA, SPLITS

_SIDE = ("source", "split")


@dataclass(frozen=True, slots=True)
class PairCount:
    """Pairs of near duplicates between two sources and splits, the smaller name first.

    `exact` pairs have the same text, `other_answer` pairs another answer; of `remaining` ones both records are in the
    components as published.
    """

    left_source: str
    left_split: str
    right_source: str
    right_split: str
    pairs: int
    exact: int
    other_answer: int
    remaining: int

    @property
    def crosses_splits(self) -> bool:
        """Whether the two records are of different splits."""
        return self.left_split != self.right_split


def count_pairs(path: Path | str, components: Sequence[Path | str]) -> list[PairCount]:
    """Count the pairs of near duplicates by source and split of both records, the commonest first.

    Args:
        components: parquet files of the records that are left after decontamination.

    Raises:
        InputError: a file is missing or has another schema.
    """
    pairs = read_table(path, NEAR_DUPLICATE_SCHEMA)
    kept = _kept_ids(pairs, components)
    is_left = pc.and_(pc.is_in(pairs["left_id"], value_set=kept), pc.is_in(pairs["right_id"], value_set=kept))
    names = [f"{side}_{name}" for side in ("left", "right") for name in _SIDE]
    keyed = pa.table({name: pairs[name] for name in (*names, "kind", "same_answer")} | {"remaining": is_left})
    groups = keyed.group_by(keyed.column_names, use_threads=False).aggregate([([], "count_all")])
    totals: dict[tuple[str, str, str, str], Counter[str]] = {}
    for row in groups.to_pylist():
        sides = sorted(((row["left_source"], row["left_split"]), (row["right_source"], row["right_split"])), key=_order)
        count = row["count_all"]
        totals.setdefault((*sides[0], *sides[1]), Counter()).update(
            pairs=count,
            exact=count * (row["kind"] == "exact"),
            other_answer=count * (not row["same_answer"]),
            remaining=count * row["remaining"],
        )
    rows = [
        PairCount(*key, found["pairs"], found["exact"], found["other_answer"], found["remaining"])
        for key, found in totals.items()
    ]
    return sorted(
        rows, key=lambda row: (-row.pairs, row.left_source, row.left_split, row.right_source, row.right_split)
    )


def _kept_ids(pairs: pa.Table, components: Sequence[Path | str]) -> pa.Array:
    named = pc.unique(pa.chunked_array([*pairs["left_id"].chunks, *pairs["right_id"].chunks], pa.string()))
    parts = [pa.array([], pa.string())]
    for component in components:
        for batch in read_batches(component, RECORD_SCHEMA, ["id"]):
            parts.append(batch["id"].filter(pc.is_in(batch["id"], value_set=named)))
    return pa.concat_arrays(parts)


def _order(side: tuple[str, str]) -> tuple[str, int]:
    source, split = side
    return source, SPLITS.index(split)

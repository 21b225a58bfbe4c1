"""Training records that are too close to a validation or test record of any component.

The paper does not say that it removed such records, so its configuration leaves them in.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection.components.joining import records_at, reject
from medinjection.records.conservation import Reject
from medinjection.records.errors import InputError
from medinjection.records.files import read_batches
from medinjection.records.schema import RECORD_SCHEMA, SPLIT_PRIORITY

STAGE = "build_component"


def contaminated(path: Path | str, component: str, pairs: pa.Table) -> tuple[list[Reject], int]:
    """Return the training records of a file that are too close to a held-out record, and how many records there are.

    Args:
        path: parquet file of the records of `component`.
        pairs: table of NEAR_DUPLICATE_SCHEMA, over all components.

    Raises:
        InputError: the pairs name a record of the component that the file does not hold.
    """
    reasons = contamination_reasons(pairs, component)
    named = pa.array(reasons, pa.string())
    rows, start = [np.empty(0, np.int64)], 0
    for batch in read_batches(path, RECORD_SCHEMA, ["id"]):
        rows.append(start + np.flatnonzero(pc.is_in(batch["id"], named).to_numpy(zero_copy_only=False)))
        start += len(batch)
    found = [reject(record, STAGE, reasons[record.id]) for record in records_at([path], np.concatenate(rows))]
    if len(found) < len(reasons):
        missing = min(set(reasons) - {r.id for r in found})
        raise InputError(f"{path}: no record {missing}, which the near duplicates name; find them again on this file")
    return found, start


def contamination_reasons(pairs: pa.Table, component: str) -> dict[str, str]:
    """Return id -> reason for each training record of `component` with a near duplicate in validation or test.

    The reason names the most similar held-out record, of test before validation, then the one with the smallest id.
    """
    closest: dict[str, tuple[float, int, str, str]] = {}
    for one, other in (("left", "right"), ("right", "left")):
        is_train = pc.and_(pc.equal(pairs[f"{one}_component"], component), pc.equal(pairs[f"{one}_split"], "train"))
        chosen = pairs.filter(pc.and_(is_train, pc.not_equal(pairs[f"{other}_split"], "train")))
        columns = (f"{one}_id", "similarity", f"{other}_split", f"{other}_id")
        for name, similarity, split, held_out in zip(*(chosen[c].to_pylist() for c in columns), strict=True):
            rank = (-similarity, SPLIT_PRIORITY[split], held_out, split)
            closest[name] = min(rank, closest.get(name, rank))
    return {
        name: f"too close to {held_out} ({split}, similarity {-negative:.2f})"
        for name, (negative, _, held_out, split) in closest.items()
    }

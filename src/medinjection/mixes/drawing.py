"""Drawing a mix from the component files: few columns decide, then only the records that are drawn are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection.mixes.recipe import Part, Recipe
from medinjection.records.casting import conformed
from medinjection.records.errors import InputError
from medinjection.records.files import read_batches, read_columns
from medinjection.records.sampling import keyed_rank
from medinjection.records.schema import RECORD_SCHEMA

_DECIDING = ("id", "component", "source", "split", "task", "specialty")
_SCORES = pa.schema([("record_id", pa.string()), ("score", pa.float64())])


@dataclass(frozen=True, slots=True)
class Taken:
    """What one part gave.

    Attributes:
        available: records that pass all its filters, of which `taken` were drawn.
        before_scores: records that pass the filters other than that on scores; `unscored` of them have no score.
    """

    part: Part
    available: int
    taken: int
    before_scores: int
    unscored: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """A mix: its records as a table of RECORD_SCHEMA, in their final order, and what each part gave."""

    records: pa.Table
    parts: tuple[Taken, ...]


def draw_mix(recipe: Recipe, files: Mapping[str, Path | str], split: str = "train") -> Drawn:
    """Draw the records of one mix from a split of its components.

    Within a component records are ranked by a keyed hash of seed, component and id, and the first ones taken: the half
    of a component in one mix is part of the whole of it in another. One more record in the input changes at most one
    record of the mix. The mix itself is in the order of a keyed hash of seed, mix and id.

    Args:
        files: component -> its parquet file of records.

    Raises:
        InputError: a file holds another component's records, or none of a source or specialty that is named, an id
            occurs twice, or a part has too few records (the message says which part lacks how many).
    """
    rows_of: dict[str, list[np.ndarray]] = {}
    taken = []
    for part, size in zip(recipe.parts, recipe.sizes, strict=True):
        columns = _deciding_columns(files[part.component], part.component)
        _require_known(columns, part, recipe.name, files[part.component])
        rows, before_scores, unscored = _usable(columns, part, split)
        ids = columns["id"].take(pa.array(rows)).to_pylist()
        ranks = [keyed_rank(f"{recipe.seed}:{part.component}", record_id) for record_id in ids]
        order = sorted(range(len(ids)), key=ranks.__getitem__)[:size]
        rows_of.setdefault(part.component, []).append(rows[order])
        taken.append(Taken(part, len(rows), min(size, len(rows)), before_scores, unscored))
    _require_enough(recipe, taken, split)
    parts = [_rows(files[name], np.sort(np.concatenate(rows))) for name, rows in rows_of.items()]
    together = pa.concat_tables(parts).combine_chunks()
    ids = together["id"].to_pylist()
    _require_unique(recipe.name, ids)
    ranks = [keyed_rank(f"{recipe.seed}:{recipe.name}", record_id) for record_id in ids]
    order = sorted(range(len(ids)), key=ranks.__getitem__)
    return Drawn(together.take(pa.array(order, pa.int64())), tuple(taken))


def validation_recipe(size: int, seed: int, files: Mapping[str, Path | str]) -> Recipe:
    """Return the recipe of the mix that trainings are validated on: equal shares of the components, as a training mix.

    Args:
        size: maximum number of records. There are fewer where the smallest component has too few choice questions of
            the split validation: shares stay equal. A component without any has no share.
        files: component -> its parquet file of records.

    Raises:
        InputError: no component has any, or the size is too small for one record of each.
    """
    available = {}
    for component, path in files.items():
        rows, *_ = _usable(_deciding_columns(path, component), Part(component), "validation")
        if len(rows):
            available[component] = len(rows)
    if not available:
        raise InputError(
            f"{', '.join(map(str, files.values()))}: no choice question of the split validation, so trainings cannot "
            "be validated; expected some, or mixes.validation_size: null"
        )
    each = min(size // len(available), *available.values())
    if not each:
        raise InputError(f"mixes.validation_size is {size}, expected at least {len(available)}: one for each component")
    return Recipe("validation", tuple(map(Part, available)), each * len(available), seed)


def describe_mix(records: pa.Table) -> dict[str, dict[str, int]]:
    """Return how many records of a mix come from each component, source and task, names sorted."""
    counts = {}
    for plural, column in (("components", "component"), ("sources", "source"), ("tasks", "task")):
        found = {pair["values"]: pair["counts"] for pair in records[column].value_counts().to_pylist()}
        counts[plural] = {name: found[name] for name in sorted(found)}
    return counts


def _deciding_columns(path: Path | str, component: str) -> pa.Table:
    columns = read_columns(path, RECORD_SCHEMA, _DECIDING)
    others = sorted(set(pc.unique(columns["component"]).to_pylist()) - {component})
    if others:
        raise InputError(f"{path}: holds records of the component {others[0]!r}, expected {component!r}")
    return columns


def _require_known(columns: pa.Table, part: Part, mix: str, path: Path | str) -> None:
    """Check that the file has records of each source and each specialty that is named: it may be misspelt."""
    for column, wanted in (("source", part.sources), ("specialty", part.specialties)):
        known = sorted(set(pc.unique(columns[column]).to_pylist()) - {None}) if wanted else []
        if unknown := [name for name in wanted if name not in known]:
            raise InputError(
                f"mix {mix}: {path} has no record of the {column} {unknown[0]!r}, "
                f"expected some of {', '.join(known) or 'none'}"
            )


def _usable(columns: pa.Table, part: Part, split: str) -> tuple[np.ndarray, int, int]:
    """Return the rows that pass the filters of `part`, and its `before_scores` and `unscored` (see `Taken`)."""
    passes = pc.and_(pc.equal(columns["split"], split), pc.is_in(columns["task"], pa.array(part.tasks)))
    for column, wanted in (("source", part.sources), ("specialty", part.specialties)):
        if wanted:
            passes = pc.and_(passes, pc.is_in(columns[column], pa.array(wanted)))
    rows = np.flatnonzero(passes.to_numpy(zero_copy_only=False))
    if part.scores is None:
        return rows, len(rows), 0
    scores = _read_scores(part.scores)
    ids = columns["id"].take(pa.array(rows))
    unscored = len(rows) - pc.sum(pc.is_in(ids, scores["record_id"].combine_chunks()), min_count=0).as_py()
    good_enough = scores.filter(pc.greater_equal(scores["score"], part.minimum_score))["record_id"].combine_chunks()
    return rows[pc.is_in(ids, good_enough).to_numpy()], len(rows), unscored


def _read_scores(path: str) -> pa.Table:
    """Return the scores of a file; a row whose score is missing is left out, as a judge that gave none."""
    scores = conformed(path, read_columns(path, None, _SCORES.names), _SCORES)
    _require_unique(path, scores["record_id"].to_pylist())
    return scores.filter(pc.is_valid(scores["score"]))


def _rows(path: Path | str, rows: np.ndarray) -> pa.Table:
    """Return the rows of a file of records, given in ascending order, reading it batch by batch."""
    found, start = [], 0
    for batch in read_batches(path, RECORD_SCHEMA):
        here = rows[np.searchsorted(rows, start) : np.searchsorted(rows, start + len(batch))]
        if len(here):
            found.append(batch.take(pa.array(here - start)))
        start += len(batch)
    return pa.Table.from_batches(found, RECORD_SCHEMA)


def _require_enough(recipe: Recipe, taken: Sequence[Taken], split: str) -> None:
    missing = []
    for gave, size in zip(taken, recipe.sizes, strict=True):
        if gave.available < size:
            before = f" (of {gave.before_scores:,} before the filter on scores, {gave.unscored:,} without a score)"
            missing.append(
                f"{gave.part.label} has {gave.available:,} of {size:,}, {size - gave.available:,} too few"
                + (before if gave.part.scores else "")
            )
    if missing:
        raise InputError(
            f"mix {recipe.name} of {recipe.size:,}: not enough records of the split {split}: {'; '.join(missing)}. "
            "Choose a smaller size, other shares or filters, or add sources"
        )


def _require_unique(name: object, ids: Sequence[str]) -> None:
    if len(set(ids)) < len(ids):
        repeated = next(one for one, following in pairwise(sorted(ids)) if one == following)
        raise InputError(f"{name}: record id {repeated} occurs more than once, expected unique ids")

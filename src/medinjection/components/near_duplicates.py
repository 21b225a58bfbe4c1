"""Pairs of records that are the same question or nearly so, within and across splits, sources and components.

What is compared. A record's item is its question with its options, its core the question with the right answers, its
whole text the item with its context. Two items are as similar as their items or their cores are, whichever is more:
MMLU-Pro asks questions of MMLU with other wrong options. (The right answer of a record that is not to be shuffled may
be "Toutes les réponses", which says nothing alone: its core is its item.) Many questions share one context, as the
items made from one document do, and many contexts share one question ("Quel est le diagnostic ?"), so that neither part
alone tells: the similarity of two records with contexts is the smaller of that of their items and that of their
contexts; of two records without contexts it is that of their items. Where one of the two has a context its whole text
is compared with the other's item: some sources hold the case in the question. Each similarity is the Jaccard index of
two sets of shingles (`components.shingles`).

How pairs are found. Each distinct item, core and context is looked at once: MinHash signatures of 64 rows in
16 bands of 4 bring texts of similarity 0.8 together with probability 0.9997; candidates are then compared exactly.
Pairs of records follow from pairs of items and of contexts by a join, so that a stem or a context that thousands share
costs no more than its length.

What is reported. Among records with equal texts each is paired with the first of them (of the split test before
validation before train, then the smallest id); where two texts are near, each record of one with the first of the
other. So each training record with any equal or near record of validation or test has a pair that shows one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection.components.duplicates import FIELD_END, answer_texts, duplicate_key
from medinjection.components.joining import rows_at
from medinjection.components.shingles import digests, shingles, signatures
from medinjection.components.similarity import (
    Pairs,
    ShingleSets,
    Sketches,
    at_least,
    most_similar,
    ranges,
    similar_pairs,
    united,
)
from medinjection.records.errors import InputError
from medinjection.records.files import count_rows, read_batches
from medinjection.records.schema import RECORD_SCHEMA, SPLIT_PRIORITY, record_from_row

SIDE_COLUMNS = ("id", "component", "source", "split")
NEAR_DUPLICATE_SCHEMA = pa.schema(
    [
        *(
            pa.field(f"{side}_{name}", pa.string(), nullable=False)
            for side in ("left", "right")
            for name in SIDE_COLUMNS
        ),
        pa.field("similarity", pa.float64(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("same_answer", pa.bool_(), nullable=False),
    ]
)

_ITEM_COLUMNS = ("question", "options", "answer_indices", "answer", "shufflable")
_ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class _Scan:
    """What one pass over the files keeps of each row, and of each distinct context.

    `item` is a digest of the row's item and core, `context` the number of its context, -1 where it has none. `wholes`
    sketches the items with their contexts. `context_row` is the first row that has a context.
    """

    sides: pa.Table
    item: np.ndarray
    items: Sketches
    cores: Sketches
    wholes: Sketches
    context: np.ndarray
    context_row: np.ndarray
    contexts: Sketches


class _Contexts:
    """The distinct contexts seen so far: their numbers by digest, first rows and signatures."""

    def __init__(self) -> None:
        self.number_of: dict[int, int] = {}
        self.rows: list[int] = []
        self.signatures: list[np.ndarray] = []

    def numbers(self, column: pa.Array, start: int) -> np.ndarray:
        """Return the number of each context of a batch whose first row is `start`, -1 for none; add the new ones."""
        encoded = column.dictionary_encode()
        values, offsets = shingles(encoded.dictionary)
        names = digests(values, offsets).tolist()
        codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
        new = []
        for position, name in enumerate(names):
            if name not in self.number_of:
                self.number_of[name] = len(self.number_of)
                new.append(position)
        kept = [values[offsets[p] : offsets[p + 1]] for p in new]
        self.signatures += list(signatures(np.concatenate([values[:0], *kept]), np.cumsum([0, *map(len, kept)])))
        places, first = np.unique(codes, return_index=True)
        first_of = dict(zip(places.tolist(), first.tolist(), strict=True))
        self.rows += [start + first_of[position] for position in new]
        return np.array([*(self.number_of[name] for name in names), -1], np.int64)[codes]

    def merged(self, item_signatures: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """Return the signatures of items with their contexts."""
        whole = item_signatures.copy()
        for row in np.flatnonzero(numbers >= 0):
            np.minimum(whole[row], self.signatures[numbers[row]], out=whole[row])
        return whole


def near_duplicates(paths: Sequence[Path | str], threshold: float) -> pa.Table:
    """Return the pairs of records of similarity at least `threshold`, sorted by their ids.

    Args:
        paths: parquet files of records, whose ids are unique over all files.

    Returns:
        a table of NEAR_DUPLICATE_SCHEMA. The left id is the smaller one; kind is "exact" where the records have the
        same `duplicate_key`, else "near" (then similarity 1 means the same words, not the same symbols or case).

    Raises:
        InputError: an id occurs twice, or the threshold is not in (0, 1].
    """
    if not 0 < threshold <= 1:
        raise InputError(f"threshold of {threshold} for near duplicates, expected above 0 and at most 1")
    scan = _scan(paths)
    _, first_row, item = np.unique(scan.item, return_index=True, return_inverse=True)
    text_key = item.astype(np.int64) * (len(scan.context_row) + 1) + scan.context + 1
    text_keys, text_row, text = np.unique(text_key, return_index=True, return_inverse=True)
    items, contexts, mixed = _verified(paths, scan, first_row, text_row, threshold)
    texts = _joined(text_keys, len(scan.context_row) + 1, items, contexts)
    columns = zip((texts.left, texts.right, texts.similarity), (mixed.left, mixed.right, mixed.similarity), strict=True)
    return _report(paths, scan.sides, text, Pairs(*map(np.concatenate, columns)))


def _scan(paths: Sequence[Path | str]) -> _Scan:
    rows = sum(count_rows(path, RECORD_SCHEMA) for path in paths)
    item, context = np.zeros(rows, np.uint64), np.full(rows, -1, np.int64)
    items, cores, wholes = Sketches.empty(rows), Sketches.empty(rows), Sketches.empty(rows)
    known = _Contexts()
    sides, start = [], 0
    for path in paths:
        for batch in read_batches(path, RECORD_SCHEMA, (*SIDE_COLUMNS, *_ITEM_COLUMNS, "context")):
            here = slice(start, start + len(batch))
            context[here] = known.numbers(batch["context"], start)
            # Shingles lie within a field, so that signatures and digests of an item follow from those of its fields.
            question, options, right = map(shingles, (batch["question"], _options(batch), _right(batch)))
            stem = signatures(*question)
            signed = np.minimum(stem, signatures(*options))
            items.put(start, signed)
            cores.put(start, np.minimum(stem, signatures(*right)))
            wholes.put(start, known.merged(signed, context[here]))
            item[here] = (digests(*question) + digests(*options)) * _ODD + digests(*right)
            sides.append(batch.select(list(SIDE_COLUMNS)))
            start += len(batch)
    table = pa.Table.from_batches(sides, pa.schema([RECORD_SCHEMA.field(name) for name in SIDE_COLUMNS]))
    _check_ids(paths, table)
    contexts = Sketches.empty(len(known.rows))
    if known.rows:
        contexts.put(0, np.stack(known.signatures))
    return _Scan(table, item, items, cores, wholes, context, np.array(known.rows, np.int64), contexts)


def _check_ids(paths: Sequence[Path | str], sides: pa.Table) -> None:
    if pc.count_distinct(sides["id"]).as_py() != len(sides):
        counts = sides.group_by("id", use_threads=False).aggregate([([], "count_all")])
        repeated = counts.filter(pc.greater(counts["count_all"], 1))["id"][0].as_py()
        raise InputError(f"{', '.join(map(str, paths))}: record id {repeated} occurs more than once")


def _items(batch: pa.RecordBatch) -> pa.Array:
    return pc.binary_join_element_wise(batch["question"], _options(batch), FIELD_END)


def _cores(batch: pa.RecordBatch) -> pa.Array:
    return pc.binary_join_element_wise(batch["question"], _right(batch), FIELD_END)


def _options(batch: pa.RecordBatch) -> pa.Array:
    return pc.binary_join(batch["options"], FIELD_END)


def _right(batch: pa.RecordBatch) -> pa.Array:
    """Return the right options as fields of a text, an open answer, or all options if not shufflable."""
    options, indices = batch["options"], batch["answer_indices"]
    first, sizes = options.offsets.to_numpy()[:-1] - options.offsets[0].as_py(), np.diff(indices.offsets.to_numpy())
    places = np.repeat(first, sizes) + indices.flatten().to_numpy()
    bounds = pa.array(np.concatenate([[0], np.cumsum(sizes)]), pa.int32())
    right = pc.binary_join(pa.ListArray.from_arrays(bounds, options.flatten().take(pa.array(places))), FIELD_END)
    answers = pc.if_else(pc.equal(pc.list_value_length(options), 0), batch["answer"], right)
    return pc.if_else(batch["shufflable"], answers, _options(batch))


def _verified(
    paths: Sequence[Path | str], scan: _Scan, item_row: np.ndarray, text_row: np.ndarray, threshold: float
) -> tuple[Pairs, Pairs, Pairs]:
    """Return the similar pairs of items, of contexts, and of texts of which only the second has a context.

    Args:
        item_row: the first row of each distinct item; `text_row` of each distinct text.
    """
    items = similar_pairs(scan.items.taken(item_row), threshold)
    cores = similar_pairs(scan.cores.taken(item_row), threshold)
    contexts = similar_pairs(scan.contexts, threshold)
    mixed = _mixed_candidates(scan, text_row, threshold)
    whole_rows = np.unique(text_row[mixed[:, 1]])
    whole_context_rows = scan.context_row[scan.context[whole_rows]]
    pair_rows, core_rows, mixed_rows = item_row[items], item_row[cores], text_row[mixed]
    context_pair_rows = scan.context_row[contexts]
    item_sets = _sets(paths, (pair_rows, mixed_rows), _items, _ITEM_COLUMNS)
    core_sets = _sets(paths, (core_rows,), _cores, _ITEM_COLUMNS)
    context_sets = _sets(paths, (context_pair_rows, whole_context_rows), itemgetter("context"), ("context",))
    whole_sets = united(whole_rows, [item_sets.taken(whole_rows), context_sets.taken(whole_context_rows)])
    similar_items = at_least(items, (item_sets, pair_rows[:, 0]), (item_sets, pair_rows[:, 1]), threshold)
    similar_cores = at_least(cores, (core_sets, core_rows[:, 0]), (core_sets, core_rows[:, 1]), threshold)
    return (
        most_similar(similar_items, similar_cores),
        at_least(contexts, (context_sets, context_pair_rows[:, 0]), (context_sets, context_pair_rows[:, 1]), threshold),
        at_least(mixed, (item_sets, mixed_rows[:, 0]), (whole_sets, mixed_rows[:, 1]), threshold),
    )


def _mixed_candidates(scan: _Scan, text_row: np.ndarray, threshold: float) -> np.ndarray:
    """Return candidate pairs of a text without and one with a context, compared whole, shape (pairs, 2)."""
    has_context = scan.context[text_row] >= 0
    if not has_context.any() or has_context.all():
        return np.empty((0, 2), np.int64)

    return similar_pairs(scan.wholes.taken(text_row), threshold, has_context)


def _sets(
    paths: Sequence[Path | str],
    rows: Sequence[np.ndarray],
    texts: Callable[[pa.RecordBatch], pa.Array],
    columns: Sequence[str],
) -> ShingleSets:
    """Return the shingle sets of the texts of `rows`, made from `columns` and named by row."""
    wanted = np.unique(np.concatenate([r.ravel() for r in rows]))
    values, sizes = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    for batch, _ in rows_at(paths, wanted, columns):
        found, offsets = shingles(texts(batch))
        values.append(found)
        sizes.append(np.diff(offsets))
    return united(wanted, [(np.concatenate(values), np.concatenate(sizes))])


def _joined(text_keys: np.ndarray, stride: int, items: Pairs, contexts: Pairs) -> Pairs:
    """Return the pairs of distinct texts whose items and whose contexts are each equal or similar.

    A text's key is its item's number times `stride` plus its context's number plus 1, or plus 0 without a context.
    """
    text = np.arange(len(text_keys))
    item, context = np.divmod(text_keys, stride)
    text, other_item, item_similarity = _spread(text, item, items)
    text_of, other_context, context_similarity = _spread(
        np.arange(len(text)), context[text], Pairs(contexts.left + 1, contexts.right + 1, contexts.similarity)
    )
    wanted = other_item[text_of] * stride + other_context
    place = np.minimum(np.searchsorted(text_keys, wanted), len(text_keys) - 1)
    found = (text_keys[place] == wanted) & (text[text_of] < place)
    similarity = np.minimum(item_similarity[text_of], context_similarity)
    return Pairs(text[text_of][found], place[found], similarity[found])


def _spread(numbers: np.ndarray, values: np.ndarray, pairs: Pairs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each number once for its own value and once for each similar one: numbers, values, similarities."""
    source = np.concatenate([pairs.left, pairs.right])
    order = np.argsort(source, kind="stable")
    target = np.concatenate([pairs.right, pairs.left])[order]
    similarity = np.concatenate([pairs.similarity, pairs.similarity])[order]
    source = source[order]
    first, last = np.searchsorted(source, values), np.searchsorted(source, values, side="right")
    places = ranges(first, last - first)
    return (
        np.concatenate([numbers, np.repeat(numbers, last - first)]),
        np.concatenate([values, target[places]]),
        np.concatenate([np.ones(len(numbers)), similarity[places]]),
    )


def _report(paths: Sequence[Path | str], sides: pa.Table, text: np.ndarray, near: Pairs) -> pa.Table:
    """Return the pairs of records that the pairs of distinct texts stand for; `text` numbers the rows' texts."""
    rows = _record_pairs(_priority(sides), text, near)
    place = _places(pc.sort_indices(sides["id"]))
    swapped = place[rows.left] > place[rows.right]
    left, right = np.where(swapped, rows.right, rows.left), np.where(swapped, rows.left, rows.right)
    order = np.lexsort((place[right], place[left]))
    left, right, similarity = left[order], right[order], rows.similarity[order]
    identity = _identities(paths, np.unique(np.concatenate([left, right])))
    identities = [(identity[a], identity[b]) for a, b in zip(left.tolist(), right.tolist(), strict=True)]
    columns = [sides.take(pa.array(chosen))[name] for chosen in (left, right) for name in SIDE_COLUMNS]
    columns.append(pa.array(similarity))
    columns.append(pa.array(["exact" if a[0] == b[0] else "near" for a, b in identities], pa.string()))
    columns.append(pa.array([a[1] == b[1] for a, b in identities], pa.bool_()))
    return pa.Table.from_arrays(columns, schema=NEAR_DUPLICATE_SCHEMA)


def _priority(sides: pa.Table) -> np.ndarray:
    """Return the rank of each row by split, the one that must not leak first, then by id."""
    split = pc.index_in(sides["split"], pa.array(sorted(SPLIT_PRIORITY, key=SPLIT_PRIORITY.__getitem__)))
    keys = [("split", "ascending"), ("id", "ascending")]
    return _places(pc.sort_indices(pa.table({"split": split, "id": sides["id"]}), sort_keys=keys))


def _places(order: pa.Array) -> np.ndarray:
    """Return the place of each row in an order of rows."""
    places = np.empty(len(order), np.int64)
    places[order.to_numpy()] = np.arange(len(order))
    return places


def _record_pairs(rank: np.ndarray, text: np.ndarray, near: Pairs) -> Pairs:
    """Return the pairs of rows: the first of each text with its other rows and with the rows of near texts."""
    rows = np.lexsort((rank, text))
    count = int(text.max()) + 1 if len(text) else 0
    bounds = np.searchsorted(text[rows], np.arange(count + 1))
    first, size = rows[bounds[:-1]] if count else rows, np.diff(bounds)
    members = np.setdiff1d(rows, first)
    parts = [(first[text[members]], members, np.ones(len(members)))]
    for one, other, others in ((near.left, near.right, size[near.right]), (near.right, near.left, size[near.left])):
        # The pair of both first rows comes from one direction only.
        skipped = 0 if one is near.left else 1
        counts = others - skipped
        parts.append(
            (
                np.repeat(first[one], counts),
                rows[ranges(bounds[other] + skipped, counts)],
                np.repeat(near.similarity, counts),
            )
        )
    return Pairs(*map(np.concatenate, zip(*parts, strict=True)))


def _identities(paths: Sequence[Path | str], rows: np.ndarray) -> dict[int, tuple[bytes, tuple[str, ...]]]:
    """Return row -> its duplicate key and its answers."""
    found: dict[int, tuple[bytes, tuple[str, ...]]] = {}
    for batch, places in rows_at(paths, rows, RECORD_SCHEMA.names):
        for row, values in zip(places.tolist(), batch.to_pylist(), strict=True):
            record = record_from_row(values)
            found[row] = duplicate_key(record), answer_texts(record)
    return found

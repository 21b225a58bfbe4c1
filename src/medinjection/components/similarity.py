"""Pairs of similar sets of shingles: candidates from bands of MinHash signatures, then exact comparison.

Two sets of Jaccard index s share a band of 4 rows with probability s**4, and one of the 16 bands with probability
1 - (1 - s**4)**16: 0.9997 at s = 0.8 (Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, section 3.4).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from medinjection.components.shingles import PERMUTATIONS

_BAND_ROWS = 4
_BANDS = PERMUTATIONS // _BAND_ROWS
# A candidate whose signatures agree in a share of rows this far below the threshold is dropped unseen: four standard
# errors at 0.8, where the share has one of 0.05.
_SLACK = 0.2
# Members of a bucket above which only those are compared that share a second band: at 0.8 two in a thousand do not.
_LARGE_BUCKET = 2000
_CHUNK_PAIRS = 1 << 15
# Pairs compared exactly at once: their number fits into the bits that `_jaccard` keeps for it.
_CHUNK_COMPARED, _PAIR_BITS = 1 << 13, 13
_ONES = np.uint64(0x0101010101010101)


@dataclass(frozen=True)
class Pairs:
    """Pairs of numbers with their similarities, each of shape (pairs,)."""

    left: np.ndarray
    right: np.ndarray
    similarity: np.ndarray


@dataclass(frozen=True)
class Sketches:
    """What is kept of signatures: a uint32 key per band, (bands, sets), and a byte per row, (sets, PERMUTATIONS)."""

    keys: np.ndarray
    marks: np.ndarray

    @classmethod
    def empty(cls, count: int) -> "Sketches":
        """Return room for `count` sets."""
        return cls(np.zeros((_BANDS, count), np.uint32), np.zeros((count, PERMUTATIONS), np.uint8))

    def put(self, start: int, signatures: np.ndarray) -> None:
        """Set the sketches from number `start` on from their signatures."""
        stop = start + len(signatures)
        halves = np.ascontiguousarray(signatures).view(np.uint64).reshape(len(signatures), _BANDS, _BAND_ROWS // 2)
        first, second = halves[:, :, 0], halves[:, :, 1]
        mixed = first * np.uint64(0xBF58476D1CE4E5B9) + second * np.uint64(0x94D049BB133111EB)
        self.keys[:, start:stop] = ((mixed ^ (mixed >> np.uint64(29))) * _ONES >> np.uint64(32)).T
        self.marks[start:stop] = signatures >> np.uint32(8)

    def taken(self, numbers: np.ndarray) -> "Sketches":
        """Return the sketches of the sets `numbers`, in this order."""
        return Sketches(self.keys[:, numbers], self.marks[numbers])


@dataclass(frozen=True)
class ShingleSets:
    """Sets of shingles by name: `names` sorted, `values` those of one set together, sorted, `offsets` their bounds."""

    names: np.ndarray
    values: np.ndarray
    offsets: np.ndarray

    def taken(self, names: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the shingles of the sets `names`, one after the other, and how many each has."""
        places = np.searchsorted(self.names, names)
        starts, sizes = self.offsets[places], self.offsets[places + 1] - self.offsets[places]
        return self.values[ranges(starts, sizes)], sizes


def similar_pairs(sketches: Sketches, threshold: float, side: np.ndarray | None = None) -> np.ndarray:
    """Return candidate pairs of numbers of sets (smaller number first), shape (pairs, 2), sorted.

    Args:
        threshold: Jaccard index from which a pair is wanted.
        side: shape (sets,), bool. Where given, only pairs of a set without with a set with it, in this order.
    """
    count = len(sketches.marks)
    found = [np.empty((0, 2), np.int64)]
    minimum = np.ceil((threshold - _SLACK) * PERMUTATIONS)
    for band in range(_BANDS):
        others = [other for other in range(_BANDS) if other != band]
        for pairs in _bucket_pairs(sketches.keys, np.arange(count), band, others, side):
            equal = sketches.marks[pairs[:, 0]] == sketches.marks[pairs[:, 1]]
            # Each of the eight bytes of a sum counts eight rows at most; the product adds the bytes up.
            agreeing = equal.view(np.uint64).sum(axis=1) * _ONES >> np.uint64(56)
            found.append(pairs[agreeing >= minimum])
    together = np.concatenate(found)
    codes = np.unique(together[:, 0] * count + together[:, 1])
    return np.stack(np.divmod(codes, max(count, 1)), axis=1)


NamedSets = tuple[ShingleSets, np.ndarray]


def at_least(pairs: np.ndarray, left: NamedSets, right: NamedSets, threshold: float) -> Pairs:
    """Return those of `pairs` whose sets have a Jaccard index of at least `threshold`.

    Args:
        left: sets, and the name of each pair's set among them; `right` likewise.
    """
    (left_sets, left_names), (right_sets, right_names) = left, right
    similarity = np.empty(len(pairs))
    for start in range(0, len(pairs), _CHUNK_COMPARED):
        here = slice(start, start + _CHUNK_COMPARED)
        similarity[here] = _jaccard(left_sets.taken(left_names[here]), right_sets.taken(right_names[here]))
    near = similarity >= threshold
    return Pairs(pairs[near, 0], pairs[near, 1], similarity[near])


def most_similar(one: Pairs, other: Pairs) -> Pairs:
    """Return each pair of either once, with the larger of its similarities."""
    left, right = np.concatenate([one.left, other.left]), np.concatenate([one.right, other.right])
    similarity = np.concatenate([one.similarity, other.similarity])
    order = np.lexsort((-similarity, right, left))
    left, right, similarity = left[order], right[order], similarity[order]
    first = np.ones(len(left), bool)
    first[1:] = (left[1:] != left[:-1]) | (right[1:] != right[:-1])
    return Pairs(left[first], right[first], similarity[first])


def united(names: np.ndarray, parts: list[tuple[np.ndarray, np.ndarray]]) -> ShingleSets:
    """Return the unions of the sets that each part holds for `names` (as `ShingleSets.taken` gives them)."""
    values = np.concatenate([values for values, _ in parts])
    owners = np.concatenate([np.repeat(np.arange(len(names)), sizes) for _, sizes in parts])
    order = np.lexsort((values, owners))
    values, owners = values[order], owners[order]
    first = np.ones(len(values), bool)
    first[1:] = (values[1:] != values[:-1]) | (owners[1:] != owners[:-1])
    offsets = np.searchsorted(owners[first], np.arange(len(names) + 1))
    return ShingleSets(names, values[first], offsets)


def _bucket_pairs(
    keys: np.ndarray, members: np.ndarray, band: int, others: list[int], side: np.ndarray | None
) -> Iterator[np.ndarray]:
    """Yield the pairs of members with equal keys in `band`; in large buckets also in one of `others`, where given."""
    codes = keys[band, members].astype(np.uint64) << np.uint64(32) | members.astype(np.uint64)
    if side is not None:
        codes |= side[members].astype(np.uint64) << np.uint64(31)
    codes.sort()
    members = (codes & np.uint64((1 << 31) - 1)).astype(np.int64)
    sorted_keys = codes >> np.uint64(32)
    starts = np.flatnonzero(np.concatenate([[True], sorted_keys[1:] != sorted_keys[:-1]])[: len(members)])
    sizes = np.diff(starts, append=len(members))
    large = (sizes > _LARGE_BUCKET) if others else np.zeros(len(sizes), bool)
    for start, size in zip(starts[large], sizes[large], strict=True):
        for other in others:
            yield from _bucket_pairs(keys, members[start : start + size], other, [], side)
    shared = (sizes > 1) & ~large
    places = ranges(starts[shared], sizes[shared])
    stops = np.repeat((starts + sizes)[shared], sizes[shared])
    begins = places + 1
    if side is not None:
        without = np.repeat(np.add.reduceat(~side[members], starts)[shared] if len(starts) else sizes, sizes[shared])
        begins = np.repeat(starts[shared], sizes[shared]) + without
        plain = ~side[members[places]]
        places, begins, stops = places[plain], begins[plain], stops[plain]
    yield from _expanded(members, places, begins, stops - begins)


def _expanded(members: np.ndarray, places: np.ndarray, begins: np.ndarray, counts: np.ndarray) -> Iterator[np.ndarray]:
    """Yield pairs of the member at each place with `counts` members from `begins` on, about _CHUNK_PAIRS at a time."""
    totals = np.cumsum(counts)
    first = 0
    while first < len(places):
        limit = (totals[first - 1] if first else 0) + _CHUNK_PAIRS
        last = max(first + 1, int(np.searchsorted(totals, limit, side="right")))
        here = slice(first, last)
        left = np.repeat(members[places[here]], counts[here])
        yield np.stack([left, members[ranges(begins[here], counts[here])]], axis=1)
        first = last


def _jaccard(left: tuple[np.ndarray, np.ndarray], right: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return the Jaccard index of each pair of sets given as values and sizes; of two empty sets it is 0."""
    (left_values, left_sizes), (right_values, right_sizes) = left, right
    pair = np.concatenate([np.repeat(np.arange(len(s)), s) for s in (left_sizes, right_sizes)])
    values = np.concatenate([left_values, right_values]) >> np.uint64(_PAIR_BITS)
    codes = pair.astype(np.uint64) << np.uint64(64 - _PAIR_BITS) | values
    codes.sort()
    common = codes[1:][codes[1:] == codes[:-1]] >> np.uint64(64 - _PAIR_BITS)
    shared = np.bincount(common.astype(np.int64), minlength=len(left_sizes))
    return shared / np.maximum(left_sizes + right_sizes - shared, 1)


def ranges(starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the numbers from each start on, as many as its size, one range after the other."""
    ends = np.cumsum(sizes)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(starts - (ends - sizes), sizes)

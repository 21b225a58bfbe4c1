"""What prompts begin with in common: which prompts share a beginning, and how a batch of them is best read."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

# A forward pass of fewer tokens than these takes a device about as long as one of them all.
PASS_TOKENS = 64


@dataclass(frozen=True, slots=True)
class Reading:
    """Prompts of a batch that are read together.

    Attributes:
        rows: their positions in the batch, ascending.
        beginnings: what is read once for several of them: a position in the batch, and how many of the first tokens of
            the prompt there. Empty: each prompt is read whole.
        begun: for each of `rows` the position in `beginnings` of the one that it begins with.
    """

    rows: list[int]
    beginnings: list[tuple[int, int]]
    begun: list[int]


def groups_by_beginning(encoded: Mapping[int, np.ndarray]) -> dict[int, int]:
    """Return place -> group, one of its places: prompts of a group begin alike, as questions of one case do.

    They share at least a half of the longest of them, without what all prompts begin with. A prompt that shares less
    is a group of its own.
    """
    # Of ascending texts, neighbours share most. Big-endian bytes are in the order of the numbers.
    ascending = sorted(encoded, key=lambda place: encoded[place].astype(">i4").tobytes())
    common = [_common(encoded[one], encoded[other]) for one, other in pairwise(ascending)]
    everywhere = min(common, default=0)
    groups: dict[int, int] = {}
    head, shared, longest = -1, 0, 0
    for place, length in zip(ascending, [0, *common], strict=False):
        shared, longest = min(shared, length), max(longest, len(encoded[place]))
        if head < 0 or 2 * (shared - everywhere) < longest - everywhere:
            head, shared, longest = place, len(encoded[place]), len(encoded[place])
        groups[place] = head
    return groups


def _common(one: np.ndarray, other: np.ndarray) -> int:
    """Return how many tokens both begin with."""
    length = min(len(one), len(other))
    differing = np.flatnonzero(one[:length] != other[:length])
    return int(differing[0]) if len(differing) else length


def by_length(encoded: Mapping[int, np.ndarray], groups: Mapping[int, Hashable]) -> list[int]:
    """Return the places of the prompts in `encoded`, group by group, those with the longest prompts first.

    Prompts that share a batch are then of similar length, and a batch that is too large for the memory fails near the
    start.
    """
    longest: dict[Hashable, int] = {}
    first: dict[Hashable, int] = {}
    for place, prompt in encoded.items():
        group = groups[place]
        longest[group] = max(longest.get(group, 0), len(prompt))
        first[group] = min(first.get(group, place), place)
    return sorted(encoded, key=lambda i: (-longest[groups[i]], first[groups[i]], -len(encoded[i]), i))


def readings(prompts: Sequence[np.ndarray], groups: Sequence[Hashable]) -> list[Reading]:
    """Return how to read a batch so that the fewest tokens are read, padding and PASS_TOKENS for each pass included.

    The batch is cut into runs of groups. Of a run, either all prompts are read whole, in one pass, or what the prompts
    of each group begin with is read once, and in a second pass the rest of each prompt. Each prompt keeps one token of
    its own for that pass.
    """
    members: dict[Hashable, list[int]] = {}
    for row, group in enumerate(groups):
        members.setdefault(group, []).append(row)
    rows_of = list(members.values())
    begins = np.array([_beginning([prompts[row] for row in rows]) for rows in rows_of])
    longest = np.array([max(len(prompts[row]) for row in rows) for rows in rows_of])
    counts = np.array([len(rows) for rows in rows_of])
    costs, runs = np.zeros(len(rows_of) + 1), [(0, False)]
    for end in range(1, len(rows_of) + 1):
        # Of all runs that end here, the shortest first.
        beginning, rest, whole = (
            np.maximum.accumulate(lengths[:end][::-1]) for lengths in (begins, longest - begins, longest)
        )
        rows = counts[:end][::-1].cumsum()
        apart = rows * whole + PASS_TOKENS
        shared = np.arange(1, end + 1) * beginning + rows * rest + 2 * PASS_TOKENS
        total = costs[:end][::-1] + np.minimum(apart, shared)
        best = int(total.argmin())
        costs[end] = total[best]
        runs.append((end - 1 - best, bool(shared[best] < apart[best])))
    found = []
    end = len(rows_of)
    while end:
        start, shares = runs[end]
        found.append(_reading(rows_of[start:end], begins[start:end].tolist() if shares else None))
        end = start
    return found[::-1]


def _beginning(prompts: Sequence[np.ndarray]) -> int:
    """Return how many tokens all begin with; each keeps one of its own."""
    return min([len(prompt) - 1 for prompt in prompts] + [_common(prompts[0], prompt) for prompt in prompts[1:]])


def _reading(rows_of: Sequence[Sequence[int]], begins: Sequence[int] | None) -> Reading:
    group_of = {row: number for number, rows in enumerate(rows_of) for row in rows}
    rows = sorted(group_of)
    if begins is None:
        return Reading(rows, [], [])
    beginnings = [(group[0], length) for group, length in zip(rows_of, begins, strict=True)]
    return Reading(rows, beginnings, [group_of[row] for row in rows])

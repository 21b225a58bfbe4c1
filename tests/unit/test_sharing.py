"""Which prompts share a beginning, and how a batch of them is read with the fewest tokens."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medinjection.prediction.sharing import PASS_TOKENS, by_length, groups_by_beginning, readings

HEADER = [1, 2, 3]


def tokens(*parts):
    return np.array([token for part in parts for token in part], dtype=np.int32)


def parts_of(encoded):
    """Return the groups as sets of places."""
    found = {}
    for place, group in groups_by_beginning(encoded).items():
        found.setdefault(group, set()).add(place)
    return sorted(found.values(), key=min)


def test_questions_of_one_case_are_a_group_wherever_they_stand():
    case, other = range(100, 140), range(200, 260)
    prompts = [
        tokens(HEADER, case, [9, 4]),
        tokens(HEADER, other, [9]),
        tokens(HEADER, [50, 51, 52]),
        tokens(HEADER, case, [8, 8, 8, 4]),
        tokens(HEADER, [50, 61, 62, 63]),
        tokens(HEADER, other, [7]),
        tokens(HEADER, case, [9, 5]),
    ]
    assert parts_of(dict(enumerate(prompts))) == [{0, 3, 6}, {1, 5}, {2}, {4}]
    # Places need not be those of a list: prompts that are too long are left out.
    assert parts_of({5: prompts[0], 7: prompts[6], 2: prompts[1]}) == [{2}, {5, 7}]


def test_what_all_prompts_begin_with_makes_no_group():
    system = range(300, 500)
    prompts = [tokens(system, [number] * 5) for number in range(4)]
    assert parts_of(dict(enumerate(prompts))) == [{0}, {1}, {2}, {3}]
    case = range(100, 110)
    prompts += [tokens(system, case, [7]), tokens(system, case, [8])]
    assert parts_of(dict(enumerate(prompts))) == [{0}, {1}, {2}, {3}, {4, 5}]


def test_a_short_beginning_does_not_shorten_that_of_a_case():
    """The last shares a third of its tokens with the case, and the questions of the case nine tenths."""
    case = [*range(100, 190)]
    prompts = [tokens([1], case, [9] * 10), tokens([1], case, [8] * 10), tokens([1], case[:30], [7] * 60), tokens([2])]
    assert parts_of(dict(enumerate(prompts))) == [{0, 1}, {2}, {3}]


def test_numbers_are_compared_as_numbers():
    """As bytes from the small end, 256 would stand before 1 and part the two that begin with it."""
    prompts = [tokens([256] * 9, [1]), tokens([1] * 9, [1]), tokens([256] * 9, [2]), tokens([65_536] * 9)]
    assert parts_of(dict(enumerate(prompts))) == [{0, 2}, {1}, {3}]


def test_equal_prompts_single_prompts_and_none():
    prompt = tokens(range(20))
    assert parts_of({0: prompt, 1: prompt.copy(), 2: tokens([5])}) == [{0, 1}, {2}]
    assert parts_of({3: prompt}) == [{3}]
    assert groups_by_beginning({}) == {}


some_prompts = st.lists(st.lists(st.integers(1, 2), min_size=1, max_size=12), min_size=1, max_size=9)


@settings(max_examples=200)
@given(some_prompts)
def test_a_group_shares_half_of_its_longest(drawn):
    encoded = {place: tokens(text) for place, text in enumerate(drawn)}

    def common(texts):
        return next((i for i, row in enumerate(zip(*texts, strict=False)) if len(set(row)) > 1), min(map(len, texts)))

    everywhere = common(drawn) if len(drawn) > 1 else 0
    groups = parts_of(encoded)
    assert sorted(place for group in groups for place in group) == [*range(len(drawn))]
    for group in groups:
        texts = [drawn[place] for place in group]
        assert len(group) == 1 or 2 * (common(texts) - everywhere) >= max(map(len, texts)) - everywhere


def test_longest_group_first_and_groups_together():
    encoded = {place: np.zeros(length) for place, length in enumerate([3, 9, 5, 8, 9, 4])}
    groups = {0: "a", 1: "b", 2: "a", 3: "c", 4: "d", 5: "b"}
    assert by_length(encoded, groups) == [1, 5, 4, 3, 2, 0]


def tokens_read(reading, prompts):
    """Return the tokens that a reading reads, padding and a charge for each pass included, from its own words."""
    if not reading.beginnings:
        return len(reading.rows) * max(len(prompts[row]) for row in reading.rows) + PASS_TOKENS
    first = max(length for _, length in reading.beginnings)
    rests = [
        len(prompts[row]) - reading.beginnings[number][1]
        for row, number in zip(reading.rows, reading.begun, strict=True)
    ]
    return len(reading.beginnings) * first + len(reading.rows) * max(rests) + 2 * PASS_TOKENS


@pytest.mark.parametrize("seed", range(12))
def test_no_other_cut_of_the_batch_reads_less(seed):
    """All ways to cut five groups into runs, each run whole or shared, costed one by one."""
    drawn = np.random.default_rng(seed)
    texts, groups = [], []
    for group in range(5):
        start = drawn.integers(0, 1000, drawn.integers(1, 400))
        for _ in range(drawn.integers(1, 6)):
            texts.append(np.concatenate([start, drawn.integers(0, 1000, drawn.integers(1, 60))]))
            groups.append(group)
    found = readings(texts, groups)
    assert sorted(row for reading in found for row in reading.rows) == [*range(len(texts))]
    for reading in found:
        for row, number in zip(reading.rows, reading.begun, strict=bool(reading.beginnings)):
            first, length = reading.beginnings[number]
            assert length < len(texts[row]) and (texts[row][:length] == texts[first][:length]).all()

    def least(members):
        """Return the tokens of a run of groups, the cheaper of both ways."""
        rows = [[texts[i] for i in range(len(texts)) if groups[i] == group] for group in members]
        shared = [
            min(
                *(len(text) - 1 for text in part),
                next((i for i, row in enumerate(zip(*part, strict=False)) if len(set(row)) > 1), 10**9),
            )
            if len(part) > 1
            else len(part[0]) - 1
            for part in rows
        ]
        every = [text for part in rows for text in part]
        rest = max(len(text) - begin for part, begin in zip(rows, shared, strict=True) for text in part)
        return min(
            len(every) * max(map(len, every)) + PASS_TOKENS,
            len(rows) * max(shared) + len(every) * rest + 2 * PASS_TOKENS,
        )

    def cut(ends):
        """Return runs of the five groups, cut after those of the first four that `ends` says."""
        runs = [[0]]
        for group, ends_before in enumerate(ends, 1):
            runs = [*runs, [group]] if ends_before else [*runs[:-1], [*runs[-1], group]]
        return runs

    best = min(sum(map(least, cut(ends))) for ends in product([False, True], repeat=4))
    assert sum(tokens_read(reading, texts) for reading in found) == best


def test_rows_of_a_group_need_not_stand_together():
    texts = [np.array([*range(100, 300), number]) for number in range(3)] + [np.arange(30)]
    (first, second) = readings([texts[0], texts[3], texts[1], texts[2]], ["a", "b", "a", "a"])
    assert (first.rows, first.beginnings, first.begun) == ([0, 2, 3], [(0, 200)], [0, 0, 0])
    assert (second.rows, second.beginnings, second.begun) == ([1], [], [])

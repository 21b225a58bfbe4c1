"""Splits: upstream's, else drawn by a keyed hash of the clinical case that items share."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medinjection.records.errors import InputError
from medinjection.sources.items import choice_record, document, open_record
from medinjection.sources.registry import SourceFile, load_registry
from medinjection.sources.splits import case_key, parse_split_shares, split_of

SHARES = {"train": 0.6, "validation": 0.1, "test": 0.3}


@pytest.fixture
def source(root):
    return replace(load_registry(root / "config/sources.yaml")["frenchmedmcqa"], split_shares=None)


@given(st.text(min_size=1), st.integers(), st.integers(0, 100), st.integers(0, 100))
def test_split_of_is_a_function_of_the_id_and_never_a_split_of_no_share(item_id, seed, a, b):
    total = a + b or 1
    shares = {"train": a / total, "test": 1 - a / total}
    assert shares[split_of(item_id, shares, seed)] > 0
    assert split_of(item_id, shares, seed) == split_of(item_id, dict(reversed(shares.items())), seed)


def test_shares_are_met():
    counts = Counter(split_of(str(number), SHARES, 42) for number in range(20_000))
    # Three standard deviations of a binomial share are 1.1 points at most.
    for split, share in SHARES.items():
        assert counts[split] / 20_000 == pytest.approx(share, abs=0.011)


def test_the_split_of_the_file_comes_first(source):
    drawn = replace(source, split_shares={"test": 1.0})
    assert open_record(drawn, SourceFile("train.json", split="train"), "1", "Q ?", "R").split == "train"
    assert open_record(drawn, SourceFile("all.json"), "1", "Q ?", "R").split == "test"
    assert open_record(source, SourceFile("all.json"), "1", "Q ?", "R").split == "test"


def test_questions_of_one_case_are_not_parted(source):
    drawn, file = replace(source, split_shares=SHARES), SourceFile("all.json")
    splits = set()
    for case in range(60):
        records = [
            choice_record(drawn, file, f"{case}-{n}", f"Question {n} ?", ["a", "b"], [n % 2], context=f"Cas {case}.")
            for n in range(4)
        ]
        records.append(open_record(drawn, file, f"{case}-o", "Quel diagnostic ?", "R", context=f"Cas  {case}.\n"))
        assert len({record.split for record in records}) == 1
        splits.add(records[0].split)
    assert splits == set(SHARES), "cases of their own are drawn apart"


def test_what_keeps_items_together(source):
    file = SourceFile("all.json")
    assert case_key(open_record(source, file, "1", "Q ?", "R")) == "frenchmedmcqa:1"
    assert case_key(document(source, file, "1", "Un  cas.")) == case_key(document(source, file, "2", "Un cas."))
    assert case_key(document(source, file, "1", "Un cas.")) != case_key(document(source, file, "1", "Autre cas."))


def test_parse_split_shares():
    assert parse_split_shares("train=0.8, validation=0.1,test=0.1") == {"train": 0.8, "validation": 0.1, "test": 0.1}
    assert parse_split_shares("test=1") == {"test": 1.0}
    for text in ("train=0.8", "dev=1", "train=1,train=0", "train", "train=2,test=-1", "", "train=nan,test=1"):
        with pytest.raises(InputError, match="split shares"):
            parse_split_shares(text)

"""Splits: upstream's where it has them, else drawn by a keyed hash of the clinical case that items share."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from medinjection.records.errors import InputError
from medinjection.records.sampling import unit_interval
from medinjection.records.schema import SPLITS, Document, Record, content_hash
from medinjection.records.text import folded, is_blank
from medinjection.sources.registry import Source, SourceFile

# Where neither upstream nor the registry splits: open questions are for evaluation above all (section 3.3, Table 2).
SPLIT_WITHOUT_UPSTREAM = "test"

Item = TypeVar("Item", Record, Document)


def split_of(key: str, shares: Mapping[str, float], seed: int | str) -> str:
    """Return the split of an item by a keyed hash of `key`: other items, added or removed, change nothing.

    Args:
        key: the id of the item, or what it shares with items that must not be parted from it.
        shares: share of each split, adding up to 1.
    """
    position = unit_interval(f"split {seed}", key)
    bound = 0.0
    for split in SPLITS:
        bound += shares.get(split, 0.0)
        if position < bound:
            return split
    return max(SPLITS, key=lambda split: shares.get(split, 0.0))


def case_key(item: Record | Document) -> str:
    """Return what keeps items of one split together: the clinical case or passage that they share, else the id."""
    return shared_key(item.id, item.text if isinstance(item, Document) else item.context)


def shared_key(item_id: str, text: str | None) -> str:
    """Return `case_key` of the item with this id and this case or passage."""
    return content_hash(folded(text)) if text and not is_blank(text) else item_id


def with_split(source: Source, file: SourceFile, item: Item) -> Item:
    """Return `item` in the split of its file; where upstream gives none, in one drawn by its case, else in test."""
    if file.split:
        return replace(item, split=file.split)
    if source.split_shares:
        return replace(item, split=split_of(case_key(item), source.split_shares, source.name))
    return replace(item, split=SPLIT_WITHOUT_UPSTREAM)


def parse_split_shares(text: str) -> dict[str, float]:
    """Return the shares written as `train=0.8,validation=0.1,test=0.1`; a split that is not named has none.

    Raises:
        InputError: an unknown split, one named twice, a share that is no number of 0 to 1, or a sum other than 1.
    """
    shares: dict[str, float] = {}
    for part in text.split(","):
        split, _, number = part.strip().partition("=")
        try:
            share = float(number)
        except ValueError:
            share = -1.0
        if split not in SPLITS or split in shares or not 0 <= share <= 1:
            raise InputError(
                f"split shares: found {part.strip()!r} in {text!r}, expected each of {', '.join(SPLITS)} at most once, "
                "with a share of 0 to 1, such as train=0.8,validation=0.1,test=0.1"
            )
        shares[split] = share
    if abs(sum(shares.values()) - 1) > 1e-9:
        raise InputError(f"split shares: {text!r} add up to {sum(shares.values()):g}, expected 1")
    return shares

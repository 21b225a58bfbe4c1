"""Shards: the requests of one stage cut into parts that jobs work on side by side, each with its own journal."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from medinjection.records.errors import InputError

_NAME = re.compile(r"(\d+)-of-(\d+)")


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `number` (from 1) of `count` parts. Written `2-of-8`.

    Raises:
        InputError: there is no such part.
    """

    number: int = 1
    count: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.count:
            raise InputError(f"shard {self.number}-of-{self.count}: expected a number from 1 to {self.count}")

    def __str__(self) -> str:
        return f"{self.number}-of-{self.count}"

    def holds(self, text: str) -> bool:
        """Whether a request with this user message is in the shard: equal requests always share one."""
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) % self.count == self.number - 1


def read_shard(name: str) -> Shard:
    """Return the shard that `name` writes. Raises InputError where it writes none."""
    found = _NAME.fullmatch(name)
    if not found:
        raise InputError(f"shard {name!r}: expected <number>-of-<count>, such as 2-of-8")
    return Shard(int(found[1]), int(found[2]))


def journals_of_other_cuts(path: Path) -> list[Path]:
    """Return the journals beside that of a shard which date from another number of shards, in a fixed order.

    What they answered is not asked again when work is cut in another way.
    """
    own = _NAME.fullmatch(path.stem)
    if not own or not path.parent.is_dir():
        return []
    cuts = ((_NAME.fullmatch(other.stem), other) for other in sorted(path.parent.glob(f"*-of-*{path.suffix}")))
    return [other for cut, other in cuts if cut and cut[2] != own[2]]

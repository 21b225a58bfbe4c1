"""What a mix is made of: parts of components, their shares and filters (paper section 4.1, and beyond it)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import floor
from typing import Any

from medinjection.records.errors import InputError
from medinjection.records.schema import CHOICE_TASKS, COMPONENTS, TASKS

# In place of a number: the paper's rule, "the smallest common sample size across all sources", of choice questions.
SMALLEST = "smallest"

_KINDS = {
    "component": "a text",
    "sources": "a list of texts",
    "share": "a number",
    "tasks": "a list of texts",
    "specialties": "a list of texts",
    "minimum_score": "a number",
    "scores": "a text",
}


@dataclass(frozen=True, slots=True)
class Part:
    """Training records of one component that pass all filters.

    Attributes:
        sources: names of sources of the component, all of them where none is named.
        share: part of the mix, from 0 to 1; None where all parts of the mix are equal.
        tasks: as the paper, choice questions by default.
        specialties: any, and records without one, where none is named.
        minimum_score: minimum score of a record; one that `scores` does not have is not taken.
        scores: parquet file with the columns record_id and score.
    """

    component: str
    sources: tuple[str, ...] = ()
    share: float | None = None
    tasks: tuple[str, ...] = CHOICE_TASKS
    specialties: tuple[str, ...] = ()
    minimum_score: float | None = None
    scores: str | None = None

    @property
    def label(self) -> str:
        """How messages and summaries call it, such as "synthetic (deft2021, diamed; score at least 4)"."""
        filters = [", ".join(self.sources)] if self.sources else []
        if self.tasks != CHOICE_TASKS:
            filters.append(f"tasks {', '.join(self.tasks)}")
        if self.specialties:
            filters.append(f"specialties {', '.join(self.specialties)}")
        if self.minimum_score is not None:
            filters.append(f"score at least {self.minimum_score:g}")
        return f"{self.component} ({'; '.join(filters)})" if filters else self.component


@dataclass(frozen=True, slots=True)
class Recipe:
    """One mix: its parts, how many records it has, and the seed of its sampling.

    Raises:
        InputError: the size is below 1, or the parts do not fit together (`check_parts`).
    """

    name: str
    parts: tuple[Part, ...]
    size: int
    seed: int

    def __post_init__(self) -> None:
        if self.size < 1:
            raise InputError(f"mix {self.name}: size {self.size}, expected at least 1")
        try:
            check_parts(self.parts)
        except InputError as error:
            raise InputError(f"mix {self.name}: {error}") from None

    @property
    def sizes(self) -> list[int]:
        """Records of each part: its share of the size, rounded so that they add up; see `apportioned`."""
        shares = [part.share for part in self.parts if part.share is not None]
        return apportioned(self.size, shares or [1 / len(self.parts)] * len(self.parts))


def read_part(text: str) -> Part:
    """Return the part that a JSON object describes: the attributes of `Part`, of which only the component is required.

    Raises:
        InputError: it is no JSON object, has no component or an unknown key, or a value is of another type.
    """
    try:
        values = json.loads(text)
    except ValueError as error:
        raise InputError(f"part {text!r}: no JSON ({error})") from None
    known = [field.name for field in fields(Part)]
    if not isinstance(values, dict) or "component" not in values or not set(values) <= set(known):
        raise InputError(f"part {text!r}: expected a JSON object with component and any of {', '.join(known[1:])}")
    for name, value in values.items():
        if not _fits(name, value):
            raise InputError(f"part {text!r}: {name} is {value!r}, expected {_KINDS[name]}")
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return Part(**given)


def _fits(name: str, value: object) -> bool:
    kind = _KINDS[name]
    if kind == "a list of texts":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if kind == "a text":
        return isinstance(value, str)
    return isinstance(value, int | float) and not isinstance(value, bool)


def check_parts(parts: Sequence[Part]) -> None:
    """Check that the parts of one mix fit together.

    No record may belong to two parts: parts of one component have no source, or no task, in common.

    Raises:
        InputError: no part, an unknown component or task, shares for some parts only, outside 0 to 1 or that do not
            add up to 1, a minimum score without scores or the other way round, or two parts that may hold the same
            record.
    """
    if not parts:
        raise InputError("has no part, expected one or more")
    shares = [part.share for part in parts if part.share is not None]
    if shares and len(shares) < len(parts):
        raise InputError("expected a share for every part, or for none")
    if outside := [share for share in shares if not 0 <= share <= 1]:
        raise InputError(f"the share of a part is {outside[0]:g}, expected 0 to 1")
    if shares and abs(sum(shares) - 1) > 1e-9:
        raise InputError(f"the shares add up to {sum(shares):g}, expected 1")
    for number, part in enumerate(parts):
        if part.component not in COMPONENTS:
            raise InputError(f"component {part.component!r}, expected one of {', '.join(COMPONENTS)}")
        if unknown := [task for task in part.tasks if task not in TASKS] or ([] if part.tasks else ["none"]):
            raise InputError(f"{part.component}: task {unknown[0]!r}, expected one or more of {', '.join(TASKS)}")
        if (part.minimum_score is None) != (part.scores is None):
            raise InputError(f"{part.component}: expected both of minimum_score and scores, or neither")
        for other in parts[:number]:
            if part.component == other.component and _meet(part, other):
                raise InputError(
                    f"two parts of the component {part.component} may hold the same record, expected parts that have "
                    "no source, or no task, in common"
                )


def _meet(one: Part, other: Part) -> bool:
    same_source = not one.sources or not other.sources or bool(set(one.sources) & set(other.sources))
    return same_source and bool(set(one.tasks) & set(other.tasks))


def apportioned(size: int, shares: Sequence[float]) -> list[int]:
    """Return whole numbers that add up to `size`, each `share * size` rounded down or up.

    Those with the largest remainder are rounded up, of equal ones the first. The paper does not say which component
    gets the odd example of 33,493; here it is the first named.
    """
    exact = [round(share * size, 6) for share in shares]
    counts = [floor(value) for value in exact]
    by_remainder = sorted(range(len(shares)), key=lambda i: counts[i] - exact[i])
    for i in by_remainder[: size - sum(counts)]:
        counts[i] += 1
    return counts

"""The sections of the page, in order, and the parts of each that a run has: what the table of contents lists."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Tables of results that are of choice questions; the others are of open ones.
CHOICE_NUMBERS = (5, 7)


@dataclass(frozen=True, slots=True)
class Section:
    """A section: its template's name, which links know it by, its title, and the titles of its parts."""

    id: str
    title: str
    parts: tuple[str, ...] = ()


def contents(facts: Mapping[str, Any]) -> list[Section]:
    """Return the sections that have something to show."""
    choice = [table["title"] for table in facts["tables"] if table["number"] in CHOICE_NUMBERS]
    open_ones = [table["title"] for table in facts["tables"] if table["number"] not in CHOICE_NUMBERS]
    counted = [grid.label for grid in facts["count_tables"]]
    rated = [grid.label for grid in (*facts["rating_tables"], *facts["judge_tables"])]
    drawn = {figure["number"]: figure["label"] for figure in (*facts["figures"], *facts["length_figures"])}
    teachers = [grid.label for grid in facts["translation_tables"]] + _figures(drawn, 3)
    said = facts["faithfulness"]
    faithful = [said.label] if said and said.lines else []
    metrics = bool(facts["open_rows"])
    judged = bool(facts["judge_rows"] or rated or facts["agreement"] or 5 in drawn)
    ledger = ["Ledger"] if facts["ledger"] else []
    found = (
        (True, Section("overview", "Overview")),
        (facts["claims"], Section("claims", "The paper's claims")),
        (facts["split_counts"], Section("data", "Data and ledger", (*counted, *ledger, *_figures(drawn, 1, 2, 4)))),
        (facts["costs"] or teachers, Section("teachers", "Teachers and cost", tuple(teachers))),
        (facts["models"], Section("training", "Mixes and training", ("Mixes", "Models"))),
        (True, Section("choice", "Choice questions", tuple(choice))),
        (open_ones or metrics or faithful or 6 in drawn, Section("open", "Open questions", (*open_ones, *faithful))),
        (judged, Section("judges", "Judges and human review", (*rated, *_figures(drawn, 5)))),
        (facts["cells"], Section("audit", "Audit")),
        (True, Section("provenance", "Provenance")),
    )
    return [section for is_there, section in found if is_there]


def _figures(drawn: Mapping[int, str], *numbers: int) -> list[str]:
    return [drawn[number] for number in numbers if number in drawn]

"""Scores of choice questions, and the paper's tables, for tests of tables."""

from pathlib import Path

from medinjection.reporting.reading import read_published
from medinjection.reporting.tables.choice_tables import (
    ChoiceScore,
)
from medinjection.reporting.tables.layouts import LAYOUTS
from medinjection.reporting.tables.table import (
    Line,
    ResultTable,
    printed_lines,
)

PUBLISHED = Path(__file__).parents[2] / "resources" / "published"


def score(source="s1", task="mcqu", order=0, decoding="greedy", n=10, em=0.5, hamming=0.5, parsed=1.0, model="base"):
    return ChoiceScore(model, source, task, order, decoding, n, em, hamming, parsed)


def published(number):
    return read_published(PUBLISHED / f"published_table{number}.csv", LAYOUTS[number].published_keys)


def lines_of(table: ResultTable, kind: str) -> list[Line]:
    return [line for line in printed_lines(table) if line.kind == kind]

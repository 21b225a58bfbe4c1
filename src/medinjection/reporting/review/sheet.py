"""The csv on which answers are rated in a spreadsheet."""

from collections.abc import Mapping, Sequence
from typing import Any

from medinjection.scoring.human.schema import COMMENT, HASH, ITEM, RATING, TEXTS
from medinjection.scoring.human.spreadsheets import spreadsheet_text

SHEET_COLUMNS = (ITEM, *TEXTS, RATING, COMMENT, HASH)


def review_sheet(sample: Sequence[Mapping[str, Any]]) -> str:
    """Return the csv for a sample, rows of SAMPLE_SCHEMA: rating and comment are empty, models are not named."""
    filled = ({**row, RATING: "", COMMENT: ""} for row in sample)
    return spreadsheet_text(SHEET_COLUMNS, ([row[name] or "" for name in SHEET_COLUMNS] for row in filled))

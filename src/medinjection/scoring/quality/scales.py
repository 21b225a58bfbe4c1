"""The scales on which judges score synthetic items (paper Figures 12 and 13), and the file of such scores."""

import pyarrow as pa

from medinjection.records.reasoning import after_reasoning
from medinjection.records.text import visible

# The best score of each kind of items; the worst is 1.
BEST_SCORES = {"open": 5, "choice": 3}
SCORES = tuple(range(1, max(BEST_SCORES.values()) + 1))

QUALITY_SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("task", pa.string(), nullable=False),
        pa.field("score", pa.int8()),
        pa.field("raw_output", pa.string(), nullable=False),
    ]
)


def kind_of(task: str) -> str:
    """Return `open` or `choice`: which prompt and scale an item of this task is judged by."""
    return "open" if task == "oeq" else "choice"


def read_quality_score(text: str, task: str) -> int | None:
    """Return the score of a judge's text: a whole number of the task's scale where that is all it says, else None.

    Figure 13 asks for 1 to 5 and defines 1 to 3: a 4 or 5 for a choice item is no score. Of a judge that reasons first,
    what stands after its reasoning counts. How the authors read these texts is not published.
    """
    text = visible(after_reasoning(text) or "").strip()
    return int(text) if text in map(str, range(1, BEST_SCORES[kind_of(task)] + 1)) else None

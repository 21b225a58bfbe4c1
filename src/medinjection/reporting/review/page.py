"""The page on which answers are rated: one HTML file that needs no other and sends nothing."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from medinjection.reporting.inline import policy_hash, script_data
from medinjection.reporting.templates import rendered

_FOLDER = Path(__file__).parent
_SHOWN = ("item", "text_hash", "case", "question", "reference", "answer")


def review_page(
    sample: Sequence[Mapping[str, Any]], run_name: str, note: str = "", simulated: Sequence[str] = ()
) -> str:
    """Return the page for a sample. It has neither models nor records: whoever rates is blind to them.

    Texts are JSON in a script element that is not run, with `<` escaped, and become text nodes. The page's policy
    allows its own script and style, known by their hashes, and nothing else.

    Args:
        sample: rows of SAMPLE_SCHEMA (`scoring.human.schema`), in the order in which they are shown.
        note: sentence in the page's banner.
        simulated: raters of this run that are programs, which the page says.
    """
    script, style = (f"\n{(_FOLDER / name).read_text(encoding='utf-8')}" for name in ("review.js", "review.css"))
    facts = {
        "run_name": run_name,
        "note": note,
        "simulated": [*simulated],
        "data": script_data({"sample": sample_id(sample), "items": [_shown(row) for row in sample]}),
        "script": script,
        "script_hash": policy_hash(script),
        "style": style,
        "style_hash": policy_hash(style),
    }
    return rendered("review/review.html.j2", facts)


def sample_id(sample: Sequence[Mapping[str, Any]]) -> str:
    """Return a short name of a sample, under which a browser keeps its ratings: another draw begins anew."""
    shown = " ".join(f"{row['item']}={row['text_hash']}" for row in sample)
    return hashlib.sha256(shown.encode()).hexdigest()[:16]


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in _SHOWN}

"""How the text of a judge of open answers is read: strictly, and as the authors' released judge program reads it.

That program is `LLM-as-a-judge.py` of github.com/ikram28/MedInjection-FR (commit 6ef2e3b), which was read, not run.
"""

import re

from medinjection.records.reasoning import after_reasoning
from medinjection.records.text import visible


def read_score(text: str) -> int | None:
    """Return the score of a judge's text, read strictly: 0 or 1 where that is all it says, None otherwise.

    Of a judge that reasons first, what stands after its reasoning counts; reasoning that does not end has no score.
    """
    answer = after_reasoning(text)
    return None if answer is None else {"0": 0, "1": 1}.get(visible(answer).strip())


def read_score_as_released(text: str) -> int | None:
    """Return the score as the released program reads it: the first 0 or 1 that stands alone, else the first at all.

    So "Score: 1." is 1 and "0.5" is 0, and "10" is 1. This is its function `parse_score`. That program lets a
    judge write one token and never sees reasoning; the paper does not say how it read HuatuoGPT-o1. Here reasoning is
    passed over as in `read_score`.
    """
    answer = after_reasoning(text)
    found = answer and (re.search(r"\b[01]\b", answer) or re.search(r"[01]", answer))
    return int(found[0]) if found else None

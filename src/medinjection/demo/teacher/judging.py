"""Scores by counting words, or drawn. They show that judging works, not how good an answer or an item is."""

import re
import unicodedata
from collections import Counter

from medinjection.records.sampling import unit_interval

_QUESTION = r"Question:\s*(?P<question>.*?)\n"
_JUDGED = re.compile(rf"{_QUESTION}Candidate_answer:(?P<candidate>.*?)\nGround_truth:(?P<truth>.*)", re.DOTALL)
_SWAPPED = re.compile(rf"{_QUESTION}Ground_truth:(?P<truth>.*?)\nCandidate_answer:(?P<candidate>.*)", re.DOTALL)
_WORD = re.compile(r"\w+")
# Words that carry no answer.
_COMMON = (
    "l le la les d de du des un une à au aux en et ou dans sur par pour avec comme parmi est sont être peut peuvent on "
    "ce ces qui que se s ne pas je il elle figure figurent"
)
DRAWN = "A scripted judge has no reasons: this score is drawn by a hash of the request."
_THRESHOLD = 0.5
# Judges of different names draw the line up to this much lower or higher, and so does one that is asked otherwise.
_LARGEST_SHIFT = 0.1


def equivalence_score(request: str, model: str) -> str:
    """Return "1" where the candidate answer has enough words of the ground truth, else "0" (paper Figure 14).

    Enough is an F1 of words above 0.5, give or take what the judge's name decides. Common words and words of the
    question do not count, unless the ground truth has no others. Where the ground truth comes first, another F1 is
    enough, so that the demonstration has judges that contradict themselves. A request of another form scores "0".
    """
    judged = _JUDGED.search(request)
    if judged is None:
        judged, model = _SWAPPED.search(request), f"{model}, swapped"
    if judged is None:
        return "0"
    question, candidate, truth = (_words(judged[name]) for name in ("question", "candidate", "truth"))
    ignored = {*_COMMON.split(), *question}
    essential = Counter({word: count for word, count in truth.items() if word not in ignored})
    if essential:
        candidate = Counter({word: count for word, count in candidate.items() if word not in ignored})
    threshold = _THRESHOLD + _LARGEST_SHIFT * (2 * unit_interval("scripted judge", model) - 1)
    return "1" if _f1(candidate, essential or truth) >= threshold else "0"


def quality_score(request: str, model: str, best: int) -> str:
    """Return a score up to `best` for a generated item (paper Figures 12 and 13), drawn by a hash: mostly high.

    It says so where a model that reasons first would give its reasons.
    """
    score = best - int(3 * unit_interval(f"scripted quality {model}", request) ** 2)
    return f"<think>{DRAWN}</think>\n\n{score}"


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(unicodedata.normalize("NFC", text).casefold()))


def _f1(candidate: Counter[str], truth: Counter[str]) -> float:
    shared = (candidate & truth).total()
    total = candidate.total() + truth.total()
    return 2 * shared / total if total else 0.0

"""Are longer answers judged better? Beyond the paper: scores by length decile, and pairs of equally long answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from medinjection.scoring.choice.intervals import bootstrap_interval, derived_seed

DECILE_COLUMNS = ("judge", "model", "decile", "answers", "scored", "shortest", "longest", "mean_tokens", "mean_score")
MATCHED_COLUMNS = (
    "judge",
    "model",
    "base",
    "pairs",
    "n",
    "mean_model",
    "mean_base",
    "difference",
    "ci_low",
    "ci_high",
    "tokens_model",
    "tokens_base",
)
# Two answers count as equally long if the longer is at most this many times as long as the shorter.
LENGTH_FACTOR = 1.25
ALL_MODELS = "all models"


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """An answer's length in tokens and its score by one judge, None where the judgement could not be read."""

    tokens: int
    score: float | None


# Model -> record -> its answer.
JudgedAnswers = Mapping[str, Mapping[str, JudgedAnswer]]


def mean_scores(answers: JudgedAnswers) -> dict[str, float | None]:
    """Return each model's mean score over the judgements that could be read, None where none could."""
    read = {model: [a.score for a in found.values() if a.score is not None] for model, found in answers.items()}
    return {model: fmean(scores) if scores else None for model, scores in read.items()}


def decile_rows(judge: str, answers: JudgedAnswers) -> list[dict[str, object]]:
    """Return rows of DECILE_COLUMNS: answers from shortest to longest in ten equal parts, of each model and of all.

    Parts differ by one answer at most; answers of the same length are in the order of their model and record, so that a
    border may part them. Of fewer than ten answers some parts are empty and have no row.
    """
    of_all = [(model, record, answer) for model, found in answers.items() for record, answer in found.items()]
    rows = []
    for name in (*answers, ALL_MODELS):
        chosen = sorted(
            (item for item in of_all if name in (item[0], ALL_MODELS)), key=lambda item: (item[2].tokens, *item[:2])
        )
        for decile, part in enumerate(np.array_split(np.arange(len(chosen)), 10), start=1):
            found = [chosen[place][2] for place in part]
            if found:
                rows.append({"judge": judge, "model": name, "decile": decile} | _part(found))
    return rows


def matched_rows(judge: str, answers: JudgedAnswers, bases: Mapping[str, str], seed: int) -> list[dict[str, object]]:
    """Return rows of MATCHED_COLUMNS: each model beside its base on the same questions, by the judge's mean score.

    `pairs` is `all`, every question where both answers have a score, or `matched`, those of them whose two answers are
    equally long (LENGTH_FACTOR): what remains of a difference there is not length. The interval of the difference is
    the percentile bootstrap over questions, 95 %.

    Args:
        bases: model -> the model that it is compared with.
    """
    rows = []
    for model, base in bases.items():
        both = [
            (answer, other)
            for record, answer in answers[model].items()
            if (other := answers[base].get(record)) and answer.score is not None and other.score is not None
        ]
        for pairs, chosen in (("all", both), ("matched", [pair for pair in both if _equally_long(*pair)])):
            row: dict[str, object] = dict.fromkeys(MATCHED_COLUMNS, "")
            row |= {"judge": judge, "model": model, "base": base, "pairs": pairs, "n": len(chosen)}
            rows.append(row | _difference(chosen, derived_seed(str(seed), "length", judge, model, base, pairs)))
    return rows


def _part(answers: Sequence[JudgedAnswer]) -> dict[str, object]:
    scores = [answer.score for answer in answers if answer.score is not None]
    tokens = [answer.tokens for answer in answers]
    return {
        "answers": len(answers),
        "scored": len(scores),
        "shortest": min(tokens),
        "longest": max(tokens),
        "mean_tokens": fmean(tokens),
        "mean_score": fmean(scores) if scores else "",
    }


def _equally_long(first: JudgedAnswer, second: JudgedAnswer) -> bool:
    shorter, longer = sorted((first.tokens, second.tokens))
    return longer <= LENGTH_FACTOR * shorter


def _difference(pairs: Sequence[tuple[JudgedAnswer, JudgedAnswer]], seed: int) -> dict[str, object]:
    if not pairs:
        return {}
    scores = np.array([[answer.score for answer in pair] for pair in pairs], float)
    differences = scores[:, 0] - scores[:, 1]
    low, high = bootstrap_interval(differences, seed)
    return {
        "mean_model": float(scores[:, 0].mean()),
        "mean_base": float(scores[:, 1].mean()),
        "difference": float(differences.mean()),
        "ci_low": low,
        "ci_high": high,
        "tokens_model": fmean(pair[0].tokens for pair in pairs),
        "tokens_base": fmean(pair[1].tokens for pair in pairs),
    }

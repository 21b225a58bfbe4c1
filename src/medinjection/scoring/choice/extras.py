"""What the paper's tables leave open: stability, votes, position bias and debiasing, per model, task, decoding."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection.prediction.schema import DECODINGS
from medinjection.records.schema import CHOICE_TASKS
from medinjection.scoring.choice.debias import permutation_average, prior_removed
from medinjection.scoring.choice.position import letter_distance, position_rows, recall_spread
from medinjection.scoring.choice.scores import MEASURES, intersection_over_union
from medinjection.scoring.choice.shown import ShownAnswers, shown_answers
from medinjection.scoring.choice.stability import majority_vote, stability

_OVER_ORDERS = (
    "n_reordered",
    "stable_share",
    "mean_jaccard",
    "vote_exact_match",
    "vote_hamming",
    "vote_parse_rate",
    "average_exact_match",
    "prior_exact_match",
    "rstd",
    "prior_rstd",
    "letter_distance",
)
EXTRA_COLUMNS = ("model", "task", "decoding", "n", *MEASURES, *_OVER_ORDERS)


def extra_rows(predictions: pa.Table, items: pa.Table) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Return rows of EXTRA_COLUMNS and of POSITION_COLUMNS for one model, micro-averages over its records.

    Scores up to `chance_hamming` are of the published order, the others of all orders together, each order of a record
    that shows its options alike taken once. None stands where a number is not defined: without a second order, without
    letter log-probabilities, and for debiasing where several options may be right. A question that was too long for the
    model counts as wrong in every score, but is left out of priors, of averages over orders and of what stands at
    letters.

    Args:
        predictions: table of CHOICE_SCHEMA with one model.
        items: its table of `scoring.choice.scores.item_scores`.
    """
    model = predictions["model"][0].as_py()
    extras: list[dict[str, object]] = []
    positions: list[dict[str, object]] = []
    for task in CHOICE_TASKS:
        for decoding in DECODINGS:
            answers = shown_answers(predictions, task, decoding)
            if answers is None:
                continue
            key = {"model": model, "task": task, "decoding": decoding}
            at_letters = position_rows(answers, answers.predicted)
            positions += [key | row for row in at_letters]
            extras.append(
                key
                | _published(items, task, decoding)
                | _over_orders(answers, task)
                | {"rstd": recall_spread(at_letters), "letter_distance": letter_distance(at_letters)}
            )
    return extras, positions


def _published(items: pa.Table, task: str, decoding: str) -> dict[str, object]:
    chosen = pc.and_(pc.equal(items["task"], task), pc.equal(items["decoding"], decoding))
    of_order = items.filter(pc.and_(chosen, pc.equal(items["order"], 0)))
    means = {name: pc.mean(of_order[column]).as_py() for name, column in MEASURES.items()}
    return {"n": len(of_order), **means}


def _over_orders(answers: ShownAnswers, task: str) -> dict[str, object]:
    found: dict[str, object] = dict.fromkeys(_OVER_ORDERS)
    found["n_reordered"], found["stable_share"], found["mean_jaccard"] = stability(answers)
    if not found["n_reordered"]:
        return found
    gold = answers.gold[answers.starts]
    vote = majority_vote(answers, one_right=task == "mcqu")
    found["vote_exact_match"] = float(np.mean(vote == gold))
    found["vote_hamming"] = float(np.mean(intersection_over_union(vote, gold)))
    found["vote_parse_rate"] = float(np.mean(vote > 0))
    if task != "mcqu" or answers.logprobs is None:
        return found
    found["average_exact_match"] = float(np.mean(permutation_average(answers) == gold))
    if (without_prior := prior_removed(answers)) is not None:
        published = answers.order == 0
        found["prior_exact_match"] = float(np.mean((without_prior == answers.gold)[published]))
        found["prior_rstd"] = recall_spread(position_rows(answers, without_prior))
    return found

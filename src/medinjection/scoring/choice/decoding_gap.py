"""What constrained decoding gains over greedy decoding, and whether tuning closes that gap (paper section 5.1)."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from medinjection.prediction.schema import CONSTRAINED, GREEDY
from medinjection.scoring.choice.intervals import bootstrap_interval, derived_seed
from medinjection.scoring.choice.paired import Answers, answers_of_models, check_same_items, holm, sign_flip

GAP_COLUMNS = (
    "model",
    "base",
    "n_items",
    "gap",
    "gap_base",
    "difference",
    "ci_low",
    "ci_high",
    "p_value",
    "p_holm",
    "family",
)


def decoding_gap_rows(items: pa.Table, bases: Mapping[str, str], seed: int) -> list[dict[str, object]]:
    """Return a row of GAP_COLUMNS for each model that has another base and whose answers have both decodings.

    `gap` is the mean exact match by constrained decoding less that by greedy decoding, in the published order;
    `difference` is the model's gap less its base's, below 0 where tuning closed it, with a 95 % bootstrap interval over
    items, the p-value of a sign-flip test, and Holm's correction over all rows.

    Args:
        items: the table of `scoring.choice.scores.item_scores`.
        bases: base of each model.

    Raises:
        InputError: a model and its base did not answer the same items.
    """
    answers = answers_of_models(items)
    rows: list[dict[str, object]] = []
    for model, of_model in answers.items():
        base = bases.get(model, model)
        if base == model or base not in answers:
            continue
        gains = [_gains(of_one) for of_one in (of_model, answers[base])]
        if gains[0] is None or gains[1] is None:
            continue
        check_same_items(of_model[GREEDY], answers[base][GREEDY])
        differences = gains[0] - gains[1]
        key = (str(seed), "decoding gap", model, base)
        low, high = bootstrap_interval(differences, derived_seed(*key, "interval"))
        numbers = [float(np.mean(values)) for values in (*gains, differences)]
        cells = (model, base, len(differences), *numbers, low, high, sign_flip(differences, derived_seed(*key)))
        rows.append(dict(zip(GAP_COLUMNS, cells, strict=False)))
    for row, corrected in zip(rows, holm([float(str(row["p_value"])) for row in rows]), strict=True):
        row |= {"p_holm": corrected, "family": f"gaps of all models against their bases: {len(rows)} tests"}
    return rows


def _gains(of_model: Mapping[str, Answers]) -> np.ndarray | None:
    """Return for each record what constrained decoding gains in the published order, None without both decodings."""
    if GREEDY not in of_model or CONSTRAINED not in of_model:
        return None
    check_same_items(of_model[GREEDY], of_model[CONSTRAINED])
    gained: np.ndarray = of_model[CONSTRAINED].by_order[0] - of_model[GREEDY].by_order[0]
    return gained

"""The same questions in French and in English: what is lost by language, and not by knowledge."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection.records.errors import InputError
from medinjection.scoring.choice.intervals import bootstrap_interval, derived_seed, distinct
from medinjection.scoring.choice.paired import mcnemar, sign_flip
from medinjection.scoring.choice.scores import option_sets
from medinjection.scoring.exam.scores import ALL, over_orders

LANGUAGE_COLUMNS = (
    "model",
    "source",
    "decoding",
    "n",
    "not_in_english",
    "exact_match_fr",
    "exact_match_en",
    "difference",
    "difference_ci_low",
    "difference_ci_high",
    "only_fr_right",
    "only_en_right",
    "p_mcnemar",
    "p_sign_flip",
)


def language_rows(french: pa.Table, english: pa.Table, seed: int) -> list[dict[str, object]]:
    """Return rows of LANGUAGE_COLUMNS for one model, by source and over all, of the questions answered in both.

    A question has the same id in both languages. Exact match is a mean over the orders of each question;
    `difference` is French less English, with a 95 % bootstrap interval over questions and the p-value of the sign-flip
    test. `only_fr_right`, `only_en_right` and McNemar's test are of the published order. `not_in_english` counts
    the French questions of the row that have no English answer; a source without any English answer has no row.

    Args:
        french, english: tables of CHOICE_SCHEMA of one and the same model.

    Raises:
        InputError: the models differ, or a question has other options or right options in English.
    """
    model = _one_model(french, english)
    first, second = _scored(french), _scored(english)
    rows: list[dict[str, object]] = []
    for decoding in sorted({*distinct(first, "decoding")} & {*distinct(second, "decoding")}):
        sides = [table.filter(pc.equal(table["decoding"], decoding)) for table in (first, second)]
        shared = pc.is_in(sides[0]["record_id"], pc.unique(sides[1]["record_id"]))
        for source in (ALL, *distinct(sides[0].filter(shared), "source")):
            chosen = sides[0] if source == ALL else sides[0].filter(pc.equal(sides[0]["source"], source))
            if not len(pairs := _joined(chosen, sides[1])):
                continue
            rows.append(
                {"model": model, "source": source, "decoding": decoding}
                | {"n": len(pairs), "not_in_english": len(pc.unique(chosen["record_id"])) - len(pairs)}
                | _numbers(
                    pairs, _joined(_published(chosen), _published(sides[1])), (str(seed), model, source, decoding)
                )
            )
    return rows


def _one_model(french: pa.Table, english: pa.Table) -> str:
    found = [pc.unique(table["model"]).to_pylist() for table in (french, english)]
    if found[0] != found[1] or len(found[0]) != 1:
        raise InputError(f"answers in French of {found[0]}, in English of {found[1]}: expected one and the same model")
    model: str = found[0][0]
    return model


def _scored(predictions: pa.Table) -> pa.Table:
    predicted, gold = option_sets(predictions, "predicted_indices"), option_sets(predictions, "gold_indices")
    columns = {name: predictions[name] for name in ("record_id", "source", "task", "decoding", "order")}
    return pa.table(
        columns
        | {
            "exact_match": pa.array((predicted == gold).astype(np.float64)),
            "gold": pa.array(gold.astype(np.float64)),
            "options": pc.list_value_length(predictions["option_order"]).cast(pa.float64()),
        }
    )


def _published(items: pa.Table) -> pa.Table:
    return items.filter(pc.equal(items["order"], 0))


def _joined(french: pa.Table, english: pa.Table) -> pa.Table:
    """Return the means of both languages, one line a question that has both, by id."""
    columns = ["exact_match", "gold", "options"]
    left, right = over_orders(french, columns), over_orders(english, columns)
    joined = left.join(right, "record_id", join_type="inner", right_suffix="_en").sort_by("record_id")
    for name in ("options", "gold"):
        differing = pc.not_equal(joined[name], joined[f"{name}_en"])
        if pc.any(differing, min_count=0).as_py():
            record = joined.filter(differing)["record_id"][0].as_py()
            said = "another number of options" if name == "options" else "other right options"
            raise InputError(f"record {record}: {said} in English than in French, expected the same question")
    return joined


def _numbers(pairs: pa.Table, published: pa.Table, key: tuple[str, ...]) -> dict[str, object]:
    here, there = (pairs[name].to_numpy() for name in ("exact_match", "exact_match_en"))
    low, high = bootstrap_interval(here - there, derived_seed("languages", *key))
    first, second = (published[name].to_numpy() for name in ("exact_match", "exact_match_en"))
    only = int(np.sum(first > second)), int(np.sum(second > first))
    return {
        "exact_match_fr": float(np.mean(here)),
        "exact_match_en": float(np.mean(there)),
        "difference": float(np.mean(here - there)),
        "difference_ci_low": low,
        "difference_ci_high": high,
        "only_fr_right": only[0],
        "only_en_right": only[1],
        "p_mcnemar": mcnemar(*only),
        "p_sign_flip": sign_flip(here - there, derived_seed("languages sign-flip", *key)),
    }

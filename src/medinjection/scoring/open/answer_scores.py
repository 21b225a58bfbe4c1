"""Scores of single open answers, in long form: a row for each model, record, metric and variant."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from medinjection.records.text import is_blank

# The field's computation, and the one that is right for French.
VARIANTS = ("default", "fr")

ANSWER_SCORES_SCHEMA = pa.schema(
    [
        pa.field("model", pa.string(), nullable=False),
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("metric", pa.string(), nullable=False),
        pa.field("variant", pa.string(), nullable=False),
        # 0 to 100; a rescaled BERTScore may be below.
        pa.field("score", pa.float64(), nullable=False),
        # True: the answer shows nothing and scores 0.
        pa.field("empty", pa.bool_(), nullable=False),
        pa.field("signature", pa.string(), nullable=False),
    ]
)

# (metric, variant) -> the score of each answer, and what computed them.
Scores = Mapping[tuple[str, str], tuple[Sequence[float], str]]


def answer_scores(predictions: pa.Table, scores: Scores) -> pa.Table:
    """Return a table of ANSWER_SCORES_SCHEMA, metric by metric, each in the order of the predictions.

    An answer that shows nothing has the score 0, whatever `scores` says.

    Args:
        predictions: table of OPEN_SCHEMA.
        scores: as many values per metric and variant as there are predictions.
    """
    count = len(predictions)
    empty = np.array([is_blank(text) for text in predictions["output"].to_pylist()], bool)
    parts = []
    for (metric, variant), (values, signature) in scores.items():
        columns = {name: predictions[name] for name in ("model", "record_id", "source")}
        columns |= {"metric": pa.repeat(metric, count), "variant": pa.repeat(variant, count)}
        columns |= {"score": pa.array(np.where(empty, 0.0, np.asarray(values, float))), "empty": pa.array(empty)}
        parts.append(pa.table(columns | {"signature": pa.repeat(signature, count)}, ANSWER_SCORES_SCHEMA))
    return pa.concat_tables(parts) if parts else ANSWER_SCORES_SCHEMA.empty_table()

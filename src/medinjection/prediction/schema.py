"""The tables of predictions, kept raw so that scores can be computed again without a model."""

import pyarrow as pa

GREEDY = "greedy"
CONSTRAINED = "constrained"
DECODINGS = (GREEDY, CONSTRAINED)

# One row per record, order and decoding. Positions count from 0.
CHOICE_SCHEMA = pa.schema(
    [
        pa.field("model", pa.string(), nullable=False),
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("task", pa.string(), nullable=False),
        # 0: the published order; 1..k: the permuted ones.
        pa.field("order", pa.int8(), nullable=False),
        pa.field("decoding", pa.string(), nullable=False),
        # option_order[i]: published position of the option shown under letter i.
        pa.field("option_order", pa.list_(pa.int8()), nullable=False),
        pa.field("raw_output", pa.string(), nullable=False),
        # Sorted positions in the published order; empty: no valid answer.
        pa.field("predicted_indices", pa.list_(pa.int8()), nullable=False),
        # Natural logarithms, one per letter shown: probabilities at the first step, normalised over the letters.
        pa.field("letter_logprobs", pa.list_(pa.float32()), nullable=False),
        pa.field("gold_indices", pa.list_(pa.int8()), nullable=False),
    ]
)

# One row per record; token counts are without the token that ends the answer.
OPEN_SCHEMA = pa.schema(
    [
        pa.field("model", pa.string(), nullable=False),
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("output", pa.string(), nullable=False),
        pa.field("output_tokens", pa.int32(), nullable=False),
        pa.field("reference_tokens", pa.int32(), nullable=False),
        # False: cut at the maximum number of new tokens.
        pa.field("finished", pa.bool_(), nullable=False),
    ]
)

# What models that reason before they answer wrote: one row per prompt. Orders that show the same share one.
REASONING_SCHEMA = pa.schema(
    [
        pa.field("model", pa.string(), nullable=False),
        pa.field("record_id", pa.string(), nullable=False),
        # choice or open
        pa.field("kind", pa.string(), nullable=False),
        # As in CHOICE_SCHEMA; empty for open questions.
        pa.field("option_order", pa.list_(pa.int8()), nullable=False),
        pa.field("reasoning", pa.string(), nullable=False),
        # Null where an endpoint does not tell.
        pa.field("reasoning_tokens", pa.int32()),
        # False: it was ended at its budget, or the model did not mark its end.
        pa.field("finished", pa.bool_(), nullable=False),
    ]
)

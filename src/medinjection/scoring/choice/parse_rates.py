"""How many answers to choice questions could be read, over all permutations and sources."""

import pyarrow as pa

PARSE_COLUMNS = ("model", "task", "decoding", "answers", "parse_rate")
_GROUP = ["model", "task", "decoding"]


def parse_rate_rows(items: pa.Table) -> list[dict[str, object]]:
    """Return rows of PARSE_COLUMNS, in the order in which models, tasks and decodings first occur; rates are shares.

    Args:
        items: the table of `scoring.choice.scores.item_scores`.
    """
    grouped = items.group_by(_GROUP, use_threads=False)
    rates = grouped.aggregate([([], "count_all"), ("parsed", "mean")])
    columns = [*_GROUP, "count_all", "parsed_mean"]
    return [
        dict(zip(PARSE_COLUMNS, (row[name] for name in columns), strict=True))
        for row in rates.select(columns).to_pylist()
    ]

"""The head of the page: what ran and what it says, in about ten lines."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from medinjection.reporting.tables.table import ResultTable, printed

_TEST = "test"


def overview_facts(facts: Mapping[str, Any], results: Mapping[int, ResultTable]) -> dict[str, Any]:
    """Return the numbers of the overview.

    Args:
        facts: what the other sections show.
        results: Tables 5 to 7.
    """
    models, mixes, rates = facts["models"], facts["mixes"], facts["parse_rates"]
    trained = [model for model in models if model["steps"] is not None]
    lowest = min(rates, key=lambda row: row[-1], default=None)
    return {
        "records": sum(facts["task_totals"]),
        "sources": len(facts["source_counts"]),
        "test": sum(sum(row.tasks) for row in facts["split_counts"] if row.split == _TEST),
        "defects": _rows(facts["rejects"], deliberate=False),
        "deliberate": _rows(facts["rejects"], deliberate=True),
        "mixes": [mix.name for mix in mixes],
        "mix_size": mixes[0].size if mixes else None,
        "trained": len(trained),
        "seconds": round(sum(model["seconds"] or 0 for model in trained)),
        "answers": sum(row.requests for row in facts["costs"]),
        "tokens": sum(row.prompt_tokens + row.completion_tokens for row in facts["costs"]),
        "best": [best for table in results.values() for best in _best(table)],
        "significant": sum(pair["significant"] for pair in facts["pairs"]),
        "lowest_rate": lowest[-1] if lowest else None,
        "lowest_model": lowest[0] if lowest else "",
        "claims": facts["claim_verdicts"],
        "verdicts": Counter(row.verdict.partition(":")[0] for row in facts["cells"]).most_common(),
    }


def _rows(rejects: Iterable[Any], deliberate: bool) -> int:
    return sum(row.count for row in rejects if row.deliberate is deliberate)


def _best(table: ResultTable) -> list[dict[str, Any]]:
    """Return the best model in the last of the paper's columns that any model has, beside the first model, its base.

    That is the aggregate by constrained decoding in Tables 5 and 7, and the judge in Table 6.
    """
    for column in reversed(table.layout.columns):
        values = {row.model: row.ours[column.key] for row in table.rows if row.ours.get(column.key) is not None}
        if values:
            model, value = max(values.items(), key=lambda item: item[1] or 0)
            base, base_value = next(iter(values.items()))
            is_base = base == model
            return [
                {
                    "table": table.layout.label,
                    "column": [*filter(None, column.headers)],
                    "model": model,
                    "value": printed(value),
                    "base": "" if is_base else base,
                    "base_value": printed(base_value),
                    "are_equal": len(values) > 1 and len({printed(value) for value in values.values()}) == 1,
                }
            ]
    return []

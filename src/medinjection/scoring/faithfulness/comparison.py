"""An answer beside its reference: what became of each number, unit and negation."""

from functools import lru_cache

from medinjection.scoring.faithfulness.findings import Finding
from medinjection.scoring.faithfulness.negation_fates import Read, negation_findings
from medinjection.scoring.faithfulness.negations import read_negations
from medinjection.scoring.faithfulness.number_fates import number_findings
from medinjection.scoring.faithfulness.quantities import Statement, find_statements


def compare(reference: str, answer: str) -> list[Finding]:
    """Return the fate of each number, unit and negation of a French reference, then what the answer adds."""
    numbers = number_findings(_statements(reference), find_statements(answer))
    return numbers + negation_findings(_negations(reference), read_negations(answer))


@lru_cache(maxsize=50_000)
def _statements(reference: str) -> list[Statement]:
    return find_statements(reference)


@lru_cache(maxsize=50_000)
def _negations(reference: str) -> Read:
    return read_negations(reference)

"""What Snakemake keeps of a rule's parameters: it compares their `repr`, and reruns the rule where that changed."""

import hashlib
from collections.abc import Iterable


class DecidingFlags(str):
    """Flags of which Snakemake keeps those that decide a result: the others may change without a rerun."""

    deciding: str

    def __new__(cls, deciding: Iterable[str], others: Iterable[str]) -> "DecidingFlags":
        """Join both kinds of flags into one text; empty ones are left out."""
        first = [flag for flag in deciding if flag]
        flags = super().__new__(cls, " ".join([*first, *(flag for flag in others if flag)]))
        flags.deciding = " ".join(first)
        return flags

    def __repr__(self) -> str:
        return repr(self.deciding)


class Described(str):
    """Long text of a command of which Snakemake keeps and shows a fingerprint, not every word."""

    def __repr__(self) -> str:
        return hashlib.sha256(self.encode()).hexdigest()[:16]

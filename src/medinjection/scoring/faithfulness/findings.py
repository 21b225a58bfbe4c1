"""What became of each statement of a reference in an answer."""

from dataclasses import dataclass

NUMBER, QUANTITY, UNIT, NEGATION = KINDS = ("number", "quantity", "unit", "negation")
KEPT, CHANGED, DROPPED, ADDED, UNCLEAR = FATES = ("kept", "changed", "dropped", "added", "unclear")


@dataclass(frozen=True, slots=True)
class Finding:
    """One statement and its fate.

    Attributes:
        kind: NUMBER (without a unit), QUANTITY (the number of one with a unit), UNIT, or NEGATION.
        fate: KEPT, CHANGED, DROPPED, ADDED (by the answer), or UNCLEAR (not comparable).
        reference, answer: the words in the two texts; "" where a text has none.
    """

    kind: str
    fate: str
    reference: str
    answer: str

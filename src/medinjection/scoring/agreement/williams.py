"""Williams' t: do two scores correlate differently with a third, measured on the same items?"""

from dataclasses import dataclass
from math import sqrt

# Below it the two scores are one up to rounding, and the statistic is 0 / 0.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class WilliamsTest:
    """The statistic, its degrees of freedom and the two-sided p-value."""

    t: float
    df: int
    p_value: float


def williams(first: float, second: float, between: float, n: int) -> WilliamsTest | None:
    """Return Williams' test that two dependent correlations are equal, None where it is not defined.

    Williams 1959, *The comparison of regression variables*, in the form of Steiger 1980, *Tests for comparing elements
    of a correlation matrix* (Psychological Bulletin 87, 245-251), equation 7. It is what Graham and Baldwin 2014
    (aclanthology.org/D14-1020) recommend for metrics against human scores.

    Args:
        first: Pearson correlation of the first score with the third.
        second: that of the second score.
        between: correlation of the first two scores with each other.
        n: number of items; with 3 or fewer there are no degrees of freedom.
    """
    from scipy.stats import t as student

    if n <= 3:
        return None
    determinant = max(1 - first**2 - second**2 - between**2 + 2 * first * second * between, 0.0)
    mean = (first + second) / 2
    spread = 2 * (n - 1) / (n - 3) * determinant + mean**2 * (1 - between) ** 3
    if spread < _ROUNDING:
        return None
    value = (first - second) * sqrt((n - 1) * (1 + between) / spread)
    return WilliamsTest(value, n - 3, float(2 * student.sf(abs(value), n - 3)))

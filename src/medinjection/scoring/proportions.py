"""Shares of counted items, with their intervals."""


def wilson_interval(count: int, total: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of the share `count / total` (scipy).

    Args:
        count: items that are counted.
        total: all items, at least 1.
    """
    from scipy.stats import binomtest

    interval = binomtest(count, total).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)

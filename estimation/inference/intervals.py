"""Statistic, p value and interval of an estimate, from the normal or Student's distribution."""

import math

from scipy.special import ndtr, ndtri, stdtr, stdtrit

LEVEL = 0.95
"""Level of every interval."""

NORMAL = math.inf
"""Degrees of freedom of the normal distribution, as the limit of Student's."""

UPPER_BOUND = 1.96
"""Multiple of the standard error that doubleml aggregates over repetitions."""


def interval(
    estimate: float, std_error: float, *, df: float = NORMAL
) -> tuple[float, float, float, float]:
    """Statistic, two-sided p value and 95 % interval.

    Parameters
    ----------
    estimate, std_error : float
    df : float
        Degrees of freedom of Student's distribution: clusters less one for an error clustered one
        way, the fewer clusters less one for two ways. The default is the normal distribution.

    Returns
    -------
    (statistic, p_value, ci_low, ci_high)
        Statistic and p value are NaN where the standard error is not positive.
    """
    half = quantile(0.5 + LEVEL / 2, df=df) * std_error
    if not std_error > 0:
        return float("nan"), float("nan"), estimate - half, estimate + half
    statistic = estimate / std_error
    return statistic, two_sided(statistic, df=df), estimate - half, estimate + half


def two_sided(statistic: float, *, df: float = NORMAL) -> float:
    """Probability of a statistic at least as far from zero, on either side."""
    tail = ndtr(-abs(statistic)) if math.isinf(df) else stdtr(df, -abs(statistic))
    return float(2 * tail)


def quantile(share: float, *, df: float = NORMAL) -> float:
    """The value that the statistic stays below with probability ``share``."""
    return float(ndtri(share) if math.isinf(df) else stdtrit(df, share))

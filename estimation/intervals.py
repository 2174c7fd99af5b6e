"""Statistic, p value and interval of an estimate, from the normal distribution in every variant."""

from scipy.special import ndtr, ndtri

LEVEL = 0.95
"""Level of every interval."""


def interval(estimate: float, std_error: float) -> tuple[float, float, float, float]:
    """Statistic, two-sided p value and 95 % interval from the normal distribution.

    Parameters
    ----------
    estimate, std_error : float

    Returns
    -------
    (statistic, p_value, ci_low, ci_high)
        Statistic and p value are NaN where the standard error is not positive.
    """
    half = float(ndtri(0.5 + LEVEL / 2)) * std_error
    if not std_error > 0:
        return float("nan"), float("nan"), estimate - half, estimate + half
    statistic = estimate / std_error
    return statistic, float(2 * ndtr(-abs(statistic))), estimate - half, estimate + half

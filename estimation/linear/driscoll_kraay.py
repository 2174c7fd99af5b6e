"""Driscoll and Kraay's covariance: robust to what cities share in a year, and to its lags.

Driscoll and Kraay (1998): scores are summed over the cities of each year; Newey and West's (1987)
weights ``1 - l / (lags + 1)`` join sums that lie l years apart. It is right for many years.
"""

import numpy as np

from estimation.inference.moments import sum_by
from estimation.samples.sample import Floats, Integers


def default_lag(years: int) -> int:
    """Newey and West's (1994) rule, ``floor(4 (T / 100)^(2/9))``, of T years."""
    return int(4 * (years / 100) ** (2 / 9))


def year_gaps(year: Integers) -> tuple[int, ...]:
    """Years between the first and the last in which no city has a row."""
    there = np.unique(year)
    return tuple(int(one) for one in range(int(there[0]), int(there[-1])) if one not in there)


def driscoll_kraay_meat(scores: Floats, year: Integers, *, lag: int) -> Floats:
    """Sum of products of yearly sums of scores, up to some lag.

    Parameters
    ----------
    scores : float array, shape (n, k)
        Regressors, effects and controls taken out, times residuals.
    year : int64 array, shape (n,)
        Calendar years. A year without rows counts as one whose sum is zero, so that lags are years
        whatever gaps there are.
    lag : int
        0 or more; 0 clusters by year.

    Returns
    -------
    float array, shape (k, k)
    """
    position = (year - year.min()).astype(np.int64)
    sums = sum_by(scores, position, int(position.max()) + 1)
    meat = sums.T @ sums
    for apart in range(1, min(lag, len(sums) - 1) + 1):
        product = sums[apart:].T @ sums[:-apart]
        meat += (1 - apart / (lag + 1)) * (product + product.T)
    return np.asarray(meat, dtype=np.float64)

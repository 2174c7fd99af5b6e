"""Intervals and p values from the draws of a bootstrap."""

import numpy as np
from scipy.special import ndtr, ndtri

from estimation.inference.intervals import LEVEL
from estimation.samples.sample import Floats

TAILS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)


def percentile(draws: Floats) -> Floats:
    """The 95 % percentile interval of each figure.

    Parameters
    ----------
    draws : float array, shape (B, F)

    Returns
    -------
    float array, shape (F, 2)
        Quantiles lie between neighbouring draws, as numpy's default.
    """
    return np.asarray(np.quantile(draws, TAILS, axis=0).T, dtype=np.float64)


def bca(estimate: Floats, draws: Floats, without: Floats) -> Floats:
    """The 95 % bias-corrected and accelerated interval of each figure (Efron 1987).

    Efron and Tibshirani (1993), equations (14.9) to (14.15): the bias from the share of draws below
    the estimate (of those equal to it, half), the acceleration from the jackknife over clusters.

    Parameters
    ----------
    estimate : float array, shape (F,)
    draws : float array, shape (B, F)
    without : float array, shape (G, F)
        The figures without each cluster.

    Returns
    -------
    float array, shape (F, 2)
        NaN where all draws are on one side of the estimate, or a figure cannot be had without some
        cluster.
    """
    below = ((draws < estimate).mean(axis=0) + (draws <= estimate).mean(axis=0)) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        bias = ndtri(below)[:, None]
        apart = without.mean(axis=0) - without
        cubes, squares = (apart**3).sum(axis=0), (apart**2).sum(axis=0)
        acceleration = (cubes / (6 * squares**1.5))[:, None]
        reach = bias + ndtri(np.array(TAILS))[None, :]
        shares = ndtr(bias + reach / (1 - acceleration * reach))
    found = np.full((estimate.size, 2), np.nan)
    for place in np.flatnonzero(np.isfinite(shares).all(axis=1) & (below > 0) & (below < 1)):
        found[place] = np.quantile(draws[:, place], shares[place])
    return found


def p_values(draws: Floats) -> Floats:
    """Two-sided p value of each figure being zero: that of the percentile interval.

    Twice the smaller share of draws on one side of zero, each share counted with one more draw than
    there are, so that it is never nought.

    Parameters
    ----------
    draws : float array, shape (B, F)

    Returns
    -------
    float array, shape (F,)
    """
    count = draws.shape[0] + 1
    low, high = ((draws <= 0).sum(axis=0) + 1) / count, ((draws >= 0).sum(axis=0) + 1) / count
    return np.asarray(np.minimum(1.0, 2 * np.minimum(low, high)), dtype=np.float64)

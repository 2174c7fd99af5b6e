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
    bias, acceleration = (one[:, None] for one in _corrections(estimate, draws, without))
    with np.errstate(invalid="ignore"):
        reach = bias + ndtri(np.array(TAILS))[None, :]
        shares = ndtr(bias + reach / (1 - acceleration * reach))
    found = np.full((estimate.size, 2), np.nan)
    for place in np.flatnonzero(np.isfinite(bias[:, 0]) & np.isfinite(shares).all(axis=1)):
        found[place] = np.quantile(draws[:, place], shares[place])
    return found


def bca_p_values(estimate: Floats, draws: Floats, without: Floats) -> Floats:
    """Two-sided p value of each figure being zero: that of the BCa interval, inverted.

    Parameters
    ----------
    estimate, draws, without
        As in :func:`bca`.

    Returns
    -------
    float array, shape (F,)
        NaN where :func:`bca` is.
    """
    bias, acceleration = _corrections(estimate, draws, without)
    count = draws.shape[0] + 1
    share = np.clip((draws <= 0).sum(axis=0), 1, count - 2) / count
    with np.errstate(invalid="ignore"):
        apart = ndtri(share) - bias
        tail = ndtr(apart / (1 + acceleration * apart) - bias)
    return np.asarray(2 * np.minimum(tail, 1 - tail), dtype=np.float64)


def _corrections(estimate: Floats, draws: Floats, without: Floats) -> tuple[Floats, Floats]:
    """Bias and acceleration of each figure, shape (F,); the bias NaN where it has no end."""
    below = ((draws < estimate).mean(axis=0) + (draws <= estimate).mean(axis=0)) / 2
    apart = without.mean(axis=0) - without
    with np.errstate(divide="ignore", invalid="ignore"):
        bias = np.where((below > 0) & (below < 1), ndtri(below), np.nan)
        acceleration = (apart**3).sum(axis=0) / (6 * (apart**2).sum(axis=0) ** 1.5)
    return np.asarray(bias, dtype=np.float64), np.asarray(acceleration, dtype=np.float64)


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

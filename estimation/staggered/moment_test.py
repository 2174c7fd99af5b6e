"""A test of linear moment inequalities with nuisance parameters: Andrews, Roth and Pakes (2023).

The hybrid of a least-favourable and a conditional test that Rambachan and Roth (2023) recommend
for bounds on relative magnitudes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr, ndtri, ndtri_exp

from estimation.inference.streams import MOMENTS, generator
from estimation.samples.sample import Floats
from estimation.staggered.vertex import feasible_table, largest, largest_of_each

SIZE = 0.05
FIRST_STAGE = SIZE / 10
"""Size of the least-favourable stage."""
DRAWS = 1000
"""Draws behind its critical value."""
STEPS = 50
"""Most steps towards an end of the conditional support; each meets a new vertex."""


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Inequalities ``E[y] - X t <= 0`` for some t, y normal: all but the values of y."""

    covariance: Floats
    """Covariance of y, shape (m, m)."""
    table: Floats
    """Feasible multipliers: ``g >= 0, g'X = 0, g's = 1`` with s the standard errors of y."""
    basis: NDArray[np.int64]
    """One of their vertices."""
    bounded: bool
    """Whether there are any: without, no y contradicts the inequalities."""
    critical: float
    """Critical value of the least-favourable test."""


def moments(covariance: Floats, X: Floats, *, seed: int) -> Moments:
    """Prepare the test.

    Parameters
    ----------
    covariance : float array, shape (m, m)
        Of y; no variance is 0.
    X : float array, shape (m, k)
        What the nuisance parameters do; k may be 0.
    seed : int
        Of the critical value's draws.

    Returns
    -------
    Moments
    """
    error = np.sqrt(np.diag(covariance))
    A = np.ascontiguousarray(np.column_stack([error, X]).T)
    goal = np.zeros(len(A))
    goal[0] = 1.0
    table, basis, found = feasible_table(A, goal)
    critical = np.inf
    if found:
        values, vectors = np.linalg.eigh(covariance)
        root = vectors * np.sqrt(np.clip(values, 0.0, None))
        draws = generator(seed, MOMENTS).normal(size=(DRAWS, len(error))) @ root.T
        top = largest_of_each(table, basis, np.ascontiguousarray(draws))
        critical = float(np.quantile(top, 1 - FIRST_STAGE))
    return Moments(covariance, table, basis, bool(found), critical)


def rejected(known: Moments, y: Floats) -> bool:
    """Whether the hybrid test rejects that the inequalities hold.

    Parameters
    ----------
    known : Moments
    y : float array, shape (m,)

    Returns
    -------
    bool
        Their section 6.3: the statistic is the largest ``g'y`` over multipliers; given which of
        them it is, it is a truncated normal.
    """
    if not known.bounded:
        return False
    statistic, g = largest(known.table, known.basis, y)
    if statistic > known.critical:
        return True
    variance = float(g @ known.covariance @ g)
    error = np.sqrt(max(variance, 0.0))
    if error < 1e-12:
        return bool(statistic > 0)
    direction = known.covariance @ g / variance
    rest = y - direction * statistic
    low, high = _support(known, direction, rest, statistic, error)
    high = min(high, known.critical)
    if not low <= statistic <= high:
        return False
    size = (SIZE - FIRST_STAGE) / (1 - FIRST_STAGE)
    limit = max(0.0, _truncated_quantile(1 - size, low / error, high / error))
    return bool(statistic / error > limit)


def _support(
    known: Moments, direction: Floats, rest: Floats, statistic: float, error: float
) -> tuple[float, float]:
    """Between which values the statistic keeps the same multipliers.

    The largest ``g'(rest + direction v)`` is convex in v and nowhere below v: from outside, each
    vertex's line meets the diagonal nearer to the end.
    """
    ends = []
    for sign in (-1.0, 1.0):
        v = statistic + sign * max(100.0, 40.0 * error)
        for _ in range(STEPS):
            value, g = largest(known.table, known.basis, rest + direction * v)
            if value - v <= 1e-8 * max(1.0, abs(v)):
                break
            slope = 1.0 - float(g @ direction)
            if sign * slope <= 1e-12 and abs(slope) <= 1e-12:
                break
            v = float(g @ rest) / slope
        else:
            v = statistic
        far = abs(v - statistic) >= max(100.0, 40.0 * error) * (1 - 1e-9)
        ends.append(sign * np.inf if far else v)
    return ends[0], ends[1]


def _truncated_quantile(share: float, low: float, high: float) -> float:
    """Quantile of a standard normal that lies between two values."""
    if low > 0:  # both far in the upper tail: by logarithms of the lower
        return -_truncated_quantile(1 - share, -high, -low)
    if high < -5.0:
        start, end = log_ndtr(low), log_ndtr(high)
        mixed = np.logaddexp(np.log(share) + end, np.log1p(-share) + start)
        return float(ndtri_exp(mixed))
    return float(ndtri((1 - share) * ndtr(low) + share * ndtr(high)))

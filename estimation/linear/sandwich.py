"""Linear moments solved, and the sandwich of their errors: one place for every linear estimate.

``theta = (W'V)^-1 W'u`` is least squares where W is V, two-stage least squares where it is what
instruments predict. Its covariance is ``B S B'`` with ``B = (W'V)^-1`` and S the products of scores
summed by cluster. Two ways are added and their intersection taken off (Cameron, Gelbach and Miller
2011). Of few clusters that may be negative in some direction: there is no error there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from estimation.inference.moments import sum_by
from estimation.linear.partialling import RANK_TOLERANCE
from estimation.linear.within import combined, numbered
from estimation.samples.sample import Floats, Integers

ROUNDING = 1e-6
"""Share of the robust standard error below which a clustered one is rounding: where two clusters
are balanced, least squares makes the scores of each of them nought."""

NEGATIVE = 1e-12
"""Share of the largest variance that a negative one may have for rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """Coefficients and what their errors are made of."""

    theta: Floats
    """Coefficients, shape (k,)."""
    bread: Floats
    """``(W'V)^-1``, shape (k, k)."""
    residual: Floats
    """``u - V theta``, shape (n,)."""
    scores: Floats
    """``W_i`` times the residual, shape (n, k)."""


def solved(u: Floats, V: Floats, W: Floats) -> Solved:
    """Solve ``W'(u - V theta) = 0``.

    Parameters
    ----------
    u : float array, shape (n,)
        Outcome, effects and controls taken out.
    V, W : float array, shape (n, k)
        Terms, and as many instruments: V itself for least squares.

    Returns
    -------
    Solved
    """
    bread = np.asarray(np.linalg.inv(W.T @ V), dtype=np.float64)
    theta = bread @ (W.T @ u)
    residual = u - V @ theta
    return Solved(theta, bread, residual, W * residual[:, None])


def meat(scores: Floats, ways: Sequence[Integers]) -> Floats:
    """Products of scores summed by cluster, without any factor.

    Parameters
    ----------
    scores : float array, shape (n, m)
    ways : sequence of int64 arrays, shape (n,)
        Ways to cluster, at most two; rows stand alone without.

    Returns
    -------
    float array, shape (m, m)
        Of two ways it may have negative eigenvalues.
    """
    if not ways:
        return np.asarray(scores.T @ scores, dtype=np.float64)
    first = _summed(scores, ways[0])
    if len(ways) == 1:
        return first
    return first + _summed(scores, ways[1]) - _summed(scores, combined(ways))


def wald_f(slopes: Floats, covariance: Floats) -> float:
    """Wald's F that all slopes are zero.

    Parameters
    ----------
    slopes : float array, shape (k,)
    covariance : float array, shape (k, k)

    Returns
    -------
    float
        Over the directions that have a variance: an instrument of another group's sample tells
        nothing of this one's treatment. NaN where a variance is negative, or none is left.
    """
    if not np.isfinite(covariance).all():
        return float("nan")
    sizes, axes = np.linalg.eigh(covariance)
    if not sizes[-1] > 0 or sizes[0] < -NEGATIVE * sizes[-1]:
        return float("nan")
    told = sizes > RANK_TOLERANCE**2 * sizes[-1]
    return float(np.mean((axes[:, told].T @ slopes) ** 2 / sizes[told]))


def _summed(scores: Floats, codes: Integers) -> Floats:
    place = numbered(codes)
    sums = sum_by(scores, place, int(place.max()) + 1)
    return np.asarray(sums.T @ sums, dtype=np.float64)

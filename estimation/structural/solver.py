"""The root of a period's equation: Newton's method kept inside a bracket that always holds it."""

# ruff: noqa: E741 - the model's name

import math

from estimation.samples.sample import Floats
from estimation.structural.reduction import BETA, CAPITAL, LABOUR, Point, point
from geo.compiled import compiled

SOLVED, NOT_BRACKETED, NOT_CONVERGED, OVERFLOW = 0, 1, 2, 3
"""What became of a period."""
ENOUGH = 1e-14
"""Size of F at which the search ends."""
STEP = 1e-15
"""Step, over the larger of 1 and ``l``, at which it ends: no nearer number is to be had."""
LOOSE = 1e-10
"""Size of F above which an end for want of a smaller step is a failure."""
MOST = 100
"""Evaluations after which it is given up: bisection alone needs about 60."""


@compiled
def bracket(period: Floats, v: Floats) -> tuple[float, float]:
    """Where F cannot be positive and where it cannot be negative: shares only average sectors."""
    least_b = min(v[BETA], v[BETA + 1], v[BETA + 2])
    most_b = max(v[BETA], v[BETA + 1], v[BETA + 2])
    least_h = min(period[LABOUR], period[LABOUR + 1], period[LABOUR + 2])
    most_h = max(period[LABOUR], period[LABOUR + 1], period[LABOUR + 2])
    ln_K = period[CAPITAL]
    # A hair wider, as F is known to rounding only where all sectors are alike.
    hair = 1e-12 * max(1.0, abs(ln_K))
    return math.log(least_b / most_h) - ln_K - hair, math.log(most_b / least_h) - ln_K + hair


@compiled
def root(
    start: float, lo: float, hi: float, period: Floats, v: Floats
) -> tuple[int, int, float, Point]:
    """Solve ``F(l) = 0``.

    Parameters
    ----------
    start : float
        First guess, moved into the bracket.
    lo, hi : float
        The bracket.
    period : float array, shape (10,)
        The period's vector.
    v : float array, shape (22,)
        The parameters' vector.

    Returns
    -------
    (status, evaluations, l, point)
        One of the module's statuses, and the solution with everything that was computed there.
    """
    first_lo, first_hi = lo, hi
    l = min(max(start, lo), hi)
    here = point(l, period, v)
    for count in range(1, MOST + 1):
        F, slope = here[0], here[1]
        if abs(F) < ENOUGH:
            return SOLVED, count, l, here
        if not math.isfinite(F):
            return NOT_BRACKETED, count, l, here
        if F > 0.0:
            hi = l
        else:
            lo = l
        new = l - F / slope if slope > 0.0 else lo - 1.0
        if not lo <= new <= hi:
            new = 0.5 * (lo + hi)
        if abs(new - l) <= STEP * max(1.0, abs(l)):
            if abs(F) < LOOSE:
                return SOLVED, count, l, here
            signs = point(first_lo, period, v)[0] <= 0.0 <= point(first_hi, period, v)[0]
            return (NOT_CONVERGED if signs else NOT_BRACKETED), count, l, here
        l = new
        here = point(l, period, v)
    return NOT_CONVERGED, MOST, l, here

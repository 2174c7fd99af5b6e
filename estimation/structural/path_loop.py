"""A whole path, period by period: the loop under single runs, batches and grids."""

# ruff: noqa: E741 - the model's name

import math

import numpy as np

from estimation.samples.sample import Floats
from estimation.structural.ces import mean_over
from estimation.structural.reduction import (
    DELTA_K,
    DELTA_M,
    EPSILON,
    LABOUR,
    OMEGA,
    PERIOD,
    SPENT,
    constants,
    fill_period,
)
from estimation.structural.solver import OVERFLOW, SOLVED, bracket, root
from geo.compiled import compiled

COLUMNS = (
    "l",
    "ln_K",
    "ln_M",
    "labour_m",
    "labour_x",
    "labour_s",
    "output_m",
    "output_xM",
    "output_xS",
    "output_s",
    "ln_P_M",
    "ln_P_S",
    "industrial_C",
    "industrial_I",
    "industrial_H",
    "ln_income",
    "ln_I",
    "ln_H",
    "F",
    "slope",
    "iterations",
)
"""What the loop writes of each period, in this order: see :class:`simulate.Simulated`."""
WIDTH = len(COLUMNS)
LARGEST = 700.0
"""Log of a stock beyond which the stock itself is no floating-point number any more."""


@compiled
def _grown(ln_stock: float, depreciation: float, ln_added: float) -> float:
    """Log of ``(1 - depreciation) stock + added``."""
    kept: float = ln_stock + np.log(1.0 - depreciation)
    high, low = max(kept, ln_added), min(kept, ln_added)
    return high + math.log1p(math.exp(low - high)) if high > -np.inf else high


@compiled
def path_into(
    v: Floats, given: Floats, ln_K: float, ln_M: float, out: Floats
) -> tuple[int, int, float, float]:
    """Solve T periods one after the other.

    Parameters
    ----------
    v : float array, shape (22,)
        The parameters' vector.
    given : float array, shape (T, 5)
        Logs of xi_m and xi_s, the ramp, s and s_H.
    ln_K, ln_M : float
        The state in the first period.
    out : float array, shape (T, 21)
        Overwritten: the columns of :data:`COLUMNS`.

    Returns
    -------
    (status, period, ln_K, ln_M)
        One of the solver's statuses; the period (from 0) in which it arose, T if none did; the
        state there, after the last period if all went well.
    """
    fixed = constants(v)
    period = np.empty(PERIOD)
    l = 0.0
    for t in range(given.shape[0]):
        if not (abs(ln_K) <= LARGEST and abs(ln_M) <= LARGEST):
            return OVERFLOW, t, ln_K, ln_M
        fill_period(period, given[t], ln_K, ln_M, fixed, v)
        lo, hi = bracket(period, v)
        status, count, l, here = root(l if t else 0.5 * (lo + hi), lo, hi, period, v)
        F, slope, y_m, y_xM, y_xS, y_s, P_M, P_S, wC, wI, wH = here
        if status != SOLVED:
            return status, t, ln_K, ln_M
        h_m, h_x, h_s = period[LABOUR], period[LABOUR + 1], period[LABOUR + 2]
        asked = h_m * y_m + h_x * (y_xM + y_xS) + h_s * y_s
        ln_N = -math.log(asked)
        P_I = P_S + mean_over(v[OMEGA + 1], 1.0 - v[EPSILON + 1], P_M - P_S)
        P_H = P_S + mean_over(v[OMEGA + 2], 1.0 - v[EPSILON + 2], P_M - P_S)
        ln_I = np.log(period[SPENT + 1]) + ln_N - P_I
        ln_H = np.log(period[SPENT + 2]) + ln_N - P_H
        row = out[t]
        row[0], row[1], row[2] = l, ln_K, ln_M
        row[3], row[4], row[5] = h_m * y_m / asked, h_x * (y_xM + y_xS) / asked, h_s * y_s / asked
        row[6], row[7], row[8], row[9], row[10], row[11] = y_m, y_xM, y_xS, y_s, P_M, P_S
        row[12], row[13], row[14] = wC, wI, wH
        row[15], row[16], row[17] = ln_N, ln_I, ln_H
        row[18], row[19], row[20] = F, slope, count
        ln_K = _grown(ln_K, v[DELTA_K], ln_I)
        ln_M = _grown(ln_M, v[DELTA_M], ln_H)
    return SOLVED, given.shape[0], ln_K, ln_M

"""The equilibrium in one equation, its root, and whole paths of it: the compiled loops.

Unknown is ``l``, the log of the rental rate over the wage in producer services (the numeraire).
Given ``l`` unit costs give prices, prices give every nominal share, and the shares say how much
capital and labour is asked for; ``F(l) = 0`` where capital is as dear as its stock makes it. The
root is found by Newton's method inside a bracket that always holds it.

All loops are in this file, as what numba keeps of a function is renewed with its own file alone.
"""

# ruff: noqa: E741 - the model's name

import math

import numpy as np
from numpy.typing import NDArray

from estimation.samples.sample import Floats
from geo.compiled import compiled

Ints = NDArray[np.int64]

ALPHA_M, SIGMA_M, ALPHA_S, SIGMA_S, OMEGA, EPSILON, BETA, B, GAMMA = 0, 1, 2, 3, 4, 7, 10, 13, 16
DELTA_K, DELTA_M, INSIDE = 19, 20, 21
"""Places in the flat vector of :meth:`estimation.structural.parameters.Parameters.vector`."""

PRICE, LABOUR, SPENT, CAPITAL = 0, 3, 6, 9
"""Places in a period's vector: what prices are at ``l = 0`` (3 sectors), ``(1 - beta) xi`` (3),
shares of income by use (3), log of capital."""
PERIOD = 10
"""Length of a period's vector."""
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
LARGEST = 1e4
"""Size of a stock's log beyond which the rounding of logs would be seen: 2e-12 there."""
TINY = 1e-200
"""Added to ``r d``: too small to change any number but zero, whose quotient it gives its limit."""

Point = tuple[float, float, float, float, float, float, float, float, float, float, float]
"""F, F', y_m, y_x of industrial goods, y_x of service goods, y_s, log price of industrial and
service goods, shares of industrial goods in the three uses."""


@compiled
def mean_over(weight: float, power: float, d: float) -> float:
    """Log of the mean over its second member, where the first is ``exp(d)`` of it.

    Of the two ways to write it, the one whose exponential does not grow is taken.
    """
    x = power * d + TINY
    if x > 0.0:
        return d + d * math.log1p((1.0 - weight) * math.expm1(-x)) / x
    return d * math.log1p(weight * math.expm1(x)) / x


@compiled
def shares(weight: float, power: float, d: float) -> tuple[float, float]:
    """Shares of the two members in the mean, each with its own relative precision."""
    x = power * d
    if x > 0.0:
        grown = (1.0 - weight) * math.exp(-x)
        return weight / (weight + grown), grown / (weight + grown)
    shrunk = weight * math.exp(x)
    return shrunk / (shrunk + (1.0 - weight)), (1.0 - weight) / (shrunk + (1.0 - weight))


@compiled
def point(l: float, period: Floats, v: Floats) -> Point:
    """Excess of capital's price and all shares at one ``l``.

    Parameters
    ----------
    l : float
        Log of the rental rate over the wage in producer services.
    period : float array, shape (10,)
        The period's vector.
    v : float array, shape (22,)
        The parameters' vector.

    Returns
    -------
    Point
    """
    b_m, b_x, b_s = v[BETA], v[BETA + 1], v[BETA + 2]
    ln_x = b_x * l + period[PRICE + 1]
    d_M = (b_m - b_x) * l + period[PRICE] - period[PRICE + 1]
    d_S = (b_s - b_x) * l + period[PRICE + 2] - period[PRICE + 1]
    r_M, r_S = 1.0 - v[SIGMA_M], 1.0 - v[SIGMA_S]
    zM, xM = shares(v[ALPHA_M], r_M, d_M)
    zS, xS = shares(v[ALPHA_S], r_S, d_S)
    P_M = ln_x + mean_over(v[ALPHA_M], r_M, d_M)
    P_S = ln_x + mean_over(v[ALPHA_S], r_S, d_S)
    d = P_M - P_S

    wC, uC = shares(v[OMEGA], 1.0 - v[EPSILON], d)
    wI, uI = shares(v[OMEGA + 1], 1.0 - v[EPSILON + 1], d)
    wH, uH = shares(v[OMEGA + 2], 1.0 - v[EPSILON + 2], d)
    sC, sI, sH = period[SPENT], period[SPENT + 1], period[SPENT + 2]
    eM = sC * wC + sI * wI + sH * wH
    eS = sC * uC + sI * uI + sH * uH
    d_eM = (zM * b_m + xM * b_x - zS * b_s - xS * b_x) * (
        sC * wC * uC * (1.0 - v[EPSILON])
        + sI * wI * uI * (1.0 - v[EPSILON + 1])
        + sH * wH * uH * (1.0 - v[EPSILON + 2])
    )

    y_m, y_s = eM * zM, eS * zS
    y_xM, y_xS = eM * xM, eS * xS
    d_m = d_eM * zM + eM * zM * xM * r_M * (b_m - b_x)
    d_s = -d_eM * zS + eS * zS * xS * r_S * (b_s - b_x)
    h_m, h_x, h_s = period[LABOUR], period[LABOUR + 1], period[LABOUR + 2]
    labour = h_m * y_m + h_x * (y_xM + y_xS) + h_s * y_s
    capital = b_m * y_m + b_x * (y_xM + y_xS) + b_s * y_s
    F = l + period[CAPITAL] + math.log(labour / capital)
    slope = (
        1.0
        + ((h_m - h_x) * d_m + (h_s - h_x) * d_s) / labour
        - ((b_m - b_x) * d_m + (b_s - b_x) * d_s) / capital
    )
    return F, slope, y_m, y_xM, y_xS, y_s, P_M, P_S, wC, wI, wH


@compiled
def constants(v: Floats) -> tuple[float, float, float]:
    """By sector, logs of productivity without AI and of the constant of unit cost."""
    k_m, k_x, k_s = 0.0, 0.0, 0.0
    for j in range(3):
        b = v[BETA + j]
        k = math.log(v[B + j]) + b * math.log(b) + (1.0 - b) * math.log1p(-b)
        if j == 0:
            k_m = k
        elif j == 1:
            k_x = k
        else:
            k_s = k
    return k_m, k_x, k_s


@compiled
def fill_period(
    period: Floats,
    given: Floats,
    ln_K: float,
    ln_M: float,
    fixed: tuple[float, float, float],
    v: Floats,
) -> None:
    """Write a period's vector.

    Parameters
    ----------
    period : float array, shape (10,)
        Overwritten.
    given : float array, shape (5,)
        The logs of xi_m and xi_s, the ramp, s and s_H.
    ln_K, ln_M : float
        The state.
    fixed : three floats
        :func:`constants` of ``v``.
    v : float array, shape (22,)
        The parameters' vector.
    """
    power = given[2] * ln_M
    for j in range(3):
        ln_xi = given[0] if j == 0 else (given[1] if j == 2 else 0.0)
        labour = 1.0 - v[BETA + j]
        period[PRICE + j] = -labour * ln_xi - fixed[j] - v[GAMMA + j] * power
        period[LABOUR + j] = labour * math.exp(ln_xi)
    s, s_H = given[3], given[4]
    inside = v[INSIDE] != 0.0
    period[SPENT + 1] = s - s_H if inside else s
    period[SPENT + 2] = s_H
    period[SPENT] = 1.0 - s if inside else 1.0 - s - s_H
    period[CAPITAL] = ln_K


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


@compiled
def _grown(ln_stock: float, depreciation: float, ln_added: float) -> float:
    """Log of ``(1 - depreciation) stock + added``."""
    kept: float = ln_stock + np.log(1.0 - depreciation)
    high, low = max(kept, ln_added), min(kept, ln_added)
    return high + math.log1p(math.exp(low - high)) if high > -np.inf else high


@compiled
def _tell(l: float, here: Point, period: Floats, v: Floats, row: Floats) -> tuple[float, float]:
    """Write what follows from a root into its row; logs of capital and infrastructure formed."""
    _, _, y_m, y_xM, y_xS, y_s, P_M, P_S, wC, wI, wH = here
    h_m, h_x, h_s = period[LABOUR], period[LABOUR + 1], period[LABOUR + 2]
    asked = h_m * y_m + h_x * (y_xM + y_xS) + h_s * y_s
    row[3], row[4], row[5] = h_m * y_m / asked, h_x * (y_xM + y_xS) / asked, h_s * y_s / asked
    row[6], row[7], row[8], row[9], row[10], row[11] = y_m, y_xM, y_xS, y_s, P_M, P_S
    row[12], row[13], row[14] = wC, wI, wH
    ln_N = -math.log(asked)
    P_I = P_S + mean_over(v[OMEGA + 1], 1.0 - v[EPSILON + 1], P_M - P_S)
    P_H = P_S + mean_over(v[OMEGA + 2], 1.0 - v[EPSILON + 2], P_M - P_S)
    ln_I: float = np.log(period[SPENT + 1]) + ln_N - P_I
    ln_H: float = np.log(period[SPENT + 2]) + ln_N - P_H
    row[15], row[16], row[17] = ln_N, ln_I, ln_H
    # From prices, not from shares, which may be too small for any number.
    d_M = (v[BETA] - v[BETA + 1]) * l + period[PRICE] - period[PRICE + 1]
    d_S = (v[BETA + 2] - v[BETA + 1]) * l + period[PRICE + 2] - period[PRICE + 1]
    row[21] = math.log(v[ALPHA_M] / (1.0 - v[ALPHA_M])) + (1.0 - v[SIGMA_M]) * d_M
    row[22] = math.log(v[ALPHA_S] / (1.0 - v[ALPHA_S])) + (1.0 - v[SIGMA_S]) * d_S
    row[23] = np.log((y_m + y_xM) / (y_xS + y_s))
    return ln_I, ln_H


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
    out : float array, shape (T, 24)
        Overwritten: :data:`estimation.structural.columns.COLUMNS`.

    Returns
    -------
    (status, period, ln_K, ln_M)
        One of the statuses; the period (from 0) in which it arose, T if none did; the
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
        if status != SOLVED:
            return status, t, ln_K, ln_M
        row = out[t]
        row[0], row[1], row[2] = l, ln_K, ln_M
        row[18], row[19], row[20] = here[0], here[1], count
        ln_I, ln_H = _tell(l, here, period, v, row)
        ln_K = _grown(ln_K, v[DELTA_K], ln_I)
        ln_M = _grown(ln_M, v[DELTA_M], ln_H)
    return SOLVED, given.shape[0], ln_K, ln_M


@compiled
def paths_into(
    vectors: Floats,
    given: Floats,
    which: Ints,
    states: Floats,
    kept: Ints,
    values: Floats,
    status: Ints,
    end: Floats,
) -> None:
    """Solve n scenarios one after the other, and keep P of their periods.

    Parameters
    ----------
    vectors, states : float array, shapes (n, 22) and (n, 2)
    given : float array, shape (paths, T, 5)
    which : int array, shape (n,)
        The path of each scenario.
    kept : int array, shape (P,)
        From 0.
    values, status, end : arrays, shapes (n, P, 24), (n, 2) and (n, 2)
        Overwritten: the rows of :func:`path_into`, NaN from where it stopped, and what it returned.
    """
    rows = np.empty((given.shape[1], values.shape[2]))
    for i in range(vectors.shape[0]):
        code, period, ln_K, ln_M = path_into(
            vectors[i], given[which[i]], states[i, 0], states[i, 1], rows
        )
        status[i, 0], status[i, 1] = code, period
        end[i, 0], end[i, 1] = ln_K, ln_M
        for p in range(kept.size):
            if kept[p] < period:
                values[i, p] = rows[kept[p]]
            else:
                values[i, p] = np.nan

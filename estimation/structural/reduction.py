"""The whole equilibrium of a period as one equation in one unknown, with its derivative.

Unknown is ``l``, the log of the rental rate over the wage in producer services (the numeraire).
Given ``l`` unit costs give prices, prices give every nominal share, and the shares say how much
capital and labour is asked for; ``F(l) = 0`` where capital is as dear as its stock makes it.
"""

# ruff: noqa: E741 - the model's name

import math

from estimation.samples.sample import Floats
from estimation.structural.ces import mean_over, shares
from geo.compiled import compiled

ALPHA_M, SIGMA_M, ALPHA_S, SIGMA_S, OMEGA, EPSILON, BETA, B, GAMMA = 0, 1, 2, 3, 4, 7, 10, 13, 16
DELTA_K, DELTA_M, INSIDE = 19, 20, 21
"""Places in the flat vector of :meth:`estimation.structural.parameters.Parameters.vector`."""

PRICE, LABOUR, SPENT, CAPITAL = 0, 3, 6, 9
"""Places in a period's vector: what prices are at ``l = 0`` (3 sectors), ``(1 - beta) xi`` (3),
shares of income by use (3), log of capital."""
PERIOD = 10
"""Length of a period's vector."""

Point = tuple[float, float, float, float, float, float, float, float, float, float, float]
"""F, F', y_m, y_x of industrial goods, y_x of service goods, y_s, log price of industrial and
service goods, shares of industrial goods in the three uses."""


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

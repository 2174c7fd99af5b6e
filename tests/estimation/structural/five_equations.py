"""The equilibrium of the structural model as anybody would write it down: five equations, by SciPy.

Producer services are the numeraire here (``p_x = 1``), unknown are five ratios of quantities, and
everything is computed from quantities and marginal products. It shares no formula with
:mod:`estimation.structural`. The benchmark's rival is another one, which is quicker.
"""

# ruff: noqa: E741, N815 - the model's names

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import root

from estimation.structural.parameters import Parameters
from estimation.structural.paths import Paths

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Equilibria:
    """What the five equations give."""

    labour: Floats
    """Employment by sector (m, x, s), shape (T, 3)."""
    output: Floats
    """Nominal output by sector as shares of income, shape (T, 3)."""
    ln_K: Floats
    """Log of capital, shape (T,)."""
    ln_M: Floats
    """Log of the AI stock, shape (T,)."""
    l: Floats
    """Log of the rental rate over the wage in producer services, shape (T,)."""


@dataclass(frozen=True, slots=True, eq=False)
class _Economy:
    A: Floats
    K: float
    xi: Floats
    spent: Floats
    parameters: Parameters


def simulate_with_scipy(parameters: Parameters, paths: Paths, K: float, M: float) -> Equilibria:
    """Solve period after period; each begins from the one before.

    Raises
    ------
    RuntimeError
        SciPy does not find the roots.
    """
    guess, rows = np.zeros(5), []
    for t in range(paths.periods):
        A = np.array(parameters.B) * M ** (paths.ramp[t] * np.array(parameters.gamma))
        xi = np.array([paths.xi_m[t], 1.0, paths.xi_s[t]])
        s, s_H = paths.s[t], paths.s_H[t]
        inside = parameters.infrastructure_inside
        spent = np.array([1 - s, s - s_H, s_H] if inside else [1 - s - s_H, s, s_H])
        economy = _Economy(A, K, xi, spent, parameters)
        found = root(_equations, guess, args=(economy,), tol=1e-14)
        if np.abs(found.fun).max() > 1e-9:
            raise RuntimeError(found.message)
        guess = found.x
        labour, output, formed, ln_ratio = _outcome(guess, economy)
        rows.append((labour, output, np.log(K), np.log(M), ln_ratio))
        K = (1 - parameters.delta_K) * K + formed[0]
        M = (1 - parameters.delta_M) * M + formed[1]
    return Equilibria(*(np.array(column) for column in zip(*rows, strict=True)))


def _ces(u: float, v: float, a: float, e: float) -> tuple[float, float, float]:
    """A composite and its two marginal products, as the paper prints them."""
    if e == 1.0:
        Q = (u / a) ** a * (v / (1 - a)) ** (1 - a)
        return Q, a * Q / u, (1 - a) * Q / v
    r = (e - 1) / e
    Q = (a ** (1 / e) * u**r + (1 - a) ** (1 / e) * v**r) ** (1 / r)
    return Q, (a * Q / u) ** (1 / e), ((1 - a) * Q / v) ** (1 / e)


def _price(p: float, q: float, a: float, e: float) -> float:
    if e == 1.0:
        return float(p**a * q ** (1 - a))
    return float((a * p ** (1 - e) + (1 - a) * q ** (1 - e)) ** (1 / (1 - e)))


def _quantities(unknown: Floats, economy: _Economy) -> tuple[Floats, Floats, Floats, Floats]:
    """Capital, labour, output and the split of producer services, from log ratios."""
    K_m, K_s, L_m, L_s, split = np.exp(unknown)
    K = economy.K * np.array([K_m, 1.0, K_s]) / (K_m + 1.0 + K_s)
    L = np.array([L_m, 1.0, L_s]) / (L_m + 1.0 + L_s)
    beta = np.array(economy.parameters.beta)
    Y = economy.A * K**beta * L ** (1 - beta)
    return K, L, Y, Y[1] * np.array([split, 1.0]) / (1.0 + split)


def _prices(Y: Floats, in_goods: Floats, p: Parameters) -> tuple[Floats, Floats, Floats]:
    """Final goods, their prices and those of sectors, with ``p_x = 1``: (5) to (9)."""
    Q_M, dm, dxM = _ces(Y[0], in_goods[0], p.alpha_M, p.sigma_M)
    Q_S, ds, dxS = _ces(Y[2], in_goods[1], p.alpha_S, p.sigma_S)
    P = np.array([1.0 / dxM, 1.0 / dxS])
    return np.array([Q_M, Q_S]), P, np.array([P[0] * dm, 1.0, P[1] * ds])


def _industrial(P: Floats, economy: _Economy) -> float:
    """Share of industrial goods in spending: (17), (19), (22)."""
    p = economy.parameters
    ratio = P[0] / P[1]
    eta = [w / (1 - w) * ratio ** (1 - e) for w, e in zip(p.omega, p.epsilon, strict=True)]
    return float(sum(share * n / (1 + n) for share, n in zip(economy.spent, eta, strict=True)))


def _equations(unknown: Floats, economy: _Economy) -> Floats:
    K, L, Y, in_goods = _quantities(unknown, economy)
    Q, P, p = _prices(Y, in_goods, economy.parameters)
    beta = np.array(economy.parameters.beta)
    rental = np.log(p * beta * Y / K)
    wage = np.log(p * (1 - beta) * Y * economy.xi / L)
    e_M = _industrial(P, economy)
    spending = np.log(P[0] * Q[0] / (P[1] * Q[1])) - np.log(e_M / (1 - e_M))
    return np.array(
        [
            rental[0] - rental[1],
            rental[2] - rental[1],
            wage[0] - wage[1],
            wage[2] - wage[1],
            spending,
        ]
    )


def _outcome(unknown: Floats, economy: _Economy) -> tuple[Floats, Floats, Floats, float]:
    K, L, Y, in_goods = _quantities(unknown, economy)
    _, P, p = _prices(Y, in_goods, economy.parameters)
    q, beta = economy.parameters, np.array(economy.parameters.beta)
    income = float((p * Y).sum())
    formed = [
        economy.spent[k] * income / _price(P[0], P[1], q.omega[k], q.epsilon[k]) for k in (1, 2)
    ]
    ln_ratio = np.log(beta[1] * Y[1] / K[1]) - np.log((1 - beta[1]) * Y[1] / L[1])
    return L, p * Y / income, np.array(formed), float(ln_ratio)

"""Shares and elasticities that section 3 of Pan, Li and Gu has in closed form.

They hold where all uses have one weight and one elasticity, at given prices. For equal capital
shares prices are given by productivity and wage gaps alone; else they move with the rental rate.
"""

# ruff: noqa: N815 - the model's names

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from estimation.samples.sample import Floats
from estimation.structural.ces import ln_mean
from estimation.structural.parameters import Parameters
from geo.errors import StructuralError


@dataclass(frozen=True, slots=True, eq=False)
class Ratios:
    """Relative spending at given prices."""

    ln_theta_M: Floats
    """Log of manufacturing over producer services in industrial goods, shape (T,): (12)."""
    ln_theta_S: Floats
    """Log of consumer over producer services in service goods, shape (T,): (13)."""
    ln_eta: Floats
    """Log of industrial over service goods, shape (T,): (27)."""


@dataclass(frozen=True, slots=True, eq=False)
class Elasticities:
    """Derivatives with respect to the log of the AI stock."""

    theta_M: Floats
    """Of the log of theta_M, shape (n,): (34)."""
    theta_S: Floats
    """Of the log of theta_S, shape (n,): (35)."""
    eta: Floats
    """Of the log of eta, shape (n,): (37)."""


def ratios(parameters: Parameters, ln_p: Floats) -> Ratios:
    """Equations (12), (13) and (27) from the logs of prices, shape (T, 3).

    Raises
    ------
    StructuralError
        Uses differ in weight or elasticity.
    """
    _simple(parameters)
    p = parameters
    d_M, d_S = ln_p[:, 0] - ln_p[:, 1], ln_p[:, 2] - ln_p[:, 1]
    P_M = ln_mean(p.alpha_M, 1.0 - p.sigma_M, d_M, 0.0)
    P_S = ln_mean(p.alpha_S, 1.0 - p.sigma_S, d_S, 0.0)
    return Ratios(
        ln_theta_M=np.asarray(_ln_odds(p.alpha_M) + (1.0 - p.sigma_M) * d_M),
        ln_theta_S=np.asarray(_ln_odds(p.alpha_S) + (1.0 - p.sigma_S) * d_S),
        ln_eta=np.asarray(_ln_odds(p.omega[0]) + (1.0 - p.epsilon[0]) * (P_M - P_S)),
    )


def employment(
    theta_M: ArrayLike,
    theta_S: ArrayLike,
    eta: ArrayLike,
    xi_m: ArrayLike,
    xi_s: ArrayLike,
    beta: tuple[float, float, float],
) -> Floats:
    """Equations (28) to (30): employment by sector (m, x, s) at given ratios, shape (T, 3)."""
    tM, tS, e, xm, xs = (
        np.asarray(part, dtype=np.float64) for part in (theta_M, theta_S, eta, xi_m, xi_s)
    )
    m = (1.0 - beta[0]) * xm * e * (1.0 + tS) * tM
    x = (1.0 - beta[1]) * (e * (1.0 + tS) + 1.0 + tM)
    s = (1.0 - beta[2]) * xs * (1.0 + tM) * tS
    rows = np.stack(np.broadcast_arrays(m, x, s), axis=-1)
    return np.asarray(rows / rows.sum(axis=-1, keepdims=True), dtype=np.float64)


def output(
    labour: Floats, xi_m: ArrayLike, xi_s: ArrayLike, beta: tuple[float, float, float]
) -> Floats:
    """Equation (26): nominal output shares from employment shares, shape (T, 3)."""
    one = np.ones_like(np.asarray(xi_m, dtype=np.float64))
    xi = np.stack(np.broadcast_arrays(np.asarray(xi_m), one, np.asarray(xi_s)), axis=-1)
    rows = labour / ((1.0 - np.array(beta)) * xi)
    return np.asarray(rows / rows.sum(axis=-1, keepdims=True), dtype=np.float64)


def ln_relative_prices(
    parameters: Parameters, ln_M: ArrayLike, xi_m: ArrayLike = 1.0, xi_s: ArrayLike = 1.0
) -> Floats:
    """Equation (32) at equal capital shares, with wage gaps: logs of p/p_x, shape (T, 3).

    The relative price is that of productivity times ``xi ** -(1 - beta)``; the power 1 that the
    paper prints holds at ``beta = 0`` alone. The AI stock counts with its full powers.

    Raises
    ------
    StructuralError
        Capital shares differ, so that relative prices move with the rental rate.
    """
    if len(set(parameters.beta)) > 1:
        raise StructuralError(
            "beta",
            expected="one capital share for all sectors",
            found=f"{parameters.beta}",
            hint="simulate instead",
        )
    ln_B, gamma, M = np.log(parameters.B), parameters.gamma, np.asarray(ln_M, dtype=np.float64)
    rest = 1.0 - parameters.beta[0]
    columns = (
        ln_B[1] - ln_B[0] + (gamma[1] - gamma[0]) * M - rest * np.log(xi_m),
        np.zeros_like(M),
        ln_B[1] - ln_B[2] + (gamma[1] - gamma[2]) * M - rest * np.log(xi_s),
    )
    return np.stack(np.broadcast_arrays(*columns), axis=-1)


def elasticities(
    theta_M: ArrayLike, theta_S: ArrayLike, vectors: dict[str, Floats]
) -> Elasticities:
    """Equations (34), (35) and (37): derivatives at a given rental rate over the wage.

    Parameters
    ----------
    theta_M, theta_S : float array, shape (n,)
        The ratios at which (37) is taken.
    vectors : dict of str to float array, shape (n,)
        ``sigma_M``, ``sigma_S``, ``epsilon_C`` and ``gamma_m``, ``gamma_x``, ``gamma_s``.

    Returns
    -------
    Elasticities
    """
    tM, tS = np.asarray(theta_M, dtype=np.float64), np.asarray(theta_S, dtype=np.float64)
    to_m = vectors["gamma_x"] - vectors["gamma_m"]
    to_s = vectors["gamma_x"] - vectors["gamma_s"]
    inside = to_m * tM / (1.0 + tM) - to_s * tS / (1.0 + tS)
    return Elasticities(
        theta_M=(1.0 - vectors["sigma_M"]) * to_m,
        theta_S=(1.0 - vectors["sigma_S"]) * to_s,
        eta=(1.0 - vectors["epsilon_C"]) * inside,
    )


def _ln_odds(share: float) -> float:
    return float(np.log(share) - np.log1p(-share))


def _simple(parameters: Parameters) -> None:
    if parameters.simple_demand:
        return
    raise StructuralError(
        "demand",
        expected="one weight and one elasticity for all uses",
        found=f"omega {parameters.omega}, epsilon {parameters.epsilon}",
        hint="simulate instead: equations (27) to (31) do not hold",
    )

"""Employment shares that prices and wage gaps imply: the system that FGNLS estimates.

Pan, Li and Gu, (28) and (29) with (10)-(13) and (27): given relative prices of the sectors and
their wage gaps, the shares of manufacturing and producer services are closed forms in six
parameters. They are taken on scales without bounds (log of elasticities, logit of weights), on
which ``ln theta_J = a_J + (1 - sigma_J) ln(p_j / p_x)`` has its weight as an intercept.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from scipy.special import expit, log_expit

from estimation.samples.sample import Floats
from geo.errors import SampleError

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)
_NODES, _WEIGHTS = 0.5 * (_NODES + 1.0), 0.5 * _WEIGHTS
_NEAR = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """What the system sees of T years, sectors in the order m, x, s."""

    log_price_m: Floats
    """(T,): ln(p_m / p_x)."""
    log_price_s: Floats
    """(T,): ln(p_s / p_x)."""
    xi_m: Floats
    """(T,): wage gap W_x / W_m, above 0."""
    xi_s: Floats
    """(T,): wage gap W_x / W_s, above 0."""
    labour: Floats
    """(T, 2): employment shares of manufacturing and producer services."""
    beta: tuple[float, float, float]
    """Capital income shares of m, x, s, each in (0, 1)."""
    years: tuple[int, ...] = ()
    """The years; 1 to T where left out."""

    def __post_init__(self) -> None:
        count = len(self.log_price_m)
        shapes = [np.shape(each) for each in (self.log_price_s, self.xi_m, self.xi_s)]
        if shapes != [(count,)] * 3 or np.shape(self.labour) != (count, 2):
            raise SampleError(
                "observations",
                expected=f"{count} years of prices, wage gaps and two employment shares",
                found=f"shapes {[*shapes, np.shape(self.labour)]}",
                hint="give every series the same years",
            )
        columns = (self.log_price_m, self.log_price_s, self.xi_m, self.xi_s, self.labour)
        if not all(np.isfinite(each).all() for each in columns):
            raise SampleError(
                "observations",
                expected="finite prices, wage gaps and employment shares",
                found="a missing or infinite value",
                hint="leave out its year",
            )
        if min(self.xi_m.min(), self.xi_s.min()) <= 0.0 or not all(
            0.0 < share < 1.0 for share in self.beta
        ):
            raise SampleError(
                "observations",
                expected="wage gaps above 0 and capital income shares between 0 and 1",
                found=f"gaps from {min(self.xi_m.min(), self.xi_s.min()):g}, shares {self.beta}",
                hint="correct them",
            )

    def with_labour(self, labour: Floats) -> Self:
        """The same years with other employment shares (T, 2)."""
        return replace(self, labour=labour)


@dataclass(frozen=True, slots=True, eq=False)
class Implied:
    """Shares at a point of the parameters, and their derivatives."""

    labour: Floats
    """(T, 2): employment shares of manufacturing and producer services, (28) and (29)."""
    jacobian: Floats
    """(T, 2, 6): their derivatives in the unbounded parameters."""


def implied(b: Floats, seen: Observations) -> Implied:
    """Employment shares of manufacturing and producer services, and how parameters move them.

    Parameters
    ----------
    b : float array, shape (6,)
        Unbounded parameters in the order of ``NAMES``; epsilon of -inf is Leontief demand.
    seen : Observations

    Returns
    -------
    Implied
    """
    z_m, p_m, dz_m, dp_m = _final_good(b[0], b[2], seen.log_price_m)
    z_s, p_s, dz_s, dp_s = _final_good(b[1], b[3], seen.log_price_s)
    epsilon = np.exp(b[5])
    relative = p_m - p_s
    log_eta = b[4] + (1.0 - epsilon) * relative
    e_m, e_s = expit(log_eta), expit(-log_eta)
    # Nominal shares y = (e_m z_m, rest, e_s z_s); derivatives in (s_M, s_S, a_M, a_S, w, eps).
    d_eta = np.zeros((len(relative), 6))
    d_eta[:, [0, 2]] = (1.0 - epsilon) * dp_m
    d_eta[:, [1, 3]] = -(1.0 - epsilon) * dp_s
    d_eta[:, 4] = 1.0
    d_eta[:, 5] = -epsilon * relative
    d_e = (e_m * e_s)[:, None] * d_eta
    d_m, d_s = d_e * z_m[:, None], -d_e * z_s[:, None]
    d_m[:, [0, 2]] += e_m[:, None] * dz_m
    d_s[:, [1, 3]] += e_s[:, None] * dz_s
    y_m, y_s = e_m * z_m, e_s * z_s
    beta_m, beta_x, beta_s = seen.beta
    u_m, u_s = (1.0 - beta_m) * seen.xi_m, (1.0 - beta_s) * seen.xi_s
    u_x = 1.0 - beta_x
    # 1 - y_m - y_s, without the cancellation where both weights are near one.
    y_x = e_m * (1.0 - z_m) + e_s * (1.0 - z_s)
    total = u_m * y_m + u_x * y_x + u_s * y_s
    labour_m, labour_x = u_m * y_m / total, u_x * y_x / total
    d_total = (u_m - u_x)[:, None] * d_m + (u_s - u_x)[:, None] * d_s
    d_labour_m = (u_m[:, None] * d_m - labour_m[:, None] * d_total) / total[:, None]
    d_labour_x = (-u_x * (d_m + d_s) - labour_x[:, None] * d_total) / total[:, None]
    return Implied(
        np.column_stack([labour_m, labour_x]), np.stack([d_labour_m, d_labour_x], axis=1)
    )


def _final_good(b: float, a: float, r: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Share of the own sector in a final good, ln of its price over p_x, and both derivatives.

    ``b`` is ln sigma, ``a`` the logit of the weight, ``r`` the log price over p_x, shape (T,).
    Derivatives (T, 2) are in ``b`` and ``a``. With k = 1 - sigma and t = k r, the log price is
    ``K(t) / k`` for K the cumulant generating function of a draw that is one with the weight's
    probability, which is why nothing happens at sigma = 1.
    """
    sigma = np.exp(b)
    k = 1.0 - sigma
    t = k * r
    z, other = expit(a + t), expit(-a - t)
    weight = expit(a)
    near = np.abs(t) < _NEAR
    safe = np.where(near, 1.0, t)
    # K(t) / t, (tK' - K) / t^2 and (z - weight) / t as means over u of z(ut), u z'(ut), z'(ut).
    inner = a + np.where(near, t, 0.0)[:, None] * _NODES
    mean_z = expit(inner) @ _WEIGHTS
    variance = expit(inner) * expit(-inner)
    level = np.logaddexp(log_expit(-a), log_expit(a) + safe)
    level_by_t = np.where(near, mean_z, level / safe)
    slope_by_t2 = np.where(near, variance @ (_NODES * _WEIGHTS), (safe * z - level) / safe**2)
    gain_by_t = np.where(near, variance @ _WEIGHTS, (z - weight) / safe)
    dz = np.column_stack([-sigma * r * z * other, z * other])
    dp = np.column_stack([-sigma * slope_by_t2 * r**2, gain_by_t * r])
    return z, level_by_t * r, dz, dp

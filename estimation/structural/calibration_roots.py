"""Every pair of productivity ratios at which a period has given employment shares.

Employment shares fix nominal output shares (26) and with them the rental rate. All that is left is
how producer services divide between the two final goods: one unknown. Each division asks for a
price of manufacturing and one of consumer services, relative to producer services (12), (13), and
these prices ask for a share of industrial goods in income (17), (19), (22): the roots are where it
is the one that the division gives.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import expit

from estimation.samples.sample import Floats
from estimation.structural.ces import ln_mean
from estimation.structural.parameters import Parameters

FARTHEST = 34.0
"""Logits of the division that are looked at, either side of halves."""
CELLS = 6800
"""Cells of the search: a hundredth of a logit each."""
TOUCH = 1e-10
"""Distance at which a minimum counts as a root, where the function only touches zero."""


@dataclass(frozen=True, slots=True)
class Root:
    """One pair of ratios that gives the target exactly."""

    ln_ratios: tuple[float, float]
    """ln(B_m / B_x) and ln(B_s / B_x)."""
    industrial: float
    """Share of industrial goods in income."""
    theta: tuple[float, float]
    """Manufacturing and consumer services over producer services in the two final goods."""

    @property
    def size(self) -> float:
        """Distance of the ratios from zero."""
        return float(np.hypot(*self.ln_ratios))


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """Output shares of a period, and what a division of producer services asks of prices."""

    parameters: Parameters
    """Its ``B`` and ``gamma`` play no part."""
    output: Floats
    """(3,): nominal output shares of m, x, s."""
    spent: tuple[float, float, float]
    """Shares of income that go to consumption, investment and infrastructure."""

    def theta(self, u: Floats) -> tuple[Floats, Floats]:
        """Logs of theta_M and theta_S where a share of logit ``u`` goes to industrial goods."""
        y_m, y_x, y_s = self.output
        return np.log(y_m / (y_x * expit(u))), np.log(y_s / (y_x * expit(-u)))

    def industrial(self, u: Floats) -> tuple[Floats, Floats]:
        """Shares of industrial and of service goods in income."""
        y_m, y_x, y_s = self.output
        return y_m + y_x * expit(u), y_s + y_x * expit(-u)

    def prices(self, u: Floats) -> tuple[Floats, Floats]:
        """ln(p_m / p_x) and ln(p_s / p_x) that give these thetas."""
        v = self.parameters
        theta_M, theta_S = self.theta(u)
        r_m = (theta_M - np.log(v.alpha_M / (1.0 - v.alpha_M))) / (1.0 - v.sigma_M)
        r_s = (theta_S - np.log(v.alpha_S / (1.0 - v.alpha_S))) / (1.0 - v.sigma_S)
        return r_m, r_s

    def gap(self, u: Floats) -> Floats:
        """Log ratio of industrial to service goods: asked at these prices, less given."""
        v = self.parameters
        r_m, r_s = self.prices(u)
        zero = np.zeros_like(u)
        d = ln_mean(v.alpha_M, 1.0 - v.sigma_M, r_m, zero) - ln_mean(
            v.alpha_S, 1.0 - v.sigma_S, r_s, zero
        )
        logits = np.array([np.log(w / (1.0 - w)) for w in v.omega])
        log_eta = logits[:, None] + (1.0 - np.array(v.epsilon))[:, None] * d
        # Shares too small for a float would take the log of zero.
        asked, rest = (np.array(self.spent) @ expit(sign * log_eta) for sign in (1.0, -1.0))
        tiny = np.finfo(float).tiny
        given, other = self.industrial(u)
        return np.asarray(
            np.log(np.maximum(asked, tiny)) - np.log(np.maximum(rest, tiny)) - np.log(given / other)
        )


def roots_of(division: Division, cost: Floats) -> list[Root]:
    """All roots on the grid, nearest to equal productivities first.

    Parameters
    ----------
    division : Division
    cost : float array, shape (3,)
        Logs of the sectors' unit costs at productivities of one.
    """
    made = []
    for u in _zeros(division.gap):
        at = np.array([u])
        r_m, r_s = (float(each[0]) for each in division.prices(at))
        theta_M, theta_S = (float(np.exp(each[0])) for each in division.theta(at))
        # ln p_j - ln p_x = cost_j - cost_x - (ln B_j - ln B_x)
        ratios = (float(cost[0] - cost[1]) - r_m, float(cost[2] - cost[1]) - r_s)
        made.append(Root(ratios, float(division.industrial(at)[0][0]), (theta_M, theta_S)))
    return sorted(made, key=lambda root: root.size)


def _zeros(gap: Callable[[Floats], Floats]) -> list[float]:
    """Zeros of a function on the grid: where it changes sign, and where it only touches zero."""
    grid = np.linspace(-FARTHEST, FARTHEST, CELLS + 1)
    values = gap(grid)

    def one(u: float) -> float:
        return float(gap(np.array([u]))[0])

    zeros = [float(u) for u in grid[values == 0.0]]
    zeros += [
        float(brentq(one, grid[at], grid[at + 1], xtol=1e-14, rtol=1e-14))
        for at in np.flatnonzero(values[:-1] * values[1:] < 0.0)
    ]
    size = np.abs(values)
    dips = (size[1:-1] < size[:-2]) & (size[1:-1] < size[2:]) & (values[:-2] * values[2:] > 0.0)
    for at in np.flatnonzero(dips & (values[:-2] * values[1:-1] > 0.0)):
        lowest = minimize_scalar(
            lambda u: abs(one(u)), bounds=(grid[at], grid[at + 2]), method="bounded",
            options={"xatol": 1e-12},
        )  # fmt: skip
        if lowest.fun < TOUCH:
            zeros.append(float(lowest.x))
    return sorted(zeros)

"""Where a change of the share of producer services comes from: intensive and extensive margins.

Producer services are ``y_x = e_M x_M + e_S x_S`` of output: the shares ``x`` that they have in
final goods (intensive margins) weighted by the shares ``e`` of final goods in spending (extensive
margin). Their share of employment weighs sectors by ``(1 - beta) xi`` besides, so that wage gaps
have a part of their own. Parts are Shapley's: what a factor adds, averaged over all orders in which
the factors can change. They add up exactly, for unequal capital shares and uses that differ, too;
in the paper's equation (31), where the two shares are one, they are the midpoint split of its sums.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np
from numpy.typing import NDArray

from estimation.samples.sample import Floats
from estimation.structural.simulate import Simulated
from geo.errors import StructuralError

Ints = NDArray[np.int64]
MARGINS = ("intensive_M", "intensive_S", "extensive", "wage_gap_m", "wage_gap_s")
"""Shares of producer services in industrial and in service goods; the share of industrial goods;
the two wage gaps. The order of every array of parts."""


@dataclass(frozen=True, slots=True, eq=False)
class Decomposition:
    """Changes of the shares of producer services over n spans, and their parts.

    Parts are in the order of :data:`MARGINS`.
    """

    first: Ints
    """Period (from 1) in which each span begins, shape (n,)."""
    last: Ints
    """Period in which it ends, shape (n,)."""
    output: Floats
    """Parts of the change of the output share, shape (n, 5); wage gaps have none."""
    employment: Floats
    """Parts of the change of the employment share, shape (n, 5)."""
    change_output: Floats
    """Change of the output share, shape (n,)."""
    change_employment: Floats
    """Change of the employment share, shape (n,)."""

    @property
    def intensive(self) -> Floats:
        """Both intensive margins of (output, employment), shape (n, 2)."""
        both = self.output[:, :2].sum(axis=1), self.employment[:, :2].sum(axis=1)
        return np.stack(both, axis=1)

    @property
    def extensive(self) -> Floats:
        """The extensive margin of (output, employment), shape (n, 2)."""
        return np.stack([self.output[:, 2], self.employment[:, 2]], axis=1)


def decompose(simulated: Simulated, first: int = 1, last: int | None = None) -> Decomposition:
    """Parts of the change from one period to another, the last unless given; n = 1.

    Raises
    ------
    StructuralError
        The periods are not in order or not on the path.
    """
    T = simulated.periods
    end = T if last is None else last
    if not 1 <= first < end <= T:
        raise StructuralError(
            "decomposition",
            expected=f"two periods from 1 to {T}, in order",
            found=f"{first} and {end}",
            hint="correct the periods",
        )
    return _between(simulated, np.array([first - 1]), np.array([end - 1]))


def decompose_by_period(simulated: Simulated) -> Decomposition:
    """Parts of the change from each period to the next; n = T - 1, each sums up over time."""
    times = np.arange(simulated.periods)
    return _between(simulated, times[:-1], times[1:])


def shapley(value: Callable[[Floats], Floats], before: Floats, after: Floats) -> Floats:
    """Parts of a change of a function that its k arguments have.

    Parameters
    ----------
    value : callable
        From arguments, shape (n, k), to values, shape (n,).
    before, after : float array, shape (n, k)

    Returns
    -------
    float array, shape (n, k)
        Summing to ``value(after) - value(before)``.
    """
    k = before.shape[1]
    parts = np.zeros_like(before)
    for j in range(k):
        others = [i for i in range(k) if i != j]
        for size in range(k):
            weight = factorial(size) * factorial(k - size - 1) / factorial(k)
            for changed in combinations(others, size):
                now = before.copy()
                now[:, changed] = after[:, changed]
                then = now.copy()
                then[:, j] = after[:, j]
                parts[:, j] += weight * (value(then) - value(now))
    return parts


def _between(run: Simulated, first: Ints, last: Ints) -> Decomposition:
    factors = _factors(run)
    beta = np.array(run.parameters.beta)
    before, after = factors[first], factors[last]

    def labour_share(x: Floats) -> Floats:
        return _employment_share(x, beta)

    return Decomposition(
        first=first + 1,
        last=last + 1,
        output=shapley(_output_share, before, after),
        employment=shapley(labour_share, before, after),
        change_output=run.output[last, 1] - run.output[first, 1],
        change_employment=run.labour[last, 1] - run.labour[first, 1],
    )


def _factors(run: Simulated) -> Floats:
    """x_M, x_S, e_M, xi_m and xi_s by period, shape (T, 5)."""
    in_goods = 1.0 / (1.0 + run.theta)
    industrial = run.output[:, 0] + run.split[:, 0]
    gaps = run.paths.xi_m, run.paths.xi_s
    return np.stack([*in_goods.T, industrial, *gaps], axis=1)


def _output_share(factors: Floats) -> Floats:
    x_M, x_S, e_M = factors[:, 0], factors[:, 1], factors[:, 2]
    return np.asarray(e_M * x_M + (1.0 - e_M) * x_S, dtype=np.float64)


def _employment_share(factors: Floats, beta: Floats) -> Floats:
    x_M, x_S, e_M, xi_m, xi_s = factors.T
    x = (1.0 - beta[1]) * _output_share(factors)
    m = (1.0 - beta[0]) * xi_m * e_M * (1.0 - x_M)
    s = (1.0 - beta[2]) * xi_s * (1.0 - e_M) * (1.0 - x_S)
    return np.asarray(x / (m + x + s), dtype=np.float64)

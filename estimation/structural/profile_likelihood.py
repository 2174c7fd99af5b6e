"""What the data say of one parameter when the others adapt: profile likelihoods."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from estimation.samples.sample import Floats
from estimation.structural.demand_parameters import (
    ELASTICITIES,
    NAMES,
    DemandParameters,
    natural,
)
from estimation.structural.nls import Minimum, Problem, minimise
from geo.errors import StructuralError

LEVEL = 0.95
"""Of the interval."""
MOST_ROUNDS = 60
"""Weightings of one point, where the noise is estimated."""
STILL = 1e-7
"""Change of ``ln det(E'E / T)`` at which they end."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Twice the fall of the log likelihood along one parameter."""

    name: str
    """The parameter."""
    values: Floats
    """(n,): where it was held, ascending."""
    fall: Floats
    """(n,): twice the log likelihood at its highest less that here, the others estimated anew; zero
    or more."""
    low: float
    """Lower end of the 95 % interval; the lowest value looked at where it is open."""
    high: float
    """Upper end; the highest value looked at where it is open."""
    open_low: bool
    """Whether nothing below is rejected: the interval has no lower end within the range."""
    open_high: bool
    """Whether nothing above is rejected."""

    @property
    def open(self) -> bool:
        """Whether the interval lacks an end."""
        return self.open_low or self.open_high


def profile_likelihood(
    problem: Problem,
    name: str,
    at: DemandParameters,
    *,
    covariance: Floats | None = None,
    points: int = 31,
) -> Profile:
    """Profile of one parameter over the box.

    Parameters
    ----------
    problem : Problem
    name : str
        One that is not held.
    at : DemandParameters
        The estimate, or the truth of a design without noise; the profile starts from there.
    covariance : float array, shape (2, 2), optional
        Of the noise. Left out it is estimated at each point (``fall = T ln det`` ratio), which
        needs shares that are not fitted exactly.
    points : int
        Values, evenly spaced on the unbounded scale, besides that of ``at``.

    Returns
    -------
    Profile

    Raises
    ------
    StructuralError
        The parameter is none of those that are estimated.
    """
    if name not in problem.free:
        raise StructuralError(
            "profile",
            expected=f"one of {', '.join(problem.free)}",
            found=repr(name),
            hint="correct the name, or do not hold it",
        )
    place = NAMES.index(name)
    low, high = (end[place] for end in problem.box.bounds())
    centre = float(np.clip(at.unbounded()[place], low, high))
    grid = np.union1d(np.linspace(low, high, points), [centre])
    middle = int(np.searchsorted(grid, centre))
    cost = np.full(len(grid), np.inf)
    for order in (range(middle, len(grid)), range(middle, -1, -1)):
        _sweep(problem, name, grid, cost, list(order), at, covariance)
    # Back towards the middle: ends may have found what the way out missed.
    for order in (range(len(grid)), range(len(grid) - 1, -1, -1)):
        _sweep(problem, name, grid, cost, list(order), at, covariance)
    return _profile(name, grid, cost)


def _sweep(
    problem: Problem,
    name: str,
    grid: Floats,
    cost: Floats,
    order: list[int],
    at: DemandParameters,
    covariance: Floats | None,
) -> None:
    """Hold the parameter at each value in turn, starting from where the one before ended."""
    b = at.unbounded()
    place = NAMES.index(name)
    for index in order:
        point = np.full(len(NAMES), np.nan)
        point[place] = grid[index]
        held = {**problem.held, name: float(natural(point)[place])}
        value, b = _lowest(Problem(problem.seen, held, problem.box), b, covariance)
        cost[index] = min(cost[index], value)


def _lowest(problem: Problem, start: Floats, covariance: Floats | None) -> tuple[float, Floats]:
    """Twice the negative log likelihood but for a constant, and where it is least."""
    if covariance is not None:
        root = np.linalg.cholesky(np.linalg.inv(covariance))
        found = minimise(problem, start, root)
        return found.objective, found.b
    found = minimise(problem, start)
    for _ in range(MOST_ROUNDS):
        before = _log_det(found)
        root = np.linalg.cholesky(np.linalg.inv(found.covariance))
        found = minimise(problem, found.b, root)
        if before - _log_det(found) < STILL:
            break
    return len(found.residuals) * _log_det(found), found.b


def _log_det(found: Minimum) -> float:
    return float(np.linalg.slogdet(found.covariance)[1])


def _profile(name: str, grid: Floats, cost: Floats) -> Profile:
    fall = cost - cost.min()
    limit = float(chi2.ppf(LEVEL, 1))
    inside = np.flatnonzero(fall <= limit)
    first, last = int(inside[0]), int(inside[-1])
    low = _crossing(grid, fall, first, first - 1, limit)
    high = _crossing(grid, fall, last, last + 1, limit)
    scale = np.exp if name in ELASTICITIES else lambda b: 1.0 / (1.0 + np.exp(-b))
    return Profile(
        name, scale(grid), fall, float(scale(low)), float(scale(high)), first == 0,
        last == len(grid) - 1,
    )  # fmt: skip


def _crossing(grid: Floats, fall: Floats, inner: int, outer: int, limit: float) -> float:
    """Where the root of the fall, nearly straight near its end, crosses that of the limit."""
    if not 0 <= outer < len(grid):
        return float(grid[inner])
    near, far = np.sqrt(fall[inner]), np.sqrt(fall[outer])
    share = (np.sqrt(limit) - near) / (far - near)
    return float(grid[inner] + share * (grid[outer] - grid[inner]))

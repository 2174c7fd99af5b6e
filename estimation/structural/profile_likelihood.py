"""What the data say of one parameter when the others adapt: profile likelihoods."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from scipy.stats import chi2

from estimation.samples.sample import Floats
from estimation.structural.demand_parameters import (
    ELASTICITIES,
    NAMES,
    DemandParameters,
)
from estimation.structural.nls import Minimum, Problem, minimise
from geo.errors import StructuralError

LEVEL = 0.95
"""Of the interval."""
FINE = 1e-4
"""To what, on the unbounded scale, an end of the interval is found."""
MOST_ROUNDS = 60
"""Weightings of one point, where the noise is estimated."""
STILL = 1e-7
"""Change of ``ln det(E'E / T)`` at which they end."""


@dataclass(frozen=True, slots=True, eq=False)
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
    track = _Track(problem, name, covariance, grid)
    middle = int(np.searchsorted(grid, centre))
    track.follow(range(middle, len(grid)), at.unbounded())
    track.follow(range(middle - 1, -1, -1), track.ends[middle])
    # Back to the middle: the ends may have found what the way out missed.
    track.follow(range(len(grid) - 2, middle - 1, -1), track.ends[-1])
    track.follow(range(1, middle + 1), track.ends[0])
    return _profile(track)


class _Track:
    """Costs along one parameter, with where the others went."""

    def __init__(
        self, problem: Problem, name: str, covariance: Floats | None, grid: Floats
    ) -> None:
        self.problem = problem
        self.name = name
        self.covariance = covariance
        self.grid = grid
        self.cost = np.full(len(grid), np.inf)
        self.ends = np.zeros((len(grid), len(NAMES)))

    def follow(self, order: Iterable[int], start: Floats) -> None:
        """Hold the parameter at each value in turn, starting from where the one before ended."""
        b = start
        for index in order:
            cost, b = self.at(float(self.grid[index]), b)
            if cost < self.cost[index]:
                self.cost[index], self.ends[index] = cost, b

    def at(self, value: float, start: Floats) -> tuple[float, Floats]:
        """Cost with the parameter held at an unbounded value, and where the others went."""
        held = {**self.problem.held, self.name: _scale(self.name, value)}
        problem = Problem(self.problem.seen, held, self.problem.box)
        return _lowest(problem, start, self.covariance)


def _scale(name: str, value: float) -> float:
    return float(np.exp(value) if name in ELASTICITIES else expit(value))


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


def _profile(track: _Track) -> Profile:
    fall = track.cost - track.cost.min()
    limit = float(chi2.ppf(LEVEL, 1))
    inside = np.flatnonzero(fall <= limit)
    first, last = int(inside[0]), int(inside[-1])
    return Profile(
        track.name,
        np.array([_scale(track.name, float(value)) for value in track.grid]),
        fall,
        _scale(track.name, _crossing(track, first, first - 1, limit)),
        _scale(track.name, _crossing(track, last, last + 1, limit)),
        first == 0,
        last == len(track.grid) - 1,
    )


def _crossing(track: _Track, inner: int, outer: int, limit: float) -> float:
    """Where the fall crosses the limit between two values of the grid, by halving."""
    near = float(track.grid[inner])
    if not 0 <= outer < len(track.grid):
        return near
    far, b = float(track.grid[outer]), track.ends[inner]
    level = float(track.cost.min()) + limit
    while abs(far - near) > FINE:
        half = 0.5 * (near + far)
        cost, end = track.at(half, b)
        if cost <= level:
            near, b = half, end
        else:
            far = half
    return 0.5 * (near + far)

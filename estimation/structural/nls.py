"""Weighted least squares of the demand system inside a box, some parameters held."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

import numpy as np
from scipy.optimize import least_squares

from estimation.samples.sample import Floats
from estimation.structural.demand_parameters import ELASTICITIES, NAMES, DemandParameters
from estimation.structural.demand_system import Observations, implied
from geo.errors import SampleError, StructuralError

LEONTIEF: Mapping[str, float] = MappingProxyType({"epsilon": 0.0})
"""What is held unless said otherwise: the paper's estimate of epsilon."""
NEAR = 0.01
"""How near to its bound, on the unbounded scale, a parameter counts as on it."""
MOST = 400
"""Evaluations that one search may take."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where estimates are looked for."""

    elasticity: tuple[float, float] = (0.01, 10.0)
    """Lowest and highest elasticity."""
    weight: tuple[float, float] = (0.001, 0.999)
    """Lowest and highest weight."""

    def __post_init__(self) -> None:
        low, high = self.elasticity
        small, large = self.weight
        if not (0.0 < low < high < np.inf and 0.0 < small < large < 1.0):
            raise StructuralError(
                "box of the estimates",
                expected="elasticities above 0 and weights between 0 and 1, in order",
                found=f"{self.elasticity} and {self.weight}",
                hint="correct the bounds",
            )

    def bounds(self) -> tuple[Floats, Floats]:
        """Lower and upper bounds (6,) on the unbounded scales."""
        ends = []
        for place in (0, 1):
            weight = self.weight[place]
            logit, log = np.log(weight / (1.0 - weight)), np.log(self.elasticity[place])
            ends.append(np.array([log if name in ELASTICITIES else logit for name in NAMES]))
        return ends[0], ends[1]


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Observations, what is held, and where the rest is looked for."""

    seen: Observations
    """Years with prices, wage gaps and employment."""
    held: Mapping[str, float] = field(default_factory=lambda: LEONTIEF)
    """Parameters that are not estimated, with their values."""
    box: Box = Box()
    """Bounds of the others."""

    def __post_init__(self) -> None:
        odd = [name for name in self.held if name not in NAMES]
        if odd or len(self.held) == len(NAMES):
            raise StructuralError(
                "parameters held",
                expected=f"some of {', '.join(NAMES)}, but not all",
                found=", ".join(self.held) if not odd else ", ".join(map(repr, odd)),
                hint="correct the names",
            )
        if 2 * len(self.seen.log_price_m) <= len(self.free):
            raise SampleError(
                "demand system",
                expected=f"more than {len(self.free) // 2} years for {len(self.free)} parameters",
                found=f"{len(self.seen.log_price_m)}",
                hint="add years, or hold parameters",
            )

    @property
    def free(self) -> tuple[str, ...]:
        """Names of what is estimated, in order."""
        return tuple(name for name in NAMES if name not in self.held)

    @property
    def places(self) -> list[int]:
        """Where those are among the six."""
        return [at for at, name in enumerate(NAMES) if name not in self.held]

    def point(self, free: Floats) -> Floats:
        """All six on their unbounded scales from those that are free."""
        b = np.array(_held_point(tuple(self.held.items())))
        b[self.places] = free
        return b


@cache
def _held_point(held: tuple[tuple[str, float], ...]) -> tuple[float, ...]:
    """Unbounded values of what is held; of the rest anything."""
    values = dict.fromkeys(NAMES, 0.5) | dict(held)
    return tuple(DemandParameters(**values).unbounded().tolist())


@dataclass(frozen=True, slots=True, eq=False)
class Minimum:
    """Where a search ended."""

    b: Floats
    """(6,): unbounded parameters."""
    objective: float
    """Sum of squares of the weighted residuals."""
    residuals: Floats
    """(T, 2): implied less observed employment shares."""
    on_bound: tuple[str, ...]
    """Parameters that ended on a bound of the box."""

    @property
    def covariance(self) -> Floats:
        """(2, 2): ``E'E / T``."""
        return np.asarray(self.residuals.T @ self.residuals / len(self.residuals))


def minimise(problem: Problem, start: Floats, root: Floats | None = None) -> Minimum:
    """Search from one start.

    Parameters
    ----------
    problem : Problem
    start : float array, shape (6,)
        Unbounded parameters; what is held is set, what is outside the box moved into it.
    root : float array, shape (2, 2), optional
        ``C`` with ``C C'`` the weight of the two equations; of equal weight when left out.

    Returns
    -------
    Minimum
    """
    places, seen = problem.places, problem.seen
    low, high = (end[places] for end in problem.box.bounds())
    weight = np.eye(2) if root is None else root
    margin = 1e-6 * (high - low)

    def residuals(free: Floats) -> Floats:
        made = implied(problem.point(free), seen).labour - seen.labour
        return np.asarray(made @ weight).ravel()

    def slopes(free: Floats) -> Floats:
        jacobian = implied(problem.point(free), seen).jacobian[:, :, places]
        weighted = np.einsum("tik,ij->tjk", jacobian, weight)
        return np.asarray(weighted.reshape(-1, len(places)))

    found = least_squares(
        residuals,
        np.clip(start[places], low + margin, high - margin),
        slopes,
        bounds=(low, high),
        xtol=1e-12,
        ftol=1e-14,
        gtol=1e-13,
        max_nfev=MOST,
    )
    near = (found.x - low < NEAR) | (high - found.x < NEAR)
    b = problem.point(found.x)
    return Minimum(
        b,
        2.0 * float(found.cost),
        implied(b, seen).labour - seen.labour,
        tuple(name for name, on in zip(problem.free, near, strict=True) if on),
    )


def starting_points(problem: Problem, count: int, seed: int) -> list[Floats]:
    """Starts (6,) on the unbounded scales: ones and halves first, then draws.

    Elasticities are drawn between 0.1 and 4, evenly in logs, logits of weights from -2.5 to 2.5.
    """
    if count < 1:
        raise StructuralError(
            "starts", expected="one or more", found=str(count), hint="give a positive number"
        )
    rng = np.random.default_rng(seed)
    points = [problem.point(np.zeros(len(problem.free)))]
    for _ in range(count - 1):
        drawn = [
            rng.uniform(np.log(0.1), np.log(4.0))
            if name in ELASTICITIES
            else rng.uniform(-2.5, 2.5)
            for name in problem.free
        ]
        points.append(problem.point(np.array(drawn)))
    return points


def best_of(problem: Problem, starts: list[Floats], root: Floats | None = None) -> list[Minimum]:
    """The minima that several starts lead to, the lowest first."""
    return sorted(
        (minimise(problem, start, root) for start in starts), key=lambda found: found.objective
    )

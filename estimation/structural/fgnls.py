"""Feasible generalised nonlinear least squares of the demand system, as in the paper.

Pan, Li and Gu, section 4.1, after Herrendorf, Rogerson and Valentinyi (2013): step one weighs the
two equations alike; step two by the inverse of ``E'E / T`` of step one's residuals; repeated until
nothing moves, which is the maximum of a Gaussian likelihood. All three are told, each from several
starts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from estimation.samples.sample import Floats
from estimation.structural.demand_parameters import DemandParameters, natural_slope
from estimation.structural.demand_system import Observations, implied
from estimation.structural.nls import LEONTIEF, Box, Minimum, Problem, best_of, minimise
from estimation.structural.nls import starting_points as starts_of

Stage = Literal["one_step", "two_step", "iterated"]

MOST_ROUNDS = 500
"""Weightings after which the iteration is given up, and says so."""
STILL = 1e-9
"""Change of ``ln det(E'E / T)`` at which it ends."""
EXACT = 1e-9
"""Root mean square of residuals below which a fit is exact, and weights mean nothing."""
SAME = 1e-6
"""Relative difference of objectives of one optimum."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Estimates of one stage."""

    stage: Stage
    """Which one."""
    estimate: DemandParameters
    """Elasticities and weights."""
    b: Floats
    """(6,): the same on their unbounded scales."""
    std_errors: Floats
    """(6,): of elasticities and weights, by the delta method; NaN where a parameter is held or on a
    bound, infinite where the data say nothing of it."""
    residual_covariance: Floats
    """(2, 2): ``E'E / T``."""
    rmse: Floats
    """(2,): of the employment shares of manufacturing and producer services."""
    rounds: int
    """Weightings that were made."""
    converged: bool
    """Whether the iteration ended by itself."""
    on_bound: tuple[str, ...]
    """Parameters on a bound of the box: they are not estimates but the box's."""
    exact: bool
    """Whether nothing is left to explain."""


@dataclass(frozen=True, slots=True, eq=False)
class Fgnls:
    """The three stages."""

    one_step: Fit
    """Equal weights."""
    two_step: Fit
    """Weights from the first."""
    iterated: Fit
    """Weights from its own residuals."""
    starts: int
    """Starts of the first stage."""
    optima: int
    """Different objectives that they led to."""
    at_best: int
    """Starts that led to the lowest."""


def estimate_fgnls(
    seen: Observations,
    *,
    held: Mapping[str, float] = LEONTIEF,
    box: Box | None = None,
    starts: int = 12,
    seed: int = 0,
) -> Fgnls:
    """Estimate the demand system.

    Parameters
    ----------
    seen : Observations
    held : mapping
        Parameters that are not estimated; epsilon at zero unless said otherwise.
    box : Box, optional
        Bounds of the others.
    starts : int
        Points from which each stage is searched.
    seed : int
        Of the starts.

    Returns
    -------
    Fgnls

    Raises
    ------
    SampleError
        There are too few years.
    StructuralError
        A parameter's name or value is wrong.
    """
    problem = Problem(seen, held, Box() if box is None else box)
    points = starts_of(problem, starts, seed)
    minima = best_of(problem, points)
    objectives = np.array([found.objective for found in minima])
    first = minima[0]
    near = objectives <= objectives[0] * (1.0 + SAME) + 2 * len(seen.labour) * EXACT**2
    gaps = np.diff(objectives) > SAME * objectives[1:] + 2 * len(seen.labour) * EXACT**2
    one = _fit(problem, "one_step", first, np.eye(2), rounds=0, converged=True)
    weights: Floats = np.eye(2)
    if one.exact:
        two = iterated = first
        rounds, converged = 0, True
    else:
        weights = _inverse(first.covariance)
        two = best_of(problem, [first.b, *points], _root(weights))[0]
        iterated, rounds, converged = _iterated(problem, two, points)
    return Fgnls(
        one,
        _fit(problem, "two_step", two, weights, rounds=int(not one.exact), converged=True),
        _fit(
            problem,
            "iterated",
            iterated,
            weights if one.exact else _inverse(iterated.covariance),
            rounds=rounds,
            converged=converged,
        ),
        starts,
        1 + int(gaps.sum()),
        int(near.sum()),
    )


def _iterated(problem: Problem, start: Minimum, points: list[Floats]) -> tuple[Minimum, int, bool]:
    """Weigh and fit until the determinant rests, then look once more from all starts."""
    found = start
    for rounds in range(2, MOST_ROUNDS):
        root = _root(_inverse(found.covariance))
        following = minimise(problem, found.b, root)
        moved = _log_det(found) - _log_det(following)
        if abs(moved) < STILL:
            other = best_of(problem, points, root)[0]
            if _log_det(other) > _log_det(following) - 100 * STILL:
                return following, rounds, True
            following = other
        found = following
    return found, MOST_ROUNDS, False


def _log_det(found: Minimum) -> float:
    return float(np.linalg.slogdet(found.covariance)[1])


def _inverse(covariance: Floats) -> Floats:
    return np.asarray(np.linalg.inv(covariance), dtype=np.float64)


def _root(weights: Floats) -> Floats:
    return np.asarray(np.linalg.cholesky(weights))


def _fit(
    problem: Problem,
    stage: Stage,
    found: Minimum,
    weights: Floats,
    *,
    rounds: int,
    converged: bool,
) -> Fit:
    rmse = np.sqrt(np.diag(found.covariance))
    return Fit(
        stage,
        DemandParameters.of_unbounded(found.b),
        found.b,
        _std_errors(problem, found, weights),
        found.covariance,
        rmse,
        rounds,
        converged,
        found.on_bound,
        bool(rmse.max() < EXACT),
    )


def _std_errors(problem: Problem, found: Minimum, weights: Floats) -> Floats:
    """Errors (6,) that are right for any weights: bread, products of weighted residuals, bread."""
    inner = [
        at
        for at, name in zip(problem.places, problem.free, strict=True)
        if name not in found.on_bound
    ]
    made = np.full(6, np.nan)
    if not inner:
        return made
    jacobian = implied(found.b, problem.seen).jacobian[:, :, inner]
    weighted = np.einsum("tik,ij->tjk", jacobian, weights)
    bread = np.einsum("tik,tij->kj", weighted, jacobian)
    middle = np.einsum("tik,ij,tjl->kl", weighted, found.covariance, weighted)
    if np.linalg.cond(bread) > 1.0 / np.finfo(float).eps:
        made[inner] = np.inf
        return made
    inverse = np.linalg.inv(bread)
    variance = np.diag(inverse @ middle @ inverse)
    made[inner] = np.sqrt(np.maximum(variance, 0.0)) * natural_slope(found.b)[inner]
    return made

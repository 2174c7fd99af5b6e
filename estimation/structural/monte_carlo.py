"""How far estimates of the demand system spread where the truth is known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estimation.samples.sample import Floats
from estimation.structural.demand_parameters import NAMES, DemandParameters, natural
from estimation.structural.nls import Problem, best_of, starting_points
from estimation.structural.synthetic_prices import at_truth, with_noise
from geo.errors import StructuralError


@dataclass(frozen=True, slots=True, eq=False)
class MonteCarlo:
    """Estimates from draws of noise; parameters in the order of ``NAMES``."""

    truth: DemandParameters
    """What every draw was made with."""
    noise: Floats
    """(2, 2): covariance of the noise of both employment shares."""
    estimates: Floats
    """(draws, 6): elasticities and weights; what is held is at its value."""
    on_bound: NDArray[np.bool_]
    """(draws, 6): where an estimate ended on a bound of the box."""

    @property
    def mean(self) -> Floats:
        """(6,)."""
        return np.asarray(self.estimates.mean(axis=0), dtype=np.float64)

    @property
    def sd(self) -> Floats:
        """(6,): of elasticities and weights, within the box."""
        return np.asarray(self.estimates.std(axis=0, ddof=1), dtype=np.float64)

    @property
    def bound_share(self) -> Floats:
        """(6,): share of draws on a bound."""
        return np.asarray(self.on_bound.mean(axis=0), dtype=np.float64)


def monte_carlo(
    problem: Problem,
    truth: DemandParameters,
    covariance: Floats,
    *,
    draws: int = 200,
    starts: int = 1,
    seed: int = 0,
) -> MonteCarlo:
    """Estimate from simulated employment shares, weighted by the inverse of the noise.

    Parameters
    ----------
    problem : Problem
        Its prices and wage gaps; its employment shares are not used.
    truth : DemandParameters
    covariance : float array, shape (2, 2)
        Of the noise.
    draws : int
        Two or more.
    starts : int
        Starts of each draw besides the truth.
    seed : int

    Returns
    -------
    MonteCarlo

    Raises
    ------
    StructuralError
        There are fewer than two draws, or the noise has no positive definite covariance.
    """
    if draws < 2:
        raise StructuralError(
            "Monte Carlo", expected="two draws or more", found=str(draws), hint="ask for more"
        )
    root = np.linalg.cholesky(np.linalg.inv(checked_noise(covariance)))
    rng = np.random.default_rng(seed)
    clean = at_truth(problem.seen, truth)
    points = [truth.unbounded(), *starting_points(problem, starts, seed)]
    estimates = np.empty((draws, len(NAMES)))
    on_bound = np.zeros((draws, len(NAMES)), dtype=bool)
    for draw in range(draws):
        noisy = Problem(with_noise(clean, covariance, rng), problem.held, problem.box)
        found = best_of(noisy, points, root)[0]
        estimates[draw] = natural(found.b)
        on_bound[draw] = [name in found.on_bound for name in NAMES]
    return MonteCarlo(truth, covariance, estimates, on_bound)


def checked_noise(covariance: Floats) -> Floats:
    """The covariance, if it is one of two equations' noise."""
    good = np.shape(covariance) == (2, 2) and np.allclose(covariance, covariance.T)
    if not good or not (np.linalg.eigvalsh(covariance) > 0.0).all():
        raise StructuralError(
            "noise of the employment shares",
            expected="a positive definite covariance of two equations",
            found=f"{np.asarray(covariance).tolist()}",
            hint="give sd ** 2 times the identity, or E'E / T of a fit",
        )
    return covariance

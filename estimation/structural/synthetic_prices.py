"""Made-up years in which prices move enough for the demand system to be estimated."""

import numpy as np

from estimation.samples.sample import Floats
from estimation.structural.demand_parameters import DemandParameters
from estimation.structural.demand_system import Observations, implied

TREND_M = -2.0
"""Change of ln(p_m / p_x) over the span."""
TREND_S = 1.2
"""Change of ln(p_s / p_x) over the span."""
SWING = 0.45
"""Half the width of the oscillation round both trends."""
WAVES = 2
"""Oscillations over the span; the two prices are a quarter of one apart."""


def moving_prices(seen: Observations, truth: DemandParameters) -> Observations:
    """The same years and wage gaps with prices that move, and the employment shares they imply.

    Parameters
    ----------
    seen : Observations
        Its wage gaps, capital income shares and years are kept.
    truth : DemandParameters
        What estimation should find.

    Returns
    -------
    Observations
        Employment shares are without error.
    """
    u = np.linspace(0.0, 1.0, len(seen.log_price_m))
    turn = 2.0 * np.pi * WAVES * u
    moved = Observations(
        TREND_M * u + SWING * np.sin(turn),
        TREND_S * u + SWING * np.cos(turn),
        seen.xi_m,
        seen.xi_s,
        seen.labour,
        seen.beta,
        seen.years,
    )
    return at_truth(moved, truth)


def at_truth(seen: Observations, truth: DemandParameters) -> Observations:
    """The same prices and wage gaps with the employment shares that they imply at some parameters.

    What a data set could say of parameters, were the model true: the design without its noise.
    """
    return seen.with_labour(implied(truth.unbounded(), seen).labour)


def with_noise(seen: Observations, covariance: Floats, rng: np.random.Generator) -> Observations:
    """Normal errors on both employment shares, independent between years."""
    root = np.linalg.cholesky(covariance)
    noise = rng.normal(size=seen.labour.shape) @ root.T
    return seen.with_labour(seen.labour + noise)

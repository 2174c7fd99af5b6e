"""The bootstrap interval of a city's Gini, over its units."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GiniInterval:
    """A percentile interval of the Gini of one city and year."""

    low: float
    """Lower end; NaN if there is none."""
    high: float
    """Upper end; NaN if there is none."""
    dark_draws: int
    """Draws left out because every unit drawn was dark."""


def gini_interval(
    light: Floats, *, city_id: str, year: int, draws: int, level: float
) -> GiniInterval:
    """Percentile interval of the Gini under resampling of a city's units with replacement.

    Townships are a census: the interval describes how the Gini depends on which units there are,
    not sampling error.

    Parameters
    ----------
    light : ndarray, shape (n_units,)
        Mean light of the city's units, in ascending order, finite and >= 0.
    city_id, year : str, int
        The key of the city-year, whatever the product. The draws are seeded from it and from
        nothing else, so that they do not depend on the other cities, the order of rows or the
        number of threads.
    draws : int
        How many resamples.
    level : float
        Share of the draws inside the interval, between 0 and 1.

    Returns
    -------
    GiniInterval
        NaN for fewer than two units, for no draws, and if every draw is dark.

    Notes
    -----
    With the units of a draw in ascending order of light its Gini is
    ``sum_i (2 i - n - 1) x_i / (n sum_i x_i)``. Units are drawn by their rank, so that sorting a
    draw sorts short integers.
    A draw of dark units only has no Gini: it is left out of the quantiles and counted. The interval
    is then conditional on some light.
    """
    n_units = len(light)
    if n_units < 2 or draws == 0:
        return GiniInterval(low=np.nan, high=np.nan, dark_draws=0)
    generator = np.random.default_rng(_seed(city_id, year))
    ranks = np.uint16 if n_units <= np.iinfo(np.uint16).max else np.uint32
    drawn = light[np.sort(generator.integers(n_units, size=(draws, n_units), dtype=ranks), axis=1)]
    total = drawn.sum(axis=1)
    # The factors add up to zero: the darkest unit's light may be taken off against cancellation.
    drawn -= light[0]
    drawn *= 2.0 * np.arange(n_units) - n_units + 1.0
    # A sum along rows, not a matrix product, whose order of addition is the library's affair.
    spread = drawn.sum(axis=1)
    lit = total > 0.0
    dark_draws = draws - int(lit.sum())
    if dark_draws == draws:
        return GiniInterval(low=np.nan, high=np.nan, dark_draws=draws)
    # Rounding can leave a draw of equal units a hair under zero.
    ginis = np.maximum(spread[lit] / (n_units * total[lit]), 0.0)
    low, high = np.quantile(ginis, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return GiniInterval(low=float(low), high=float(high), dark_draws=dark_draws)


def _seed(city_id: str, year: int) -> np.random.SeedSequence:
    key = f"gini interval\n{city_id}\n{year}"
    return np.random.SeedSequence(int(hashlib.sha256(key.encode()).hexdigest(), 16))

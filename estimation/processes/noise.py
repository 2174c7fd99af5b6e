"""Bounded noise, independent over cities and, if asked, persistent over years."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]

BOUND = 2.5
"""Noise is normal, cut at this many standard deviations: Gini and UIL stay inside their bounds."""

_LOWEST = ndtr(-BOUND)
_SCALE = float(
    1.0
    / np.sqrt(1.0 - 2.0 * BOUND * np.exp(-(BOUND**2) / 2) / np.sqrt(2 * np.pi) / (1 - 2 * _LOWEST))
)


def bounded(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Normal noise cut at ``BOUND``, then scaled to variance 1.

    Parameters
    ----------
    rng : numpy.random.Generator
    shape : (int, int)

    Returns
    -------
    float array
        Within ``BOUND`` times 1.05 of 0.
    """
    draws = ndtri(rng.uniform(_LOWEST, 1.0 - _LOWEST, size=shape))
    return np.asarray(_SCALE * draws, dtype=np.float64)


def even(rng: np.random.Generator, count: int) -> Floats:
    """A trait of cities: uniform with variance 1, shape (count, 1)."""
    return rng.uniform(-np.sqrt(3.0), np.sqrt(3.0), size=(count, 1))


def persistent(rng: np.random.Generator, shape: tuple[int, int], persistence: float) -> Floats:
    """First-order autoregression over the years, stationary with variance 1.

    Parameters
    ----------
    rng : numpy.random.Generator
    shape : (int, int)
        Cities and years.
    persistence : float
        Autocorrelation of consecutive years, 0 or more and less than 1; 0 is :func:`bounded`.

    Returns
    -------
    float array, shape (cities, years)
    """
    noise = bounded(rng, shape)
    path = np.empty(shape)
    path[:, 0] = noise[:, 0]
    for year in range(1, shape[1]):
        path[:, year] = (
            persistence * path[:, year - 1] + np.sqrt(1.0 - persistence**2) * noise[:, year]
        )
    return path

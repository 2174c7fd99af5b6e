"""Bands for many linear combinations of the effects: pointwise, and uniform (sup-t).

A uniform band holds all the combinations at once with the stated probability: its half-width is a
critical value of the largest absolute statistic, from the covariance by simulation or from the
clusters' influence by a multiplier bootstrap (Chernozhukov, Chetverikov and Kato 2013).
"""

import math
from dataclasses import dataclass

import numpy as np

from estimation.inference.intervals import LEVEL, quantile
from estimation.inference.moments import cluster_moments
from estimation.inference.streams import BANDS, check_draws, generator
from estimation.samples.sample import Floats, Integers

BLOCK = 1024
"""Draws worked on at once."""


@dataclass(frozen=True, slots=True)
class Band:
    """m linear combinations of the effects, each array of shape (m,)."""

    estimate: Floats
    """The combinations."""
    std_error: Floats
    """Their standard errors."""
    low: Floats
    """Lower end of the pointwise 95 % interval."""
    high: Floats
    """Upper end."""
    uniform_low: Floats
    """Lower end of the uniform 95 % band."""
    uniform_high: Floats
    """Upper end."""
    pointwise: float
    """Standard errors on either side of an interval."""
    critical: float
    """Standard errors on either side of the band; never fewer than pointwise."""


def simulated_band(
    theta: Floats, matrix: Floats, L: Floats, *, df: float, seed: int, draws: int = 9999
) -> Band:
    """A uniform band by simulation from the covariance.

    Parameters
    ----------
    theta : float array, shape (k,)
        The effects.
    matrix : float array, shape (k, k)
        Their covariance.
    L : float array, shape (m, k)
        Each row a combination: the band is for ``L theta``.
    df : float
        Degrees of freedom: draws are from the multivariate t distribution (normal if infinite).
    seed : int
        0 or more.
    draws : int

    Returns
    -------
    Band

    Raises
    ------
    DesignError
        No draws.
    """
    check_draws(draws, "uniform band")
    rng = generator(seed, BANDS)
    values, vectors = np.linalg.eigh(matrix)
    root = vectors * np.sqrt(np.clip(values, 0.0, None))
    std_error = _std_errors(L, matrix)
    shape = _standardised(L @ root, std_error)
    normal = rng.normal(size=(draws, theta.size))
    stretch = np.ones(draws) if math.isinf(df) else np.sqrt(df / rng.chisquare(df, size=draws))
    return _band(L @ theta, std_error, _largest(normal, shape) * stretch, df)


def multiplier_band(
    u: Floats,
    V: Floats,
    W: Floats | None,
    clusters: Integers,
    L: Floats,
    *,
    matrix: Floats,
    seed: int,
    draws: int = 9999,
) -> Band:
    """A uniform band by the multiplier bootstrap: a normal weight for each cluster's influence.

    Parameters
    ----------
    u, V, W, clusters
        As in :func:`estimation.inference.moments.cluster_moments`.
    L : float array, shape (m, k)
        Each row a combination: the band is for ``L theta``.
    matrix : float array, shape (k, k)
        Covariance of the effects that gives the standard errors, for example CRV1 or CRV3.
    seed : int
        0 or more.
    draws : int

    Returns
    -------
    Band
        Pointwise intervals are from Student's distribution, clusters less one.

    Raises
    ------
    SampleError
        As :func:`estimation.inference.moments.cluster_moments`.
    DesignError
        No draws.
    """
    check_draws(draws, "uniform band")
    moments = cluster_moments(u, V, W, clusters, where="uniform band")
    influence = moments.influence @ L.T
    shape = _standardised(influence.T, np.linalg.norm(influence, axis=0))
    weights = generator(seed, BANDS).normal(size=(draws, moments.codes.size))
    df = moments.codes.size - 1
    return _band(L @ moments.theta, _std_errors(L, matrix), _largest(weights, shape), df)


def _std_errors(L: Floats, matrix: Floats) -> Floats:
    variance = np.asarray(np.einsum("mk,kl,ml->m", L, matrix, L), dtype=np.float64)
    return np.sqrt(np.clip(variance, 0.0, None))


def _standardised(rows: Floats, lengths: Floats) -> Floats:
    """Rows of length one; a combination without error has no say in the largest statistic."""
    known = np.where(lengths > 0, lengths, np.inf)
    return np.asarray(rows / known[:, None], dtype=np.float64)


def _largest(draws: Floats, shape: Floats) -> Floats:
    """Largest absolute statistic of each draw, shape (draws,)."""
    blocks = np.array_split(draws, max(1, len(draws) // BLOCK))
    parts = [np.abs(block @ shape.T).max(axis=1) for block in blocks]
    return np.asarray(np.concatenate(parts), dtype=np.float64)


def _band(estimate: Floats, std_error: Floats, largest: Floats, df: float) -> Band:
    pointwise = quantile(0.5 + LEVEL / 2, df=df)
    critical = max(pointwise, float(np.quantile(largest, LEVEL, method="higher")))
    return Band(
        estimate=estimate,
        std_error=std_error,
        low=estimate - pointwise * std_error,
        high=estimate + pointwise * std_error,
        uniform_low=estimate - critical * std_error,
        uniform_high=estimate + critical * std_error,
        pointwise=pointwise,
        critical=critical,
    )

"""What a test of pre-trends can see, and what it would let pass: Roth (2022)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import fdtri, ncfdtr, ndtr, ndtri

from estimation.inference.intervals import LEVEL
from estimation.inference.streams import TRENDS, generator
from estimation.samples.sample import Floats
from geo.errors import SampleError

THRESHOLD = 1.96
"""Absolute t above which a single effect before adoption is noticed."""
DRAWS = 40_000
"""Draws of effects before adoption, of which those that pass are kept."""
POINTS = 8_009
"""Points by which their joint probability is integrated."""


@dataclass(frozen=True, slots=True)
class DetectableTrend:
    """A linear trend that a test of pre-trends finds with a stated probability."""

    power: float
    """The probability."""
    slope: float
    """The trend's change of the outcome a year, positive."""
    bias: float
    """What it adds to the average effect after adoption."""
    bias_if_passed: float
    """What is to be expected in the average effect where the test has found nothing."""


def detectable_trend(
    at: Floats,
    covariance: Floats,
    weights: Floats,
    *,
    reference: float,
    power: float,
    joint: bool = False,
    df: float = np.inf,
    seed: int = 0,
) -> DetectableTrend:
    """The linear trend that the effects before adoption show with a given probability.

    Roth (2022), section I: effects are normal around ``slope * (time - reference)``. The test is
    that no single one of them is significant, as `pretrends` has it, or the joint Wald test.

    Parameters
    ----------
    at : float array, shape (m,)
        Years since adoption; before 0, without the reference, and after.
    covariance : float array, shape (m, m)
        Of the effects.
    weights : float array, shape (m,)
        Of each effect in the average after adoption; 0 before.
    reference : float
        Year since adoption in which the effect is 0 by construction.
    power : float
        Between the test's size and 1.
    joint : bool
        The joint test in place of single ones.
    df : float
        Degrees of freedom of the joint test's denominator.
    seed : int
        Of the draws behind ``bias_if_passed``.

    Returns
    -------
    DetectableTrend

    Raises
    ------
    SampleError
        No effect before adoption has a standard error, or the test finds more without any trend.
    """
    before = (at < min(0.0, reference)) & (np.diag(covariance) > 0)
    if not before.any():
        raise SampleError(
            "power of the pre-trend test",
            expected="effects before adoption with standard errors",
            found="none",
            hint="choose earlier years, or a wider window",
        )
    shape = at - reference
    own = covariance[np.ix_(before, before)]
    seen = _joint_power(own, df) if joint else _single_power(own)
    scale = float(np.sqrt(np.diag(own)).min() / np.abs(shape[before]).max())
    slope = _root(lambda size: seen(size * shape[before]) - power, scale)
    passed = _mean_if_passed(slope * shape[before], own, df=df, joint=joint, seed=seed)
    moved = passed - slope * shape[before]
    carried = covariance[:, before] @ np.linalg.pinv(own, hermitian=True) @ moved
    bias = slope * shape
    return DetectableTrend(power, slope, float(weights @ bias), float(weights @ (bias + carried)))


def _single_power(covariance: Floats) -> Callable[[Floats], float]:
    """Probability that some effect is significant, as a function of their means."""
    size = np.sqrt(np.diag(covariance))
    q = size.size
    root = np.linalg.cholesky(covariance / np.outer(size, size) + 1e-10 * np.eye(q))
    points = _lattice(q)

    def seen(mean: Floats) -> float:
        return 1.0 - _inside(mean / size, root, points)

    return seen


def _lattice(q: int) -> Floats:
    """Points of a Richtmyer lattice in the unit cube, moved to its middle, shape (POINTS, q)."""
    primes = [n for n in range(2, 1000) if all(n % k for k in range(2, int(n**0.5) + 1))]
    steps = np.sqrt(np.array(primes[:q], dtype=np.float64))
    places = np.arange(1, POINTS + 1)[:, None] * steps + 0.5
    return np.asarray(np.abs(2.0 * (places % 1.0) - 1.0))


def _inside(mean: Floats, root: Floats, points: Floats) -> float:
    """Probability that normals of variance 1 are all within the threshold (Genz 1992)."""
    share = np.ones(len(points))
    normals = np.zeros_like(points)
    for j in range(mean.size):
        middle = mean[j] + normals[:, :j] @ root[j, :j]
        low = ndtr((-THRESHOLD - middle) / root[j, j])
        width = ndtr((THRESHOLD - middle) / root[j, j]) - low
        share *= width
        normals[:, j] = ndtri(np.clip(low + points[:, j] * width, 1e-300, 1 - 1e-16))
    return float(share.mean())


def _joint_power(covariance: Floats, df: float) -> Callable[[Floats], float]:
    """Probability that the joint test rejects, as a function of the effects' means."""
    q = len(covariance)
    inverse = np.linalg.pinv(covariance, hermitian=True)
    below = 1e9 if np.isinf(df) else df
    limit = float(fdtri(q, below, LEVEL))

    def seen(mean: Floats) -> float:
        return 1.0 - float(ncfdtr(q, below, float(mean @ inverse @ mean), limit))

    return seen


def _root(short: Callable[[float], float], scale: float) -> float:
    """The slope at which a power is reached."""
    if short(0.0) >= 0:
        raise SampleError(
            "power of the pre-trend test",
            expected="a test that finds less without a trend",
            found=f"{100 * (short(0.0)):.0f} % more",
            hint="ask for more power, or the joint test",
        )
    high = scale
    while short(high) < 0:
        high *= 2.0
    return float(brentq(short, 0.0, high, xtol=1e-6 * scale, rtol=1e-6))


def _mean_if_passed(
    mean: Floats, covariance: Floats, *, df: float, joint: bool, seed: int
) -> Floats:
    """Mean of the effects before adoption among draws that the test lets pass."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.clip(values, 0.0, None))
    draws = mean + generator(seed, TRENDS).normal(size=(DRAWS, mean.size)) @ root.T
    if joint:
        below = 1e9 if np.isinf(df) else df
        inverse = np.linalg.pinv(covariance, hermitian=True)
        wald = np.einsum("di,ij,dj->d", draws, inverse, draws) / mean.size
        passed = wald <= fdtri(mean.size, below, LEVEL)
    else:
        passed = (np.abs(draws) <= THRESHOLD * np.sqrt(np.diag(covariance))).all(axis=1)
    return np.asarray(draws[passed].mean(axis=0))

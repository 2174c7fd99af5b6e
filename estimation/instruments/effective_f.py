"""The effective F of Montiel Olea and Pflueger (2013), with its critical values.

With instruments made orthonormal (``Z'Z / n = I``) and W the covariance of the scaled coefficients
of the two reduced forms, ``F_eff = n pi'pi / tr(W_2)``. Instruments are weak where the Nagar bias
of two-stage least squares may exceed a share tau of its worst case; the critical value is that of a
noncentral chi squared with the degrees of freedom of their Theorem 1 (Patnaik's curve).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.stats import ncx2

from estimation.instruments.partialled import Partialled
from estimation.instruments.predicted import instrument_basis
from estimation.instruments.scores import clustered_meat
from estimation.linear.sandwich import wald_f
from estimation.samples.sample import Floats, Integers

TAUS = (0.05, 0.10, 0.20, 0.30)
"""Shares of the worst-case bias for which critical values are told."""

SIZE = 0.05
"""Size of the test that instruments are weak."""

_ANGLES = 721


@dataclass(frozen=True, slots=True)
class EffectiveF:
    """How strong instruments are."""

    statistic: float
    """The effective F."""
    wald: float
    """The usual robust F of all instruments; equal to the effective one for one instrument."""
    instruments: int
    """K."""
    effective: float
    """Effective number of instruments at tau = 10 %, from 1 to K."""
    critical: Mapping[float, float]
    """By tau: the effective F above which, at 5 %, the bias of two-stage least squares is not
    above this share of its worst case."""
    simplified: Mapping[float, float]
    """By tau: the same with the worst case over the outcome's equation, which errs on the large
    side."""


def effective_f(
    p: Partialled,
    groupings: Integers | None = None,
    *,
    factor: bool = True,
    where: str = "effective F",
) -> EffectiveF:
    """The effective F of the instruments of one treatment.

    Parameters
    ----------
    p : Partialled
        n rows, K instruments.
    groupings : int64 array or None
        As in :func:`estimation.instruments.scores.clustered_meat`.
    factor : bool
        Small-sample factors; ``weakivtest`` in Stata has the same.
    where : str
        What an error names.

    Returns
    -------
    EffectiveF

    Raises
    ------
    SampleError
        An instrument is a linear function of the others, or two ways to cluster leave a negative
        variance.

    References
    ----------
    Montiel Olea and Pflueger (2013), equations 2 to 4, Theorem 1; Pflueger and Wang (2015).
    """
    basis = instrument_basis(p.Z, where=where)
    count = basis.shape[1]
    first, reduced = basis.T @ p.x, basis.T @ p.y
    scores = np.hstack(
        [basis * one[:, None] for one in (p.y - basis @ reduced, p.x - basis @ first)]
    )
    W = clustered_meat(scores, groupings, slopes=p.slopes + count if factor else None, where=where)
    own = W[count:, count:]
    worst = worst_bias(W[:count, :count], W[:count, count:], own)
    return EffectiveF(
        statistic=float(first @ first / np.trace(own)),
        wald=wald_f(first, own),
        instruments=count,
        effective=_degrees(own, worst / 0.10),
        critical={tau: critical_value(own, worst / tau) for tau in TAUS},
        simplified={tau: critical_value(own, 1 / tau) for tau in TAUS},
    )


def critical_value(W2: Floats, x: float, *, size: float = SIZE) -> float:
    """Critical value of the effective F for a noncentrality x (Theorem 1, part 4).

    Parameters
    ----------
    W2 : float array, shape (K, K)
        Covariance of the first stage's coefficients, instruments orthonormal.
    x : float
        Worst-case bias over tau.
    size : float

    Returns
    -------
    float
    """
    degrees = _degrees(W2, x)
    return float(ncx2.ppf(1 - size, degrees, x * degrees) / degrees)


def _degrees(W2: Floats, x: float) -> float:
    values = np.linalg.eigvalsh(W2)
    shares = values / values.sum()
    return float((1 + 2 * x) / (np.sum(shares**2) + 2 * x * shares.max()))


def worst_bias(W1: Floats, W12: Floats, W2: Floats) -> float:
    """The largest Nagar bias of two-stage least squares over its benchmark, over all effects.

    For an effect of ``tan(angle)``, and for the direction of the first stage's coefficients in
    closed form: the benchmark is 1 in the worst case, so that this is at most 1.

    Parameters
    ----------
    W1, W12, W2 : float array, shape (K, K)
        Blocks of the covariance of both reduced forms, outcome first.

    Returns
    -------
    float
    """
    crossed = (W12 + W12.T) / 2

    def bias(angle: float) -> float:
        one, effect = np.cos(angle), np.sin(angle)
        S12 = one * crossed - effect * W2
        S1 = one**2 * np.trace(W1) - 2 * one * effect * np.trace(W12) + effect**2 * np.trace(W2)
        ends = np.trace(S12) - 2 * np.linalg.eigvalsh(S12)[[0, -1]]
        return float(np.abs(ends).max() / np.sqrt(np.trace(W2) * S1))

    # The effect's scale is the ratio of the two equations' spreads: angles are equally fine there.
    ratio = np.sqrt(np.trace(W1) / np.trace(W2))
    angles = np.arctan(ratio * np.tan(np.linspace(-np.pi / 2, np.pi / 2, _ANGLES)))
    values = [bias(angle) for angle in angles]
    best = int(np.argmax(values))
    low, high = angles[max(best - 1, 0)], angles[min(best + 1, _ANGLES - 1)]
    finer = minimize_scalar(lambda angle: -bias(angle), bounds=(low, high), method="bounded")
    return max(values[best], -float(finer.fun))

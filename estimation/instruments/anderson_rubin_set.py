"""The Anderson-Rubin test and set of one treatment's effect with any number of instruments.

If the effect is ``b``, no instrument moves ``y - b x``: the robust Wald test of their K
coefficients is valid however weak they are (Anderson and Rubin 1949). Their covariance is a
quadratic in b, so the ends of the set are the real roots of ``det(c S(b) - d(b) d(b)') = 0``, a
quadratic eigenvalue problem: the set is found whole, without a grid. It may be several pieces, the
line, or, where the instruments contradict each other, empty.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.linalg import eigvals
from scipy.special import fdtrc, fdtri

from estimation.inference.intervals import LEVEL
from estimation.instruments.partialled import Partialled
from estimation.instruments.predicted import instrument_basis
from estimation.instruments.scores import clustered_meat, fewest
from estimation.samples.sample import Floats, Integers
from geo.errors import SampleError


@dataclass(frozen=True, slots=True)
class AndersonRubinSet:
    """The test of no effect and the 95 % set of effects."""

    statistic: float
    """F with ``instruments`` and ``df`` degrees of freedom, of no effect."""
    p_value: float
    """Of no effect."""
    instruments: int
    """K."""
    df: float
    """The fewest clusters less one; rows less slopes without clusters."""
    pieces: tuple[tuple[float, float], ...]
    """Intervals that make up the set, ascending, ends may be infinite; none where it is empty."""


def anderson_rubin_set(
    p: Partialled, groupings: Integers | None = None, *, where: str = "Anderson-Rubin test"
) -> AndersonRubinSet:
    """Test no effect, and invert the test.

    Parameters
    ----------
    p : Partialled
        n rows, K instruments.
    groupings : int64 array or None
        As in :func:`estimation.instruments.scores.clustered_meat`; factor ``G / (G - 1)``.
    where : str
        What an error names.

    Returns
    -------
    AndersonRubinSet
        With one instrument and one-way clusters that of
        :func:`estimation.inference.anderson_rubin.anderson_rubin`.

    Raises
    ------
    SampleError
        An instrument is a linear function of the others, clusters are no more than instruments, or
        two ways to cluster leave a negative variance.
    """
    basis = instrument_basis(p.Z, where=where)
    count = basis.shape[1]
    clusters = fewest(groupings, p.y.size - p.slopes)
    if clusters <= count:
        raise SampleError(
            where,
            expected=f"more clusters than instruments ({count})",
            found=f"{clusters}",
            hint="use fewer instruments, or cluster by something smaller",
        )
    slopes = np.column_stack([basis.T @ p.y, basis.T @ p.x])
    left = [column - basis @ slope for column, slope in zip((p.y, p.x), slopes.T, strict=True)]
    scores = np.hstack([basis * one[:, None] for one in left])
    whole = clustered_meat(scores, groupings, slopes=0, where=where)
    blocks = [whole[i : i + count, j : j + count] for i in (0, count) for j in (0, count)]
    df = float(clusters - 1)
    statistic = _wald(slopes[:, 0], blocks[0]) / count
    reach = count * float(fdtri(count, df, LEVEL))
    return AndersonRubinSet(
        statistic,
        float(fdtrc(count, df, statistic)),
        count,
        df,
        _pieces(slopes, blocks, reach),
    )


def _wald(d: Floats, S: Floats) -> float:
    return float(d @ np.linalg.solve(S, d))


def _pieces(slopes: Floats, blocks: list[Floats], reach: float) -> tuple[tuple[float, float], ...]:
    """Where ``d(b)' S(b)^-1 d(b) <= reach``; effects are in units of the columns' lengths."""
    unit = np.sqrt(np.trace(blocks[0]) / np.trace(blocks[3]))
    scale = np.array([1.0, unit])
    a, b = (slopes * scale).T
    parts = [blocks[0], unit * (blocks[1] + blocks[2]), unit**2 * blocks[3]]
    constant = reach * parts[0] - np.outer(a, a)
    linear = -reach * parts[1] + np.outer(a, b) + np.outer(b, a)
    square = reach * parts[2] - np.outer(b, b)
    ends = unit * _real_roots(constant, linear, square)

    def inside(effect: float) -> bool:
        d = slopes[:, 0] - effect * slopes[:, 1]
        S = blocks[0] - effect * (blocks[1] + blocks[2]) + effect**2 * blocks[3]
        return _wald(d, S) <= reach

    edges = [-np.inf, *ends, np.inf]
    kept: list[tuple[float, float]] = []
    for low, high in pairwise(edges):
        if inside(_between(low, high, unit)):
            joined = kept and kept[-1][1] == low
            kept = [*kept[:-1], (kept[-1][0], high)] if joined else [*kept, (low, high)]
    return tuple((float(low), float(high)) for low, high in kept)


def _real_roots(constant: Floats, linear: Floats, square: Floats) -> Floats:
    """Real b with ``det(constant + b linear + b^2 square) = 0``, ascending."""
    size = constant.shape[0]
    eye, zero = np.eye(size), np.zeros((size, size))
    left = np.block([[zero, eye], [-constant, -linear]])
    right = np.block([[eye, zero], [zero, square]])
    pairs = eigvals(left, right, homogeneous_eigvals=True)
    finite = np.abs(pairs[1]) > 1e-14 * np.abs(pairs[0])
    roots = pairs[0][finite] / pairs[1][finite]
    real = np.abs(roots.imag) <= 1e-7 * (1 + np.abs(roots))
    return np.sort(roots[real].real)


def _between(low: float, high: float, unit: float) -> float:
    """A number inside an interval whose ends may be infinite."""
    if np.isinf(low):
        return 0.0 if np.isinf(high) else high - unit - abs(high)
    return low + unit + abs(low) if np.isinf(high) else (low + high) / 2

"""The wild cluster bootstrap with the null imposed, on the final regression.

Cameron, Gelbach and Miller (2008); the cross-products follow Roodman, Nielsen, MacKinnon and Webb
(2019): with the null ``theta_j = theta_hat_j + delta`` imposed, numerator and denominator of every
draw's statistic are a line and a parabola in delta. So one set of draws gives the p value of every
null, and the confidence set by inversion costs no further draw.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from estimation.inference.clustered import one_way
from estimation.inference.intervals import LEVEL
from estimation.inference.moments import Moments, as_columns, cluster_moments
from estimation.inference.streams import WILD, check_draws, generator
from estimation.samples.sample import Floats, Integers
from geo.errors import DesignError, SampleError

Weights = Literal["rademacher", "webb"]

POINTS: Mapping[Weights, Floats] = MappingProxyType(
    {
        "rademacher": np.array([-1.0, 1.0]),
        "webb": np.concatenate([-np.sqrt([1.5, 1.0, 0.5]), np.sqrt([0.5, 1.0, 1.5])]),
    }
)
"""Points of each distribution of weights, equally likely: mean 0, variance 1. Those of Webb (2014)
give more patterns where clusters are very few."""

BLOCK = 1024
"""Draws worked on at once: some megabytes whatever the number of draws."""

FARTHEST = 1e6
"""Standard errors from the estimate at which a null that is not rejected means: unbounded."""

TIE = 1e-9
"""Relative difference of squared statistics below which a draw equals what was observed."""


@dataclass(frozen=True, slots=True)
class WildBootstrap:
    """The test of one effect and its confidence set."""

    statistic: float
    """The effect less the null over its CRV1 standard error; with an instrument the Anderson-Rubin
    statistic of the null."""
    p_value: float
    """Two-sided: the share of statistics, the observed one included, at least as far from zero."""
    ci_low: float
    """Lower end of the 95 % confidence set, nulls with a p value above 5 %; -inf where it has
    none."""
    ci_high: float
    """Upper end, or inf."""
    draws: int
    """Draws, or patterns of weights where all are taken."""
    enumerated: bool
    """Whether all patterns of weights were taken, so that the p value has no Monte-Carlo error."""
    weights: Weights
    """How clusters were weighted."""
    n_clusters: int
    """Clusters."""


@dataclass(frozen=True, slots=True)
class _Start:
    """Cluster sums of the restricted model, lines in delta: ``scores0 - delta scores1``."""

    scores0: Floats
    scores1: Floats
    numerator: Floats
    """Weights of a score in the numerator, shape (k,)."""
    pull: Floats
    """What a cluster's score loses per unit of all clusters' summed score, shape (G, k)."""


@dataclass(frozen=True, slots=True)
class _Parabolas:
    """For each draw: numerator ``N0 - delta N1``, denominator ``q0 - 2 delta q1 + delta^2 q2``."""

    N0: Floats
    N1: Floats
    q0: Floats
    q1: Floats
    q2: Floats

    def at(self, delta: float) -> tuple[Floats, Floats]:
        """Numerator and squared denominator (without the factor of CRV1), each shape (draws,)."""
        return self.N0 - delta * self.N1, self.q0 - 2 * delta * self.q1 + delta**2 * self.q2


def wild_bootstrap(
    u: Floats,
    V: Floats,
    W: Floats | None,
    clusters: Integers,
    *,
    seed: int,
    term: int = 0,
    null: float = 0.0,
    draws: int = 9999,
    weights: Weights = "rademacher",
    where: str = "wild bootstrap",
) -> WildBootstrap:
    """Test one effect by the wild cluster bootstrap, the null imposed, statistics over CRV1.

    Without instruments this is WCR on least squares with k terms. With one instrument for one term
    it is the bootstrap of the Anderson-Rubin regression of ``u - V null`` on W, valid however weak
    the instrument; its confidence set may be unbounded.

    Parameters
    ----------
    u, V, W, clusters
        As in :func:`estimation.inference.moments.cluster_moments`.
    seed : int
        0 or more.
    term : int
        Position of the term that is tested.
    null : float
        The effect under the null.
    draws : int
        Random draws; where there are no more patterns of weights than that, all of them instead.
    weights : {"rademacher", "webb"}
        Signs, or Webb's six points for about ten clusters and fewer.
    where : str
        What an error names.

    Returns
    -------
    WildBootstrap

    Raises
    ------
    SampleError
        As :func:`estimation.inference.moments.cluster_moments`, or the terms fit the outcome
        exactly.
    DesignError
        No draws, or several instrumented terms: the null on one leaves the others free.
    """
    check_draws(draws, where)
    moments = cluster_moments(u, V, W, clusters, where=where)
    start = _start(moments, W, clusters, term, where)
    count = moments.codes.size
    points = POINTS[weights]
    enumerated = points.size**count <= draws
    blocks = _patterns(points, count) if enumerated else _random(points, count, draws, seed)
    observed = _parabolas(start, np.ones((1, count)))
    drawn = _joined([_parabolas(start, block) for block in blocks])
    theta = float(moments.theta[term])
    unit = _unit(float(one_way(u, V, W, clusters).std_errors[term]), theta, where)
    known = 0 if enumerated else 1
    low, high = (
        theta + _bound(observed, drawn, known=known, step=side * unit) for side in (-1.0, 1.0)
    )
    numerator, squared = observed.at(null - theta)
    return WildBootstrap(
        statistic=float(numerator[0] / np.sqrt(count / (count - 1) * squared[0])),
        p_value=_p_value(observed, drawn, null - theta, known=known),
        ci_low=low,
        ci_high=high,
        draws=int(drawn.N0.size),
        enumerated=enumerated,
        weights=weights,
        n_clusters=count,
    )


def _unit(std_error: float, theta: float, where: str) -> float:
    """The step of the search for the set's ends: the standard error, which must not be nothing."""
    if not std_error > TIE**2 * abs(theta):
        raise SampleError(
            where,
            expected="an outcome that the terms do not fit exactly",
            found=f"a standard error of {std_error:g}",
            hint="look for a treatment that is made from the outcome",
        )
    return std_error


def sum_squares(W: Floats, clusters: Integers) -> Floats:
    """Sum of squares of a single column by cluster, clusters ascending, shape (G,)."""
    position = np.unique(clusters, return_inverse=True)[1]
    return np.asarray(np.bincount(position, weights=W[:, 0] ** 2), dtype=np.float64)


def _start(moments: Moments, W: Floats | None, clusters: Integers, term: int, where: str) -> _Start:
    if W is None:
        return _least_squares(moments, term)
    return _anderson_rubin(moments, sum_squares(as_columns(W), clusters), where)


def _least_squares(moments: Moments, term: int) -> _Start:
    """Restricted scores ``score_g - delta B_g A^-1 c / (c' A^-1 c)``, A symmetric, c the term."""
    row = np.linalg.inv(moments.total)[term]
    return _Start(
        scores0=moments.scores,
        scores1=moments.B @ (row / row[term]),
        numerator=row,
        pull=np.linalg.solve(moments.total, moments.B @ row[:, None])[..., 0],
    )


def _anderson_rubin(moments: Moments, squares: Floats, where: str) -> _Start:
    """Scores of the regression of ``u - V (theta + delta)`` on the instrument."""
    if moments.a.shape[1] != 1:
        raise DesignError(
            f"{where}, instruments",
            expected="one instrumented term",
            found=str(moments.a.shape[1]),
            hint="use the clustered error, or estimate the terms one by one",
        )
    total = squares.sum()
    return _Start(
        scores0=moments.scores,
        scores1=moments.B[:, :, 0],
        numerator=np.array([1 / total]),
        pull=(squares / total**2)[:, None],
    )


def _parabolas(start: _Start, signs: Floats) -> _Parabolas:
    """Numerator and denominator of the statistics of some draws, ``signs`` of shape (draws, G).

    A draw multiplies each cluster's restricted residuals by its sign; the new estimate takes
    ``pull_g . sum_h sign_h score_h`` off cluster g's share of the numerator.
    """
    N, Z = [], []
    for scores in (start.scores0, start.scores1):
        total = signs @ scores
        N.append(total @ start.numerator)
        Z.append(signs * (scores @ start.numerator) - total @ start.pull.T)
    return _Parabolas(
        N[0],
        N[1],
        np.einsum("bg,bg->b", Z[0], Z[0]),
        np.einsum("bg,bg->b", Z[0], Z[1]),
        np.einsum("bg,bg->b", Z[1], Z[1]),
    )


def _joined(parts: list[_Parabolas]) -> _Parabolas:
    return _Parabolas(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("N0", "N1", "q0", "q1", "q2")
        )
    )


def _patterns(points: Floats, count: int) -> Iterator[Floats]:
    """All ways to give ``count`` clusters one of the points, in blocks of rows."""
    digits = points.size ** np.arange(count)
    for first in range(0, points.size**count, BLOCK):
        numbers = np.arange(first, min(first + BLOCK, points.size**count))
        yield points[numbers[:, None] // digits % points.size]


def _random(points: Floats, count: int, draws: int, seed: int) -> Iterator[Floats]:
    """Points drawn for each cluster, in blocks of rows."""
    rng = generator(seed, WILD)
    for first in range(0, draws, BLOCK):
        yield points[rng.integers(points.size, size=(min(BLOCK, draws - first), count))]


def _p_value(observed: _Parabolas, drawn: _Parabolas, delta: float, *, known: int) -> float:
    """Share of squared statistics at least as large as the observed one.

    ``known`` is 1 where the observed statistic counts besides the draws, 0 where all patterns,
    which hold it, were taken. Nothing is divided: a draw without spread counts as far out.
    """
    numerator, squared = observed.at(delta)
    drawn_numerator, drawn_squared = drawn.at(delta)
    reached = drawn_numerator**2 * squared >= numerator**2 * drawn_squared * (1 - TIE)
    return float((known + reached.sum()) / (known + reached.size))


def _bound(observed: _Parabolas, drawn: _Parabolas, *, known: int, step: float) -> float:
    """How far from the estimate the confidence set reaches in the direction of ``step``.

    The set holds the estimate, whose p value is 1. The first step (doubled each time) that is
    rejected is brought together with the last that is not by bisection.
    """
    alpha = 1 - LEVEL

    def rejected(delta: float) -> bool:
        return _p_value(observed, drawn, delta, known=known) <= alpha * (1 + TIE)

    if not rejected(FARTHEST * step):
        return float(np.sign(step) * np.inf)
    inside, outside = 0.0, step
    while not rejected(outside):
        inside, outside = outside, min(2 * outside / step, FARTHEST) * step
    while abs(outside - inside) > 1e-7 * abs(step):
        middle = (inside + outside) / 2
        if rejected(middle):
            outside = middle
        else:
            inside = middle
    return outside

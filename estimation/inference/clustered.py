"""Covariance of the effects: heteroskedastic, clustered one way or two, jackknife by cluster.

With ``psi_g = (W'V)^-1 sum_{i in g} W_i (u_i - V_i' theta)`` the sandwich is
``sum_g psi_g psi_g'``: least squares and just-identified instruments differ in W only.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from estimation.inference.intervals import NORMAL
from estimation.inference.moments import Moments, as_columns, cluster_moments, identified
from estimation.samples.sample import Floats, Integers
from geo.errors import SampleError

Kind = Literal["HC0", "HC1", "CRV0", "CRV1", "CRV3"]


@dataclass(frozen=True, slots=True)
class Covariance:
    """Effects and their covariance."""

    theta: Floats
    """The effects, shape (k,)."""
    matrix: Floats
    """Their covariance, shape (k, k)."""
    kind: Kind
    """``HC0``, ``HC1``: rows; ``CRV0``: clusters without a factor, as doubleml; ``CRV1``: with
    G / (G - 1); ``CRV3``: the jackknife."""
    n_clusters: tuple[int, ...]
    """Clusters of each way; empty for rows."""
    df: float
    """Degrees of freedom of t and F: the fewest clusters less one; infinite for rows."""
    two_terms: bool = False
    """Whether two-way clusters were added without taking their intersection off: see
    :func:`two_way`."""

    @property
    def std_errors(self) -> Floats:
        """Standard errors, shape (k,)."""
        return np.sqrt(np.diag(self.matrix))


def heteroskedastic(
    u: Floats, V: Floats, W: Floats | None = None, *, factor: bool = False
) -> Covariance:
    """Covariance robust to heteroskedasticity, rows independent.

    Parameters
    ----------
    u, V, W
        As in :func:`estimation.inference.moments.cluster_moments`.
    factor : bool
        HC1, the factor n / (n - k); HC0 otherwise, as doubleml.

    Returns
    -------
    Covariance

    Raises
    ------
    SampleError
        As :func:`estimation.inference.moments.cluster_moments`.
    """
    moments = cluster_moments(u, V, W, np.arange(u.size))
    n, k = u.size, as_columns(V).shape[1]
    scale = n / (n - k) if factor else 1.0
    kind: Kind = "HC1" if factor else "HC0"
    return Covariance(moments.theta, scale * _meat(moments.influence), kind, (), NORMAL)


def one_way(
    u: Floats, V: Floats, W: Floats | None, clusters: Integers, *, factor: bool = True
) -> Covariance:
    """Covariance clustered one way.

    Parameters
    ----------
    u, V, W, clusters
        As in :func:`estimation.inference.moments.cluster_moments`.
    factor : bool
        CRV1, the factor G / (G - 1); CRV0 otherwise, as doubleml.

    Returns
    -------
    Covariance

    Raises
    ------
    SampleError
        As :func:`estimation.inference.moments.cluster_moments`.
    """
    moments = cluster_moments(u, V, W, clusters)
    count = moments.codes.size
    kind: Kind = "CRV1" if factor else "CRV0"
    return Covariance(moments.theta, _sandwich(moments, factor=factor), kind, (count,), count - 1)


def two_way(
    u: Floats,
    V: Floats,
    W: Floats | None,
    first: Integers,
    second: Integers,
    *,
    factor: bool = True,
) -> Covariance:
    """Covariance clustered two ways (Cameron, Gelbach and Miller 2011).

    The covariance by the first way plus that by the second, less that by their intersection, each
    with its own factor. With few clusters this may have a negative variance in some direction.
    Then nothing is taken off and ``two_terms`` says so: the sum of two terms (Davezies,
    D'Haultfoeuille and Guyonvarch 2021) is positive, errs on the large side and does not depend on
    the units of the terms. Negative eigenvalues set to zero, the other remedy, would leave
    standard errors near zero.

    Parameters
    ----------
    u, V, W
        As in :func:`estimation.inference.moments.cluster_moments`.
    first, second : int64 array, shape (n,)
        Clusters of each way.
    factor : bool
        G / (G - 1) in each term.

    Returns
    -------
    Covariance
        Degrees of freedom: the fewer clusters less one.

    Raises
    ------
    SampleError
        As :func:`estimation.inference.moments.cluster_moments`, for either way.
    """
    ways = [cluster_moments(u, V, W, clusters) for clusters in (first, second)]
    pairs = np.unique(np.column_stack([first, second]), axis=0, return_inverse=True)[1]
    both = cluster_moments(u, V, W, pairs.reshape(-1))
    added = sum((_sandwich(way, factor=factor) for way in ways), start=np.zeros_like(both.lengths))
    matrix = added - _sandwich(both, factor=factor)
    scale = np.sqrt(np.diag(added))
    two_terms = not np.linalg.eigvalsh(matrix / np.outer(scale, scale))[0] > 0
    counts = tuple(way.codes.size for way in ways)
    return Covariance(
        ways[0].theta,
        added if two_terms else matrix,
        "CRV1" if factor else "CRV0",
        counts,
        min(counts) - 1,
        two_terms,
    )


def jackknife(
    u: Floats, V: Floats, W: Floats | None, clusters: Integers, *, where: str = "CRV3"
) -> Covariance:
    """CRV3: the jackknife by cluster (MacKinnon, Nielsen and Webb 2023, their CV3).

    ``(G - 1) / G sum_g (theta_-g - theta)(theta_-g - theta)'``, theta_-g without cluster g.

    Parameters
    ----------
    u, V, W, clusters
        As in :func:`estimation.inference.moments.cluster_moments`.
    where : str
        What an error names.

    Returns
    -------
    Covariance

    Raises
    ------
    SampleError
        As :func:`estimation.inference.moments.cluster_moments`, or the effects are not identified
        without one of the clusters.
    """
    moments = cluster_moments(u, V, W, clusters, where=where)
    count = moments.codes.size
    matrix = (count - 1) / count * _meat(without_each(moments, where=where))
    return Covariance(moments.theta, matrix, "CRV3", (count,), count - 1)


def without_each(moments: Moments, *, where: str) -> Floats:
    """How the effects move when each cluster is left out, from cross-products alone.

    ``theta_-g - theta = -(W'V - B_g)^-1 score_g``.

    Parameters
    ----------
    moments : Moments
    where : str
        What an error names.

    Returns
    -------
    float array, shape (G, k)

    Raises
    ------
    SampleError
        The effects are not identified without one of the clusters.
    """
    rest = moments.total - moments.B
    for code, products in zip(moments.codes, rest, strict=True):
        if not identified(products, moments.lengths):
            raise SampleError(
                f"{where}, cluster {code}",
                expected="terms that vary in other clusters, too",
                found="nothing to estimate from without this cluster",
                hint="use another error, or more cities",
            )
    return np.asarray(-np.linalg.solve(rest, moments.scores[:, :, None])[:, :, 0])


def _sandwich(moments: Moments, *, factor: bool) -> Floats:
    count = moments.codes.size
    return (count / (count - 1) if factor else 1.0) * _meat(moments.influence)


def _meat(influence: Floats) -> Floats:
    return np.asarray(influence.T @ influence, dtype=np.float64)

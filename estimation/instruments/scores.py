"""Clustered products of scores with the factors of linear fits, for tests of instruments."""

import numpy as np

from estimation.linear.sandwich import ROUNDING, meat
from estimation.linear.small_sample import cluster_factor
from estimation.samples.sample import Floats, Integers
from geo.errors import SampleError


def clustered_meat(
    scores: Floats,
    groupings: Integers | None,
    *,
    slopes: int | None = None,
    where: str = "clustered errors",
) -> Floats:
    """Sum of outer products of scores, summed by cluster, as the errors of a linear fit have it.

    Parameters
    ----------
    scores : float array, shape (n, m)
    groupings : int64 array, shape (n,), (n, 1) or (n, 2), or None
        Clusters of each way; rows stand alone if None. Two ways are added and their intersection
        taken off.
    slopes : int or None
        Slopes estimated beside a constant, for the factor
        ``(n - 1) / (n - slopes - 1) G / (G - 1)``, of two ways with the fewer clusters, so that 0
        leaves ``G / (G - 1)``; none if None.
    where : str
        What an error names.

    Returns
    -------
    float array, shape (m, m)

    Raises
    ------
    SampleError
        Two ways leave a variance that is not positive, of some combination of scores: the fit has
        no error there, and no test is made of it.
    """
    ways = ways_of(groupings)
    found = meat(scores, ways)
    if len(ways) > 1:
        _check_positive(found, scores, where)
    if slopes is None:
        return found
    n = scores.shape[0]
    return cluster_factor(n, slopes + 1, fewest(groupings, n)) * found


def ways_of(groupings: Integers | None) -> list[Integers]:
    """The ways to cluster, shape (n,) each; none where rows stand alone."""
    if groupings is None:
        return []
    return [groupings] if groupings.ndim == 1 else [*groupings.T]


def fewest(groupings: Integers | None, rows: int) -> int:
    """Clusters of the way that has the fewest; rows where they stand alone."""
    return min((int(np.unique(way).size) for way in ways_of(groupings)), default=rows)


def _check_positive(found: Floats, scores: Floats, where: str) -> None:
    lengths = np.linalg.norm(scores, axis=0)
    lengths = np.where(lengths > 0, lengths, 1.0)
    if not np.linalg.eigvalsh(found / np.outer(lengths, lengths))[0] > ROUNDING**2:
        raise SampleError(
            f"{where}, two-way clusters",
            expected="a covariance that is positive",
            found="a negative variance once the intersection is taken off",
            hint="cluster one way, or by what has more clusters",
        )

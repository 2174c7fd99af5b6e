"""Covariances of sums of scores: rows alone, by one cluster or by two, in blocks of columns."""

import numpy as np

from estimation.inference.moments import sum_by
from estimation.samples.sample import Floats, Integers


def meat(scores: Floats, groupings: Integers | None, *, slopes: int | None = None) -> Floats:
    """Sum of outer products of scores, summed by cluster.

    Parameters
    ----------
    scores : float array, shape (n, m)
    groupings : int64 array, shape (n,), (n, 1) or (n, 2), or None
        Clusters of each way; rows stand alone if None. Two ways are added and their intersection
        taken off; where that leaves a negative variance nothing is taken off (see
        :func:`estimation.inference.clustered.two_way`).
    slopes : int or None
        Slopes estimated beside a constant, for the factor of each way,
        ``(n - 1) / (n - slopes - 1) G / (G - 1)`` (rows: ``n / (n - slopes - 1)``), so that 0
        leaves ``G / (G - 1)``; none if None.

    Returns
    -------
    float array, shape (m, m)
    """
    n = scores.shape[0]
    if groupings is None:
        factor = 1.0 if slopes is None else n / (n - slopes - 1)
        return np.asarray(factor * scores.T @ scores)
    ways = groupings[:, None] if groupings.ndim == 1 else groupings
    added = sum((_one_way(scores, way, slopes) for way in ways.T), start=np.zeros((1, 1)))
    if ways.shape[1] == 1:
        return np.asarray(added)
    pairs = np.unique(ways, axis=0, return_inverse=True)[1].reshape(-1)
    less = added - _one_way(scores, pairs, slopes)
    scale = np.sqrt(np.diag(added))
    return np.asarray(less if np.linalg.eigvalsh(less / np.outer(scale, scale))[0] > 0 else added)


def fewest(groupings: Integers | None, rows: int) -> int:
    """Clusters of the way that has the fewest; rows where they stand alone."""
    if groupings is None:
        return rows
    ways = groupings[:, None] if groupings.ndim == 1 else groupings
    return min(int(np.unique(way).size) for way in ways.T)


def _one_way(scores: Floats, clusters: Integers, slopes: int | None) -> Floats:
    n = scores.shape[0]
    codes, place = np.unique(clusters, return_inverse=True)
    sums = sum_by(scores, place.reshape(-1), codes.size)
    count = codes.size
    factor = 1.0 if slopes is None else (n - 1) / (n - slopes - 1) * count / (count - 1)
    return np.asarray(factor * sums.T @ sums)

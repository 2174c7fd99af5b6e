"""Partialling out: what of some columns is left after city effects and other columns.

Least squares on what is left gives the same slopes as least squares on everything (Frisch, Waugh
and Lovell). City effects go first and exactly, one city at a time, so that leaving out a whole city
changes nothing of the others.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import qr

from estimation.one_thread import one_thread
from estimation.samples.sample import Floats, Integers

RANK_TOLERANCE = 1e-9
"""A column whose part outside the others is smaller than this share of it is one of them."""


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of some columns, and how many columns of others there were to take it."""

    values: Floats
    """Residuals, shape (n, m)."""
    rank: int
    """Independent columns among the others."""


def demeaned(values: Floats, city: Integers) -> Floats:
    """Columns minus their city's mean.

    Parameters
    ----------
    values : float array, shape (n, m)
    city : int64 array, shape (n,)
        0 or more; numbers may be skipped.

    Returns
    -------
    float array, shape (n, m)
    """
    _, place = np.unique(city, return_inverse=True)
    sums = np.zeros((int(place.max()) + 1, values.shape[1]))
    np.add.at(sums, place, values)
    means = sums / np.bincount(place)[:, None]
    return np.asarray(values - means[place], dtype=np.float64)


def year_dummies(year: Integers) -> Floats:
    """A 0/1 column for each year but the first, in order, shape (n, years - 1)."""
    return np.asarray(year[:, None] == np.unique(year)[1:], dtype=np.float64)


def left_after(values: Floats, others: Floats) -> Left:
    """Residuals of least squares of some columns on others, whatever the others' units and rank.

    Parameters
    ----------
    values : float array, shape (n, m)
    others : float array, shape (n, q)
        q may be 0; columns of zeros and collinear columns are allowed.

    Returns
    -------
    Left
    """
    norms = np.linalg.norm(others, axis=0)
    scaled = others[:, norms > 0] / norms[norms > 0]
    if not scaled.shape[1]:
        return Left(values, 0)
    with one_thread():
        bases, triangle, _ = qr(scaled, mode="economic", pivoting=True)
    sizes = np.abs(np.diag(triangle))
    basis = bases[:, : sizes.size][:, sizes > RANK_TOLERANCE * sizes[0]]
    once = values - basis @ (basis.T @ values)
    # The second time takes what rounding left of columns that are all but the others' own.
    return Left(once - basis @ (basis.T @ once), basis.shape[1])

"""Cross-products of the final regression, cluster by cluster: all that its inference needs.

The regression solves ``sum_i W_i (u_i - V_i' theta) = 0``, W = V unless instrumented, without a
constant. Leaving a cluster out, drawing signs for clusters or dealing paths to other cities only
adds up its parts anew.
"""

from dataclasses import dataclass

import numpy as np

from estimation.samples.sample import Floats, Integers
from geo.errors import SampleError

SINGULAR = 1e-10
"""Smallest singular value of ``W'V`` in units of the columns' lengths that still identifies."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums over the rows of each of G clusters, for k terms."""

    codes: Integers
    """The clusters that occur, ascending, shape (G,)."""
    a: Floats
    """``sum W_i u_i``, shape (G, k)."""
    B: Floats
    """``sum W_i V_i'``, shape (G, k, k)."""
    lengths: Floats
    """Product of the lengths of W's and V's columns, over all rows, shape (k, k)."""
    theta: Floats
    """The effects, shape (k,)."""

    @property
    def scores(self) -> Floats:
        """``sum W_i (u_i - V_i' theta)`` of each cluster, shape (G, k)."""
        return np.asarray(self.a - self.B @ self.theta, dtype=np.float64)

    @property
    def total(self) -> Floats:
        """``W'V`` over all rows, shape (k, k)."""
        return np.asarray(self.B.sum(axis=0), dtype=np.float64)

    @property
    def influence(self) -> Floats:
        """Each cluster's score in units of theta, ``(W'V)^-1 scores``, shape (G, k)."""
        return np.asarray(np.linalg.solve(self.total, self.scores.T).T, dtype=np.float64)


def cluster_moments(
    u: Floats, V: Floats, W: Floats | None, clusters: Integers, *, where: str = "final regression"
) -> Moments:
    """Sum the cross-products by cluster and solve for the effects.

    Parameters
    ----------
    u : float array, shape (n,)
        Residual of the outcome.
    V : float array, shape (n, k) or (n,)
        Residuals of the terms.
    W : float array like V, or None
        Residuals of the instruments.
    clusters : int64 array, shape (n,)
        Any numbers.
    where : str
        What an error names.

    Returns
    -------
    Moments

    Raises
    ------
    SampleError
        A residual is not finite, there are fewer than two clusters, or the terms (or instruments)
        do not identify the effects.
    """
    V = as_columns(V)
    W = V if W is None else as_columns(W)
    _check_finite(where, u=u, V=V, W=W)
    codes, position = np.unique(clusters, return_inverse=True)
    if codes.size < 2:
        raise SampleError(
            where,
            expected="two clusters or more",
            found=f"{codes.size}",
            hint="cluster by another column or use more cities",
        )
    a = sum_by(W * u[:, None], position, codes.size)
    B = sum_by(W[:, :, None] * V[:, None, :], position, codes.size)
    lengths = np.outer(np.linalg.norm(W, axis=0), np.linalg.norm(V, axis=0))
    check_identified(B.sum(axis=0), lengths, where)
    theta = np.linalg.solve(B.sum(axis=0), a.sum(axis=0))
    return Moments(codes.astype(np.int64), a, B, lengths, theta)


def sum_by(values: Floats, position: Integers, count: int) -> Floats:
    """Sum rows by group.

    Parameters
    ----------
    values : float array, shape (n, ...)
    position : int64 array, shape (n,)
        Group of each row, 0 to ``count - 1``.
    count : int

    Returns
    -------
    float array, shape (count, ...)
    """
    flat = values.reshape(values.shape[0], -1)
    sums = np.empty((count, flat.shape[1]))
    for j, column in enumerate(flat.T):
        sums[:, j] = np.bincount(position, weights=column, minlength=count)
    return sums.reshape(count, *values.shape[1:])


def as_columns(values: Floats) -> Floats:
    """A matrix of columns, also from a single column, shape (n, k)."""
    return values[:, None] if values.ndim == 1 else values


def identified(products: Floats, lengths: Floats) -> np.bool_:
    """Whether every one of some matrices ``W'V`` (shape (..., k, k)) can be solved."""
    if not (lengths > 0).all():
        return np.bool_(False)
    return (smallest_singular(products / lengths) > SINGULAR).all()


def smallest_singular(products: Floats) -> Floats:
    """The smallest singular value of each of some matrices, shape (...,)."""
    return np.asarray(np.linalg.svd(products, compute_uv=False)[..., -1], dtype=np.float64)


def check_identified(products: Floats, lengths: Floats, where: str) -> None:
    """Refuse terms that do not identify the effects.

    Raises
    ------
    SampleError
        A term has nothing left, terms are linear combinations of each other, or instruments do not
        move the terms.
    """
    if not identified(products, lengths):
        raise SampleError(
            where,
            expected="terms (and instruments) that each vary on their own",
            found="a term that is zero, that others determine, or that no instrument moves",
            hint="leave out the term that says the same as others",
        )


def _check_finite(where: str, **arrays: Floats) -> None:
    for name, values in arrays.items():
        wrong = int((~np.isfinite(values)).sum())
        if wrong:
            raise SampleError(
                f"{where}, residuals {name}",
                expected="finite numbers",
                found=f"{wrong} of {values.size} that are not",
                hint="look for a learner that predicts NaN",
            )

"""A cubic B-spline basis over a variable, and the grid on which a curve is told."""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import BSpline

from estimation.samples.sample import Floats
from geo.errors import SampleError

DEGREE = 3
GRID = tuple(np.round(np.arange(0.05, 0.96, 0.05), 2).tolist())
"""Quantiles at which a curve is told: beyond them too few rows speak."""


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """Functions that sum to one everywhere between the smallest and largest value."""

    knots: Floats
    """With the ends repeated, shape (size + 4,)."""

    @property
    def size(self) -> int:
        """Number of functions."""
        return self.knots.size - DEGREE - 1

    def __call__(self, values: Floats) -> Floats:
        """The functions at some values inside the ends, shape (n, size)."""
        return np.asarray(
            BSpline.design_matrix(values, self.knots, DEGREE).toarray(), dtype=np.float64
        )


def spline_basis(values: Floats, size: int, *, where: str) -> Basis:
    """A basis with inner knots at quantiles.

    Parameters
    ----------
    values : float array, shape (n,)
    size : int
        Functions, 4 or more; ``size - 4`` inner knots.
    where : str
        What an error names.

    Returns
    -------
    Basis

    Raises
    ------
    SampleError
        There are too few distinct values, or so many equal ones that knots coincide.
    """
    inner = np.quantile(values, np.arange(1, size - DEGREE) / (size - DEGREE))
    low, high = values.min(), values.max()
    distinct = np.unique(values).size
    if distinct < size or np.unique([low, *inner, high]).size < inner.size + 2:
        raise SampleError(
            where,
            expected=f"a variable with values enough for {size} functions",
            found=f"{distinct} distinct values, many of them equal",
            hint="use groups of its values, or a smaller basis",
        )
    ends = [np.full(DEGREE + 1, low), inner, np.full(DEGREE + 1, high)]
    return Basis(np.concatenate(ends).astype(np.float64))


def grid_of(values: Floats) -> Floats:
    """Where a curve is told: quantiles from .05 to .95, each value once, ascending."""
    return np.unique(np.quantile(values, GRID))

"""The within transform of any number of effects: exact, and the same bits in every process.

The effect with the most levels goes out by its means. What the others still add is the solution of
normal equations in their dummies, means of the first taken out,
``(D'D - D'A (A'A)^-1 A'D) c = D'M v``: a matrix as large as the other effects have levels, whatever
the number of rows, factored once with pivots (a dummy that others determine gets none), and solved
twice, the second time for what rounding left.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.linalg.lapack import dpstrf
from scipy.sparse import csr_array

from estimation.samples.sample import Floats, Integers
from geo.errors import SampleError

MOST_LEVELS = 5000
"""Levels of all effects but the largest: their matrix then has 200 MB."""

RANK_TOLERANCE = 1e-9
"""Share of the largest pivot below which a dummy is determined by others."""


@dataclass(frozen=True, slots=True, eq=False)
class Absorber:
    """Effects, ready to be taken out of columns."""

    main: Integers
    """Level of each row in the effect with the most, shape (n,)."""
    counts: Integers
    """Rows of each of its levels, shape (L,)."""
    dummies: csr_array
    """Dummies of the other effects that none before determines, shape (n, m)."""
    factor: Floats
    """Lower triangle of Cholesky's factor of their normal equations, shape (m, m)."""

    @property
    def rank(self) -> int:
        """Dimensions that the effects take out together."""
        return int(self.counts.size + self.factor.shape[0])

    def left(self, values: Floats) -> Floats:
        """What is left of columns after all effects.

        Parameters
        ----------
        values : float array, shape (n, m)

        Returns
        -------
        float array, shape (n, m)
        """
        left = self._demeaned(values)
        if not self.factor.size:
            return left
        for _ in range(2):
            half = solve_triangular(self.factor, self.dummies.T @ left, lower=True)
            slopes = solve_triangular(self.factor, half, lower=True, trans="T")
            left = self._demeaned(left - self.dummies @ slopes)
        return left

    def dense(self) -> Floats:
        """The other effects as regressors, the main effect taken out, shape (n, m)."""
        return self._demeaned(self.dummies.toarray())

    def _demeaned(self, values: Floats) -> Floats:
        sums = np.zeros((self.counts.size, values.shape[1]))
        np.add.at(sums, self.main, values)
        return np.asarray(values - (sums / self.counts[:, None])[self.main], dtype=np.float64)


def absorber(effects: Sequence[Integers], *, n: int, where: str = "effects") -> Absorber:
    """Prepare effects to be taken out.

    Parameters
    ----------
    effects : sequence of int64 arrays, shape (n,)
        Level of each row in each effect, any numbers; none leaves a constant.
    n : int
        Rows.
    where : str
        What an error names.

    Returns
    -------
    Absorber

    Raises
    ------
    SampleError
        All effects but the largest have more than :data:`MOST_LEVELS` levels together.
    """
    codes = [numbered(one) for one in effects] or [np.zeros(n, dtype=np.int64)]
    sizes = [int(one.max()) + 1 for one in codes]
    first = int(np.argmax(sizes))
    main, rest = codes[first], [one for place, one in enumerate(codes) if place != first]
    counts = np.bincount(main).astype(np.int64)
    levels = sum(size for place, size in enumerate(sizes) if place != first)
    if levels > MOST_LEVELS:
        raise SampleError(
            where,
            expected=f"at most {MOST_LEVELS} levels in all effects but the largest",
            found=f"{levels}",
            hint="leave an effect out, or make it coarser",
        )
    if not levels:
        return Absorber(main, counts, csr_array((n, 0)), np.empty((0, 0)))
    dummies = _dummies(rest)
    kept, factor = _factored(_products(dummies, main, counts))
    return Absorber(main, counts, csr_array(dummies[:, kept]), factor)


def numbered(levels: Integers) -> Integers:
    """Levels as 0, 1, ..., in ascending order."""
    return np.unique(levels, return_inverse=True)[1].astype(np.int64)


def combined(effects: Sequence[Integers]) -> Integers:
    """One level for each combination of some columns' levels that occurs, shape (n,)."""
    made = numbered(effects[0])
    for one in effects[1:]:
        codes = numbered(one)
        made = numbered(made * (int(codes.max()) + 1) + codes)
    return made


def nested(inner: Integers, outer: Integers) -> bool:
    """Whether each level of the first lies in one level of the second."""
    return int(combined([inner, outer]).max()) == int(numbered(inner).max())


def in_company(effects: Sequence[Integers], *, n: int) -> NDArray[np.bool_]:
    """Rows that share each of their levels with another row, after leaving the rest out.

    A row alone in a level fits exactly: it tells nothing of a slope and would count as a row of its
    own in the errors (Correia 2015).

    Parameters
    ----------
    effects : sequence of int64 arrays, shape (n,)
    n : int

    Returns
    -------
    bool array, shape (n,)
    """
    codes = [numbered(one) for one in effects]
    kept = np.ones(n, dtype=bool)
    while True:
        alone = np.zeros(n, dtype=bool)
        for one in codes:
            alone |= np.bincount(one[kept], minlength=int(one.max()) + 1)[one] == 1
        if not (alone & kept).any():
            return kept
        kept &= ~alone


def _dummies(codes: Sequence[Integers]) -> csr_array:
    n, starts = codes[0].size, np.cumsum([0, *(int(one.max()) + 1 for one in codes)])
    columns = np.column_stack([one + start for one, start in zip(codes, starts, strict=False)])
    rows = np.repeat(np.arange(n), len(codes))
    shape = (n, int(starts[-1]))
    return csr_array((np.ones(rows.size), (rows, columns.ravel())), shape=shape)


def _products(dummies: csr_array, main: Integers, counts: Integers) -> Floats:
    """``D'D - D'A (A'A)^-1 A'D``, shape (m, m)."""
    n = main.size
    indicators = csr_array((np.ones(n), (np.arange(n), main)), shape=(n, counts.size))
    common = (indicators.T @ dummies).toarray()
    whole = (dummies.T @ dummies).toarray()
    return np.asarray(whole - common.T @ (common / counts[:, None]), dtype=np.float64)


def _factored(products: Floats) -> tuple[Integers, Floats]:
    """Columns that are not determined by others, in order of pivots, and Cholesky's factor."""
    tolerance = RANK_TOLERANCE * float(np.diag(products).max())
    factor, pivots, rank, _ = dpstrf(products, lower=1, tol=tolerance)
    kept = np.asarray(pivots[:rank] - 1, dtype=np.int64)
    return kept, np.tril(factor)[:rank, :rank]

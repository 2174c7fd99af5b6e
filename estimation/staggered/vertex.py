"""The vertex of a bounded polytope at which a linear function is largest: a small simplex method.

Sets of honest effects need this tens of thousands of times on problems of a few dozen variables,
where a general solver spends its time on getting started.
"""

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
TOLERANCE = 1e-9
PATIENT = 60
"""Pivots after which the first improving column is taken instead of the best: no cycles."""


@numba.njit(cache=True, nogil=True)
def _entering(costs: Floats, first: bool) -> int:
    """The column that improves most, or the first that improves; -1 if none does."""
    enter, best = -1, TOLERANCE
    for j in range(costs.size):
        if costs[j] > best:
            enter, best = j, costs[j]
            if first:
                break
    return enter


@numba.njit(cache=True, nogil=True)
def _leaving(table: Floats, basis: NDArray[np.int64], enter: int) -> int:
    """The row that binds first as a column enters, of several that with the first column."""
    leave, ratio = -1, np.inf
    for i in range(table.shape[0] - 1):
        if table[i, enter] > TOLERANCE:
            now = table[i, -1] / table[i, enter]
            near = abs(now - ratio) <= TOLERANCE
            if (now < ratio and not near) or (near and basis[i] < basis[leave]):
                leave, ratio = i, now
    return leave


@numba.njit(cache=True, nogil=True)
def _pivoted(table: Floats, basis: NDArray[np.int64], columns: int) -> None:
    """Pivot until no column improves the last row, which holds reduced costs of a maximum."""
    rows = table.shape[0] - 1
    for step in range(5000):
        enter = _entering(table[rows, :columns], step > PATIENT)
        leave = -1 if enter < 0 else _leaving(table, basis, enter)
        if leave < 0:
            return
        table[leave] /= table[leave, enter]
        for i in range(rows + 1):
            if i != leave and table[i, enter] != 0.0:
                table[i] -= table[i, enter] * table[leave]
        basis[leave] = enter


@numba.njit(cache=True, nogil=True)
def feasible_table(A: Floats, b: Floats) -> tuple[Floats, NDArray[np.int64], bool]:
    """A table of ``{x >= 0: A x = b}`` at one of its vertices.

    Parameters
    ----------
    A : float array, shape (r, m)
    b : float array, shape (r,)
        Not negative.

    Returns
    -------
    (table, basis, found)
        Table of shape (r + 1, m + r + 1), the last row for costs; whether there is a vertex.
    """
    r, m = A.shape
    table = np.zeros((r + 1, m + r + 1))
    table[:r, :m] = A
    table[:r, -1] = b
    basis = np.zeros(r, dtype=np.int64)
    for i in range(r):
        table[i, m + i] = 1.0
        basis[i] = m + i
        table[r] += table[i]
    for i in range(r):
        table[r, m + i] = 0.0
    _pivoted(table, basis, m)
    found = table[r, -1] < 1e-7
    for i in range(r):
        if basis[i] >= m:
            for j in range(m):
                if abs(table[i, j]) > 1e-7:
                    table[i] /= table[i, j]
                    for k in range(r + 1):
                        if k != i:
                            table[k] -= table[k, j] * table[i]
                    basis[i] = j
                    break
    return table, basis, found


@numba.njit(cache=True, nogil=True)
def largest(table: Floats, basis: NDArray[np.int64], costs: Floats) -> tuple[float, Floats]:
    """Largest value of a linear function over the polytope of a feasible table, and where.

    Parameters
    ----------
    table, basis
        As from :func:`feasible_table`; not changed.
    costs : float array, shape (m,)

    Returns
    -------
    (float, float array of shape (m,))
    """
    r, m = table.shape[0] - 1, costs.size
    work, own = table.copy(), basis.copy()
    work[r, :] = 0.0
    work[r, :m] = costs
    for i in range(r):
        if own[i] < m:
            work[r] -= costs[own[i]] * work[i]
    _pivoted(work, own, m)
    vertex = np.zeros(m)
    for i in range(r):
        if own[i] < m:
            vertex[own[i]] = max(work[i, -1], 0.0)
    return float(vertex @ costs), vertex


@numba.njit(cache=True, nogil=True)
def largest_of_each(table: Floats, basis: NDArray[np.int64], costs: Floats) -> Floats:
    """The largest values of several linear functions, shape (d,); costs have shape (d, m)."""
    found = np.empty(costs.shape[0])
    for i in range(costs.shape[0]):
        found[i], _ = largest(table, basis, costs[i])
    return found

"""Stripes: the fixed bands of rows in which a grid is covered and light is summed.

Where a band begins decides how a unit's terms are grouped and hence the last bits of its sums, so
the number of rows is a constant of the results and no setting.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.window import Window

STRIPE_ROWS = 512
"""Rows of a stripe; part of the address of every result."""


@dataclass(frozen=True, slots=True)
class Stripe:
    """The coverage of one band of ``STRIPE_ROWS`` rows, by units (CSR), whole cells in runs."""

    stripe: int
    """Which band of the grid, counted from 0."""
    window: Window
    """The smallest rectangle of the band that holds every cell below."""
    spans: tuple[tuple[int, int], ...]
    """(first, end) columns of the grid that hold cells; wide gaps between them need no reading."""
    units: NDArray[np.int64]
    """(n,) Positions of the units that touch the band, ascending."""
    indptr: NDArray[np.int64]
    """(n + 1,) Where each unit's entries begin and end."""
    cells: NDArray[np.int32]
    """(entries,) Cells counted along the window's rows, ascending within a unit."""
    shares: NDArray[np.float64]
    """(entries,) Up to 1 the share of that cell that lies in the unit; from 2 on a run: the number
    of cells, this and those right of it, that lie in the unit wholly."""
    covered: NDArray[np.float64]
    """(n,) The unit's shares, added in cell order."""

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        arrays = (self.units, self.indptr, self.cells, self.shares, self.covered)
        return sum(array.nbytes for array in arrays)


def stripe_count(rows: int) -> int:
    """Number of stripes of a grid of so many rows."""
    return -(-rows // STRIPE_ROWS)


def expanded(
    stripes: Iterable[Stripe], *, n_units: int, cols: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Stripes as one sparse matrix (CSR) with an entry for each cell.

    Parameters
    ----------
    stripes : iterable of Stripe
        In ascending order.
    n_units, cols : int
        Number of units, and of the grid's columns.

    Returns
    -------
    indptr : int64 array, (n_units + 1,)
    cells : int64 array, (n_entries,)
        Flat cell index row * cols + col, ascending within a unit.
    weights : float64 array, (n_entries,)
        Shares, from 1e-12 to 1.
    """
    owners, cells, weights = [], [], []
    for part in stripes:
        lengths = np.where(part.shares >= 2.0, part.shares, 1.0).astype(np.int64)
        entry = np.repeat(np.arange(lengths.size), lengths)
        step = np.arange(entry.size) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        row, col = np.divmod(part.cells[entry] + step, part.window.shape[1])
        cells.append((row + part.window.first_row) * cols + col + part.window.first_col)
        weights.append(np.minimum(part.shares[entry], 1.0))
        owners.append(np.repeat(np.repeat(part.units, np.diff(part.indptr)), lengths))
    owner = np.concatenate([np.empty(0, np.int64), *owners])
    order = np.argsort(owner, kind="stable")
    indptr = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=n_units))])
    return (
        indptr.astype(np.int64),
        np.concatenate([np.empty(0, np.int64), *cells])[order].astype(np.int64),
        np.concatenate([np.empty(0), *weights])[order],
    )

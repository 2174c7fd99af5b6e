"""Stripes: a coverage cut into the fixed bands of rows in which light is summed.

Where a band begins decides how a unit's terms are grouped and hence the last bits of its sums, so
the number of rows is a constant of the results and no setting.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from geo.coverage import Coverage
from geo.errors import GridError
from tiles.reader import Window

STRIPE_ROWS = 512
"""Rows of a stripe; part of the address of every result."""


@dataclass(frozen=True, slots=True)
class StripeSlice:
    """The part of a coverage that lies in one stripe."""

    stripe: int
    """Which band of ``STRIPE_ROWS`` rows of the grid, counted from 0."""
    window: Window
    """The smallest rectangle of the stripe that holds every cell below."""
    units: NDArray[np.int64]
    """(n,) Positions of the units that touch the stripe, ascending."""
    indptr: NDArray[np.int64]
    """(n + 1,) Where each unit's entries begin and end."""
    cells: NDArray[np.int32]
    """(entries,) Cells counted along the window's rows, ascending within a unit."""
    weights: NDArray[np.float64]
    """(entries,) The share of the cell's area that lies in the unit."""


def stripe_count(rows: int) -> int:
    """Number of stripes of a grid of so many rows."""
    return -(-rows // STRIPE_ROWS)


def split_coverage(coverage: Coverage) -> Iterator[StripeSlice]:
    """Cut a coverage into stripes.

    Parameters
    ----------
    coverage : Coverage

    Yields
    ------
    StripeSlice
        In ascending order; stripes that no unit touches are left out. Together they hold each
        entry of the coverage once.

    Raises
    ------
    GridError
        If the grid is too wide to number a stripe's cells in 32 bits.
    """
    rows, cols = coverage.grid.shape
    if STRIPE_ROWS * cols > np.iinfo(np.int32).max:
        raise GridError(
            f"grid {coverage.grid.grid_id}",
            expected=f"at most {np.iinfo(np.int32).max // STRIPE_ROWS} columns",
            found=f"{cols} columns",
            hint="cut the tile into narrower ones",
        )
    starts = coverage.indptr[:-1]
    for stripe in range(stripe_count(rows)):
        end_cell = (stripe + 1) * STRIPE_ROWS * cols
        ends = _positions(starts, coverage.indptr[1:], coverage.cells, end_cell)
        if np.any(ends > starts):
            yield _slice(coverage, stripe, starts, ends)
        starts = ends


def _slice(
    coverage: Coverage, stripe: int, starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> StripeSlice:
    units = np.flatnonzero(ends > starts).astype(np.int64)
    starts, ends = starts[units], ends[units]
    cols = coverage.grid.shape[1]
    window = Window(*(int(edge) for edge in _extent(starts, ends, coverage.cells, cols)))
    indptr = np.concatenate([[0], np.cumsum(ends - starts)]).astype(np.int64)
    cells = np.empty(indptr[-1], dtype=np.int32)
    weights = np.empty(indptr[-1], dtype=np.float64)
    origin = (window.first_row, window.first_col, window.shape[1])
    _copy(starts, ends, coverage.cells, coverage.weights, cols, origin, cells, weights)
    return StripeSlice(stripe, window, units, indptr, cells, weights)


@numba.njit(cache=True, nogil=True)
def _positions(
    starts: NDArray[np.int64], ends: NDArray[np.int64], cells: NDArray[np.int64], cell: int
) -> NDArray[np.int64]:
    """Position of each unit's first entry at or after a cell, by bisection."""
    found = np.empty_like(starts)
    for unit in range(starts.size):
        low, high = starts[unit], ends[unit]
        while low < high:
            middle = (low + high) // 2
            if cells[middle] < cell:
                low = middle + 1
            else:
                high = middle
        found[unit] = low
    return found


@numba.njit(cache=True, nogil=True)
def _extent(
    starts: NDArray[np.int64], ends: NDArray[np.int64], cells: NDArray[np.int64], cols: int
) -> tuple[int, int, int, int]:
    """First and end row, first and end column of the cells."""
    first_row, end_row = cells[starts[0]] // cols, 0
    first_col, end_col = cols, 0
    for unit in range(starts.size):
        first_row = min(first_row, cells[starts[unit]] // cols)
        end_row = max(end_row, cells[ends[unit] - 1] // cols + 1)
        for entry in range(starts[unit], ends[unit]):
            col = cells[entry] % cols
            first_col = min(first_col, col)
            end_col = max(end_col, col + 1)
    return first_row, end_row, first_col, end_col


@numba.njit(cache=True, nogil=True)
def _copy(
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    cells: NDArray[np.int64],
    weights: NDArray[np.float64],
    cols: int,
    origin: tuple[int, int, int],
    cells_out: NDArray[np.int32],
    weights_out: NDArray[np.float64],
) -> None:
    """Write the units' entries one after the other, their cells numbered within the window.

    ``origin`` is the window's first row and column and its width.
    """
    first_row, first_col, width = origin
    place = 0
    for unit in range(starts.size):
        for entry in range(starts[unit], ends[unit]):
            row, col = cells[entry] // cols, cells[entry] % cols
            cells_out[place] = (row - first_row) * width + (col - first_col)
            weights_out[place] = weights[entry]
            place += 1

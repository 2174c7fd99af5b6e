"""From the shares of some units in a band of rows to the band's stripe."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.compiled import compiled
from geo.stripes import STRIPE_ROWS, Stripe
from geo.window import Window

NARROWEST_GAP = 1024
"""Columns without a cell that are worth not reading."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Shares of some units within one band of rows, as ``geo._signed_area.sweep_units`` gives."""

    stripe: int
    """Which band."""
    members: NDArray[np.int64]
    """(n,) Positions of the units, ascending."""
    counts: NDArray[np.int64]
    """(n,) How many entries each has."""
    totals: NDArray[np.float64]
    """(n,) Sum of each one's shares before the cutoff."""
    cells: NDArray[np.int32]
    """(entries,) Cells counted along the grid's rows from the band's first."""
    shares: NDArray[np.float64]
    """(entries,) As in `geo.stripes.Stripe`."""


def stripe_of(pieces: Sequence[Piece], *, cols: int) -> Stripe | None:
    """Join a band's pieces, in ascending order of units; None where they hold no entry."""
    counts = np.concatenate([piece.counts for piece in pieces])
    n_entries = int(counts.sum())
    if n_entries == 0:
        return None
    cells = np.concatenate([piece.cells for piece in pieces])
    shares = np.concatenate([piece.shares for piece in pieces])
    touched = np.zeros(cols + 1, dtype=np.int64)
    top, bottom = _extent(cells, shares, cols, touched)
    columns = np.flatnonzero(np.cumsum(touched[:-1]) > 0)
    origin = STRIPE_ROWS * pieces[0].stripe
    window = Window(origin + top, origin + bottom, int(columns[0]), int(columns[-1]) + 1)
    indptr = np.concatenate([[0], np.cumsum(counts[counts > 0])]).astype(np.int64)
    covered = np.empty(indptr.size - 1)
    _finish(cells, shares, indptr, (cols, top, window.first_col, window.shape[1]), covered)
    units = np.concatenate([piece.members for piece in pieces])[counts > 0]
    for array in (units, indptr, cells, shares, covered):
        array.setflags(write=False)  # as in the store: compiled loops are made for one kind
    return Stripe(
        stripe=pieces[0].stripe,
        window=window,
        spans=_spans(columns),
        units=units,
        indptr=indptr,
        cells=cells,
        shares=shares,
        covered=covered,
    )


def _spans(columns: NDArray[np.int64]) -> tuple[tuple[int, int], ...]:
    """Ascending columns as (first, end), joined over gaps that are not worth leaving out."""
    breaks = np.flatnonzero(np.diff(columns) > NARROWEST_GAP)
    firsts = columns[np.concatenate([[0], breaks + 1])]
    lasts = columns[np.concatenate([breaks, [columns.size - 1]])]
    return tuple(zip(firsts.tolist(), (lasts + 1).tolist(), strict=True))


@compiled
def _extent(
    cells: NDArray[np.int32], shares: NDArray[np.float64], cols: int, touched: NDArray[np.int64]
) -> tuple[int, int]:
    """First and end row of the cells; ``touched`` gets +1 and -1 where runs of columns begin, end.

    Row and column of an entry follow from those before it, since few entries change the row.
    """
    top, bottom = cells[0] // cols, 0
    row, row_first = cells[0] // cols, (cells[0] // cols) * cols
    for entry in range(cells.size):
        cell = cells[entry]
        if cell < row_first or cell >= row_first + cols:
            row = cell // cols
            row_first = row * cols
        top, bottom = min(top, row), max(bottom, row + 1)
        col = cell - row_first
        length = int(shares[entry]) if shares[entry] >= 2.0 else 1
        touched[col] += 1
        touched[col + length] -= 1
    return top, bottom


@compiled
def _finish(
    cells: NDArray[np.int32],
    shares: NDArray[np.float64],
    indptr: NDArray[np.int64],
    place: tuple[int, int, int, int],
    covered: NDArray[np.float64],
) -> None:
    """Number the cells along the window's rows, and add each unit's shares in cell order.

    ``place`` is the grid's number of columns, then the window's first row within the band, its
    first column and its width.
    """
    cols, first_row, first_col, width = place
    for unit in range(indptr.size - 1):
        total = 0.0
        row, row_first = 0, 0
        for entry in range(indptr[unit], indptr[unit + 1]):
            cell = cells[entry]
            if cell < row_first or cell >= row_first + cols:
                row = cell // cols
                row_first = row * cols
            cells[entry] = (row - first_row) * width + (cell - row_first - first_col)
            if shares[entry] >= 2.0:
                for _ in range(int(shares[entry])):
                    total += 1.0
            else:
                total += shares[entry]
        covered[unit] = total

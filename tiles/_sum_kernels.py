"""The compiled loops over cells: counting what breaks a contract, and adding light to units.

Each unit's terms are added in cell order, in double and one after the other. No loop here may be
reordered or vectorised over a sum: the bits of every result hang on it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.compiled import compiled

# Columns of the arrays of sums. w is the share of a cell, a the cell's area: 1 on the plane, square
# kilometres if geodesic; the last five run over valid cells.
COVERED = 0  # sum of w a over all cells inside the grid
VALID = 1  # sum of w a
LIGHT = 2  # sum of w a v
LIT = 3  # sum of w a where v is above the product's lit_above
SATURATED = 4  # sum of w a where v is at or above the product's saturation
CELLS = 5  # sum of w, the effective number of cells
N_SUMS = 6


@compiled
def count_outside_whole(values: NDArray[Any], low: Any, high: Any) -> int:
    """How many whole numbers are not from ``low`` to ``high``, limits of the values' own type."""
    count = 0
    for row in range(values.shape[0]):
        of_row = values[row]
        for k in range(of_row.size):
            count += (of_row[k] < low) | (of_row[k] > high)
    return count


@compiled
def count_outside_real(values: NDArray[Any], low: Any, high: Any) -> int:
    """How many values are not finite or not from ``low`` to ``high``, limits of their own type."""
    count = 0
    for row in range(values.shape[0]):
        of_row = values[row]
        for k in range(of_row.size):
            inside = (of_row[k] >= low) & (of_row[k] <= high) & (of_row[k] - of_row[k] == 0)
            count += not inside
    return count


@compiled
def is_fill(value: float, fill: NDArray[np.float64]) -> bool:
    """Whether a value stands for no observation."""
    if value != value:  # noqa: PLR0124 - only NaN differs from itself
        return True
    for k in range(fill.size):  # noqa: SIM110 - any() of a generator does not compile
        if value == fill[k]:
            return True
    return False


@compiled
def find_breaches(
    values: NDArray[Any], low: float, high: float, fill: NDArray[np.float64]
) -> tuple[int, int, int]:
    """Count values outside the contract; with the row and column of the first."""
    count, first_row, first_col = 0, -1, -1
    for row in range(values.shape[0]):
        for col in range(values.shape[1]):
            value = np.float64(values[row, col])
            if low <= value <= high and value < np.inf:
                continue
            if is_fill(value, fill):
                continue
            if count == 0:
                first_row, first_col = row, col
            count += 1
    return count, first_row, first_col


@compiled
def add_observed(
    values: NDArray[Any],
    indptr: NDArray[np.int64],
    cells: NDArray[np.int32],
    shares: NDArray[np.float64],
    levels: tuple[float, float],
    sums: NDArray[np.float64],
) -> None:
    """Add the cells of a stripe, all of them valid, to the light of units on the plane.

    ``values`` are the cells of the stripe's window in row order. A run's cells have the share 1.
    """
    lit, full = levels
    for unit in range(indptr.size - 1):
        light = bright = saturated = 0.0
        for entry in range(indptr[unit], indptr[unit + 1]):
            cell, share = cells[entry], shares[entry]
            if share < 2.0:
                value = np.float64(values[cell])
                light += share * value
                bright += share if value > lit else 0.0
                saturated += share if value >= full else 0.0
                continue
            for k in range(cell, cell + int(share)):
                value = np.float64(values[k])
                light += value
                bright += 1.0 if value > lit else 0.0
                saturated += 1.0 if value >= full else 0.0
        sums[unit, LIGHT], sums[unit, LIT], sums[unit, SATURATED] = light, bright, saturated


@compiled
def add_observed_four(
    values: tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]],
    indptr: NDArray[np.int64],
    cells: NDArray[np.int32],
    shares: NDArray[np.float64],
    levels: tuple[float, float],
    sums: NDArray[np.float64],
) -> None:
    """As `add_observed`, for four tiles in one pass over the shares; ``sums`` has one more axis.

    One tile's additions wait for one another; those of four go on side by side. The four are
    written out because the compiler keeps their sums in registers only so.
    """
    (v0, v1, v2, v3), (lit, full) = values, levels
    for unit in range(indptr.size - 1):
        a0 = a1 = a2 = a3 = 0.0  # light
        b0 = b1 = b2 = b3 = 0.0  # lit
        c0 = c1 = c2 = c3 = 0.0  # saturated
        for entry in range(indptr[unit], indptr[unit + 1]):
            cell, share, length = cells[entry], shares[entry], 1
            if share >= 2.0:
                length, share = int(share), 1.0
            for k in range(cell, cell + length):
                x0, x1 = np.float64(v0[k]), np.float64(v1[k])
                x2, x3 = np.float64(v2[k]), np.float64(v3[k])
                a0, a1, a2, a3 = a0 + share * x0, a1 + share * x1, a2 + share * x2, a3 + share * x3
                b0 += share if x0 > lit else 0.0
                b1 += share if x1 > lit else 0.0
                b2 += share if x2 > lit else 0.0
                b3 += share if x3 > lit else 0.0
                c0 += share if x0 >= full else 0.0
                c1 += share if x1 >= full else 0.0
                c2 += share if x2 >= full else 0.0
                c3 += share if x3 >= full else 0.0
        sums[0, unit, LIGHT], sums[0, unit, LIT], sums[0, unit, SATURATED] = a0, b0, c0
        sums[1, unit, LIGHT], sums[1, unit, LIT], sums[1, unit, SATURATED] = a1, b1, c1
        sums[2, unit, LIGHT], sums[2, unit, LIT], sums[2, unit, SATURATED] = a2, b2, c2
        sums[3, unit, LIGHT], sums[3, unit, LIT], sums[3, unit, SATURATED] = a3, b3, c3


@compiled
def add_cells(
    values: NDArray[Any],
    offset: int,
    place: NDArray[np.int64],
    ends: NDArray[np.int64],
    cells: NDArray[np.int32],
    shares: NDArray[np.float64],
    area: tuple[NDArray[np.float64], int],
    levels: tuple[float, float],
    fill: NDArray[np.float64],
    sums: NDArray[np.float64],
) -> None:
    """Add the cells of one piece, valid or fill, to all sums of units.

    ``values`` are the piece's cells in row order, the first of them cell ``offset`` of the window;
    ``place`` is where each unit's entries go on, and is moved. ``area`` holds a value for each
    row of the window, or none on the plane, and the window's width.
    """
    (row_area, width), (lit, full) = area, levels
    end_cell = offset + values.size
    for unit in range(place.size):
        entry, end = place[unit], ends[unit]
        covered, valid, light = sums[unit, COVERED], sums[unit, VALID], sums[unit, LIGHT]
        bright, saturated = sums[unit, LIT], sums[unit, SATURATED]
        n_cells = sums[unit, CELLS]
        while entry < end and cells[entry] < end_cell:
            first, share, length = cells[entry], shares[entry], 1
            entry += 1
            if share >= 2.0:
                length, share = int(share), 1.0
            for cell in range(first, first + length):
                weight = share * row_area[cell // width] if row_area.size else share
                covered += weight
                value = np.float64(values[cell - offset])
                if is_fill(value, fill):
                    continue
                valid += weight
                light += weight * value
                n_cells += share
                if value > lit:
                    bright += weight
                if value >= full:
                    saturated += weight
        place[unit] = entry
        sums[unit, COVERED], sums[unit, VALID], sums[unit, LIGHT] = covered, valid, light
        sums[unit, LIT], sums[unit, SATURATED] = bright, saturated
        sums[unit, CELLS] = n_cells

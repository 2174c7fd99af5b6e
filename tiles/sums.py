"""Sums of light over units within one stripe of one tile, and their addition over stripes.

Each unit's terms are added in cell order, in double and one after the other; the kernel keeps its
place between pieces, so that a stripe read in any number of pieces gives the same bits.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from tiles.catalog import Tile
from tiles.cell_area import row_cell_area_km2
from tiles.reader import read_rows
from tiles.stripes import StripeSlice

# Columns of the arrays of sums. w is the share of a cell, a the cell's area: 1 on the plane, square
# kilometres if geodesic; the last five run over valid cells.
COVERED = 0  # sum of w a over all cells inside the grid
VALID = 1  # sum of w a
LIGHT = 2  # sum of w a v
LIT = 3  # sum of w a where v is above the product's lit_above
SATURATED = 4  # sum of w a where v is at or above the product's saturation
CELLS = 5  # sum of w, the effective number of cells
N_SUMS = 6


@dataclass(frozen=True, slots=True)
class Breaches:
    """Values of a tile that are neither valid nor fill."""

    count: int = 0
    """How many there are in the rectangles that were read."""
    row: int = -1
    """Row of the first one in the tile, -1 if there is none."""
    col: int = -1
    """Column of the first one in the tile, -1 if there is none."""
    value: float = math.nan
    """The first one."""


@dataclass(frozen=True, slots=True)
class StripeSums:
    """Sums over the units that touch one stripe of one tile."""

    units: NDArray[np.int64]
    """(n,) Positions of the units."""
    sums: NDArray[np.float64]
    """(n, 6) One column for each of the constants above."""
    breaches: Breaches
    """Values in the stripe that break the product's contract."""


@dataclass(frozen=True, slots=True)
class TileSums:
    """Sums over all units of one tile."""

    sums: NDArray[np.float64]
    """(n_units, 6) Zero where a unit has no cell."""
    breaches: Breaches
    """Values that break the product's contract, wherever the tile was read."""


def sum_stripe(
    part: StripeSlice, *, tile: Tile, geodesic: bool, rows_at_once: int | None
) -> StripeSums:
    """Read a stripe of a tile and sum it over units.

    Parameters
    ----------
    part : StripeSlice
        The coverage of the stripe on the tile's grid.
    tile : Tile
    geodesic : bool
        Whether shares are multiplied by the cells' geodesic area.
    rows_at_once : int, optional
        Rows to read at a time; never changes a result.

    Returns
    -------
    StripeSums

    Raises
    ------
    TileMissingError, TileUnreadableError
        If the tile cannot be read.
    GridError
        If ``geodesic`` and the tile's grid is projected.
    """
    window, product = part.window, tile.product
    area = np.empty(0)
    if geodesic:
        rows = (window.first_row, window.end_row)
        area = row_cell_area_km2(tile.grid, *rows, where=str(tile.path))
    limits = [product.valid_min, product.valid_max, product.lit_above]
    limits.append(math.inf if product.saturation is None else product.saturation)
    low, high, lit, full = _as_stored(limits, tile.dtype)
    fill = _as_stored(tile.fill_values, tile.dtype)
    sums = np.zeros((part.units.size, N_SUMS))
    place = part.indptr[:-1].copy()
    breaches = Breaches()
    pieces = read_rows(tile.path, window, shape=tile.grid.shape, rows_at_once=rows_at_once)
    for first_row, values in pieces:
        found = _breaches(values, low, high, fill)
        breaches = _joined(breaches, found, values, (first_row, window.first_col))
        offset = (first_row - window.first_row) * window.shape[1]
        flat = values.ravel()
        bounds = (part.indptr[1:], part.cells, part.weights)
        _add_cells(flat, offset, place, *bounds, (area, window.shape[1]), (lit, full), fill, sums)
    return StripeSums(units=part.units, sums=sums, breaches=breaches)


def add_stripes(parts: Sequence[StripeSums], *, n_units: int) -> TileSums:
    """Add a tile's stripes, in the order given, which is theirs from the first row down.

    Parameters
    ----------
    parts : sequence of StripeSums
    n_units : int

    Returns
    -------
    TileSums
    """
    sums = np.zeros((n_units, N_SUMS))
    for part in parts:
        sums[part.units] += part.sums
    found = [part.breaches for part in parts if part.breaches.count]
    if not found:
        return TileSums(sums=sums, breaches=Breaches())
    first = found[0]
    count = sum(breaches.count for breaches in found)
    return TileSums(sums, Breaches(count, first.row, first.col, first.value))


def _as_stored(values: Sequence[float], dtype: str) -> NDArray[np.float64]:
    """Limits as the tile's own type would store them: 0.1 in a float32 tile is no double 0.1."""
    limits = np.asarray(values, dtype=np.float64)
    if np.dtype(dtype).kind != "f":
        return limits
    with np.errstate(over="ignore"):
        return limits.astype(dtype).astype(np.float64)


def _joined(
    known: Breaches, found: tuple[int, int, int], values: NDArray[Any], origin: tuple[int, int]
) -> Breaches:
    count, row, col = found
    if count == 0:
        return known
    if known.count:
        return Breaches(known.count + count, known.row, known.col, known.value)
    return Breaches(count, origin[0] + row, origin[1] + col, float(values[row, col]))


@numba.njit(cache=True, nogil=True)
def _is_fill(value: float, fill: NDArray[np.float64]) -> bool:
    """Whether a value stands for no observation."""
    if value != value:  # noqa: PLR0124 - only NaN differs from itself
        return True
    for k in range(fill.size):  # noqa: SIM110 - any() of a generator does not compile
        if value == fill[k]:
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _breaches(
    values: NDArray[Any], low: float, high: float, fill: NDArray[np.float64]
) -> tuple[int, int, int]:
    """Count values outside the contract; with the row and column of the first."""
    count, first_row, first_col = 0, -1, -1
    for row in range(values.shape[0]):
        for col in range(values.shape[1]):
            value = np.float64(values[row, col])
            if low <= value <= high and value < np.inf:
                continue
            if _is_fill(value, fill):
                continue
            if count == 0:
                first_row, first_col = row, col
            count += 1
    return count, first_row, first_col


@numba.njit(cache=True, nogil=True)
def _add_cells(
    values: NDArray[Any],
    offset: int,
    place: NDArray[np.int64],
    ends: NDArray[np.int64],
    cells: NDArray[np.int32],
    weights: NDArray[np.float64],
    area: tuple[NDArray[np.float64], int],
    levels: tuple[float, float],
    fill: NDArray[np.float64],
    sums: NDArray[np.float64],
) -> None:
    """Add the cells of one piece to the units' sums.

    ``values`` are the piece's cells in row order, the first of them cell ``offset`` of the window;
    ``place`` is where each unit's entries go on, and is moved; ``area`` holds a value for each row
    of the window, or none on the plane, and the window's width.
    """
    (row_area, width), (lit, full) = area, levels
    end_cell = offset + values.size
    for unit in range(place.size):
        entry, end = place[unit], ends[unit]
        covered, valid, light = sums[unit, COVERED], sums[unit, VALID], sums[unit, LIGHT]
        bright, saturated = sums[unit, LIT], sums[unit, SATURATED]
        n_cells = sums[unit, CELLS]
        while entry < end and cells[entry] < end_cell:
            cell, share = cells[entry], weights[entry]
            entry += 1
            weight = share * row_area[cell // width] if row_area.size else share
            covered += weight
            value = np.float64(values[cell - offset])
            if _is_fill(value, fill):
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

"""Sums of light over units within one stripe of one tile, and their addition over stripes.

Each unit's terms are added in cell order, in double and one after the other; the kernels keep
their place between pieces, so that a stripe read in any number of pieces gives the same bits.
"""

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.stripes import Stripe
from geo.window import Window
from tiles._sum_kernels import (
    CELLS,
    COVERED,
    N_SUMS,
    VALID,
    add_cells,
    add_observed,
    find_breaches,
)
from tiles.cell_area import row_cell_area_km2
from tiles.limits import Limits, limits_of
from tiles.tile import Tile


@dataclass(frozen=True, slots=True)
class Effort:
    """Time spent, in seconds of one thread."""

    read: float = 0.0
    """Reading and decoding."""
    add: float = 0.0
    """Checking values and adding them."""


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
    """(n, 6) One column for each constant of `tiles._sum_kernels`."""
    breaches: Breaches
    """Values in the stripe that break the product's contract."""
    effort: Effort
    """What it cost."""


@dataclass(frozen=True, slots=True)
class TileSums:
    """Sums over all units of one tile."""

    sums: NDArray[np.float64]
    """(n_units, 6) Zero where a unit has no cell."""
    breaches: Breaches
    """Values that break the product's contract, wherever the tile was read."""
    effort: Effort
    """What it cost, over all stripes."""


def sum_stripe(
    part: Stripe,
    tile: Tile,
    *,
    geodesic: bool = False,
    rows_at_once: int | None = None,
) -> StripeSums:
    """Read a stripe of a tile and sum it over units.

    Parameters
    ----------
    part : Stripe
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
    TileChangedError
        If a file is another than when its header was read.
    GridError
        If ``geodesic`` and the tile's grid is projected.
    """
    area = np.empty(0)
    if geodesic:
        rows = (part.window.first_row, part.window.end_row)
        area = row_cell_area_km2(tile.grid, *rows, where=tile.where)
    pieces = tile.source.pieces(part.window, spans=part.spans, rows_at_once=rows_at_once)
    return sum_pieces(part, pieces, limits_of(tile), area)


def sum_pieces(
    part: Stripe,
    pieces: Iterable[tuple[int, NDArray[Any]]],
    limits: Limits,
    area: NDArray[np.float64],
) -> StripeSums:
    """Sum a stripe over units.

    Parameters
    ----------
    part : Stripe
    pieces : iterable of (int, array)
        First row and values of each piece, from the first row down.
    limits : Limits
    area : float array
        (rows of the stripe's window,) Area of a cell in each row, or empty: 1 for each.

    Returns
    -------
    StripeSums
    """
    sums, place = np.zeros((part.units.size, N_SUMS)), part.indptr[:-1].copy()
    breaches, began, adding = Breaches(), time.perf_counter(), 0.0
    for first_row, values in pieces:
        start = time.perf_counter()
        found = _add_piece(part, first_row, values, limits, area, place, sums)
        breaches = joined_breaches(breaches, found)
        adding += time.perf_counter() - start
    effort = Effort(read=time.perf_counter() - began - adding, add=adding)
    return StripeSums(units=part.units, sums=sums, breaches=breaches, effort=effort)


def _add_piece(
    part: Stripe,
    first_row: int,
    values: NDArray[Any],
    limits: Limits,
    area: NDArray[np.float64],
    place: NDArray[np.int64],
    sums: NDArray[np.float64],
) -> Breaches:
    """Add some rows of a stripe to the sums; what of them breaks the contract."""
    outside = _spans_outside(part, values, limits)
    if not outside and not area.size and values.shape == part.window.shape:
        add_observed(values.ravel(), part.indptr, part.cells, part.shares, limits.levels, sums)
        fill_observed(part, sums)
        return Breaches()
    width = part.window.shape[1]
    offset = (first_row - part.window.first_row) * width
    entries = (place, part.indptr[1:], part.cells, part.shares)
    add_cells(values.ravel(), offset, *entries, (area, width), limits.levels, limits.fill, sums)
    breaches = Breaches()
    for first_col, span in outside:
        (rows, cols) = span.shape
        where = Window(first_row, first_row + rows, first_col, first_col + cols)
        breaches = joined_breaches(breaches, breaches_in(span, limits, where))
    return breaches


def breaches_in(values: NDArray[Any], limits: Limits, window: Window) -> Breaches:
    """What of some values is neither valid nor fill.

    Parameters
    ----------
    values : array (rows, columns of the window)
    limits : Limits
    window : Window
        Where in the tile they are.

    Returns
    -------
    Breaches
    """
    count, row, col = find_breaches(values, limits.low, limits.high, limits.fill)
    if not count:
        return Breaches()
    place = (window.first_row + row, window.first_col + col)
    # As its own type writes it: -999.3, which no double of a float32 is.
    return Breaches(count, *place, float(str(values[row, col])))


def all_observed(part: Stripe, values: NDArray[Any], limits: Limits) -> bool:
    """Whether every value of a stripe is valid, so that `tiles._sum_kernels.add_observed` may do.

    Parameters
    ----------
    part : Stripe
    values : array, (rows, columns of the stripe's window)
    limits : Limits

    Returns
    -------
    bool
    """
    return not _spans_outside(part, values, limits)


def fill_observed(part: Stripe, sums: NDArray[np.float64]) -> None:
    """Set what is known from the shares alone where all is observed, with the bits of adding it.

    Parameters
    ----------
    part : Stripe
    sums : float array, (n, 6)
        Changed in place.
    """
    sums[:, COVERED] = sums[:, VALID] = sums[:, CELLS] = part.covered


def _spans_outside(
    part: Stripe, values: NDArray[Any], limits: Limits
) -> list[tuple[int, NDArray[Any]]]:
    """First column and values of the stripe's spans with a value that is fill or a breach."""
    left = part.window.first_col
    spans = ((first, values[:, first - left : end - left]) for first, end in part.spans)
    return [(first, span) for first, span in spans if limits.any_outside(span)]


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
    breaches = reduce(joined_breaches, (part.breaches for part in parts), Breaches())
    return TileSums(sums, breaches, total_effort([part.effort for part in parts]))


def total_effort(efforts: Sequence[Effort]) -> Effort:
    """All efforts together."""
    return Effort(
        read=sum(effort.read for effort in efforts), add=sum(effort.add for effort in efforts)
    )


def joined_breaches(one: Breaches, other: Breaches) -> Breaches:
    """Breaches of two parts of a tile: how many in all, and the first of them by row and column."""
    found = [breaches for breaches in (one, other) if breaches.count]
    if len(found) < 2:
        return found[0] if found else one
    first = min(found, key=lambda breaches: (breaches.row, breaches.col))
    return Breaches(one.count + other.count, first.row, first.col, first.value)

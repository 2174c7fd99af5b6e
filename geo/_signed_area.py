"""Signed-area accumulation: the exact share of each cell inside a unit, from its edges alone.

An edge that crosses a row of cells covers everything to its right in that row: by its height in the
cells further right, by part of its height in the cells it touches. Every edge leaves one *mark*
(row, column, height, area) in each cell it touches, signed so that a shell counts up and a hole
counts down. Sorted along the row, the marks give all shares in one sweep: a touched cell holds the
sum of the heights to its left plus its own areas, and in an untouched cell that sum is a whole
number, how often the cell lies inside.

A unit's marks take memory in proportion to its edges and the cells they touch, never to the area of
its bounding window: far-apart parts cost nothing. Marks are sorted by column, then by row, with
two stable counting sorts, so that additions happen in the order of rows, columns and edges for
any number of threads.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

F = TypeVar("F", bound=Callable[..., Any])

_compiled = cast("Callable[[F], F]", numba.njit(cache=True, nogil=True, error_model="numpy"))

WEIGHT_CUTOFF = 1e-12
"""Shares under this are not stored."""


@_compiled
def _mark(
    places: Ints, values: Floats, n: int, row: int, col: int, height: float, area: float
) -> int:
    """Write mark number ``n``; the number of marks."""
    places[n, 0] = row
    places[n, 1] = col
    values[n, 0] = height
    values[n, 1] = area
    return n + 1


@_compiled
def _mark_row(
    places: Ints,
    values: Floats,
    n: int,
    row: int,
    left: float,
    right: float,
    height: float,
    width: int,
) -> int:
    """Mark the cells that one edge touches inside one row, between ``left`` and ``right``.

    Left of the window the edge covers whole rows of cells, so its height enters at column 0;
    right of it, it covers none.
    """
    if left >= width:
        return n
    if right <= 0.0:
        return _mark(places, values, n, row, 0, height, height)
    slope = height / (right - left)
    if left < 0.0:
        outside = slope * -left
        n = _mark(places, values, n, row, 0, outside, outside)
        height -= outside
        left = 0.0
    if right > width:
        height = slope * (width - left)
        right = float(width)
    col = int(left)
    while right > col + 1:
        part = slope * (col + 1 - left)
        n = _mark(places, values, n, row, col, part, part * 0.5 * (col + 1 - left))
        height -= part
        col += 1
        left = float(col)
    area = height * 0.5 * ((col + 1 - left) + (col + 1 - right))
    return _mark(places, values, n, row, col, height, area)


@_compiled
def _mark_edge(
    places: Ints,
    values: Floats,
    n: int,
    x_low: float,
    y_low: float,
    x_high: float,
    y_high: float,
    sign: float,
    height: int,
    width: int,
) -> int:
    """Mark the cells that one edge touches, with ``y_low <= y_high``, row by row.

    A level edge has no height but leaves its marks, so that the cells it cuts count as touched.
    """
    least, most = min(x_low, x_high), max(x_low, x_high)
    if y_high <= 0.0 or y_low >= height or least >= width:
        return n
    slope = (x_high - x_low) / (y_high - y_low)
    x_from, y_from = x_low, y_low
    if y_low < 0.0:
        x_from, y_from = min(max(x_low - y_low * slope, least), most), 0.0
    first = int(y_from)
    for row in range(first, min(height, max(first + 1, int(np.ceil(y_high))))):
        x_to, y_to = x_high, y_high
        if row + 1 < y_high:
            y_to = row + 1.0
            x_to = min(max(x_low + (y_to - y_low) * slope, least), most)
        left, right = min(x_from, x_to), max(x_from, x_to)
        n = _mark_row(places, values, n, row, left, right, sign * (y_to - y_from), width)
        x_from, y_from = x_to, y_to
    return n


@_compiled
def _ring_sign(xy: Floats, start: int, stop: int, turn: float, is_hole: bool) -> float:
    """The factor that makes edges of a shell cover and edges of a hole uncover.

    ``turn`` is the sign of cell width times cell height: whether columns and rows turn like x, y.
    """
    x, y = xy[start, 0], xy[start, 1]
    twice = 0.0
    for k in range(start + 1, stop - 1):
        twice += (xy[k, 0] - x) * (xy[k + 1, 1] - y) - (xy[k + 1, 0] - x) * (xy[k, 1] - y)
    # A ring of positive area in columns and rows meets its left side as rows fall.
    sign = -1.0 if twice * turn > 0.0 else 1.0
    return -sign if is_hole else sign


@_compiled
def _mark_ring(
    places: Ints,
    values: Floats,
    n: int,
    xy: Floats,
    start: int,
    stop: int,
    sign: float,
    axes: tuple[float, float, float, float],
    height: int,
    width: int,
) -> int:
    """Mark the cells that the edges of one ring touch.

    ``axes`` is (x and width, y and height) of the window's first cell. Its corner is subtracted
    before anything else: the difference of near coordinates is exact. Every edge is walked from
    its smaller to its larger row, so that two units on its two sides get the same numbers.
    """
    x_corner, a, y_corner, e = axes
    x, y = (xy[start, 0] - x_corner) / a, (xy[start, 1] - y_corner) / e
    for k in range(start + 1, stop):
        x_next, y_next = (xy[k, 0] - x_corner) / a, (xy[k, 1] - y_corner) / e
        x_low, y_low, x_high, y_high, way = x, y, x_next, y_next, sign
        if y > y_next:
            x_low, y_low, x_high, y_high, way = x_next, y_next, x, y, -sign
        n = _mark_edge(places, values, n, x_low, y_low, x_high, y_high, way, height, width)
        x, y = x_next, y_next
    return n


@_compiled
def _window(
    xy: Floats, start: int, stop: int, grid: tuple[float, float, float, float, int, int]
) -> tuple[int, int, int, int]:
    """First row, first column, rows and columns of the cells around vertices, inside the grid.

    One cell of margin keeps rounding at the edge of the window harmless.
    """
    a, c, e, f, rows, cols = grid
    col_from = col_to = (xy[start, 0] - c) / a
    row_from = row_to = (xy[start, 1] - f) / e
    for k in range(start, stop):
        col, row = (xy[k, 0] - c) / a, (xy[k, 1] - f) / e
        col_from, col_to = min(col_from, col), max(col_to, col)
        row_from, row_to = min(row_from, row), max(row_to, row)
    first_row = int(min(max(np.floor(row_from) - 1.0, 0.0), float(rows)))
    first_col = int(min(max(np.floor(col_from) - 1.0, 0.0), float(cols)))
    end_row = int(min(max(np.ceil(row_to) + 1.0, 0.0), float(rows)))
    end_col = int(min(max(np.ceil(col_to) + 1.0, 0.0), float(cols)))
    return first_row, first_col, end_row - first_row, end_col - first_col


@_compiled
def _most_marks(
    xy: Floats, start: int, stop: int, cell: tuple[float, float], height: int, width: int
) -> int:
    """An upper bound on the marks of the edges between vertices in a window of this size.

    An edge that runs one way changes row and column once for each line it crosses.
    """
    most = 0
    for k in range(start, stop - 1):
        across = min(abs((xy[k + 1, 0] - xy[k, 0]) / cell[0]), float(width))
        along = min(abs((xy[k + 1, 1] - xy[k, 1]) / cell[1]), float(height))
        most += int(across) + int(along) + 6
    return most


@_compiled
def _sorted_order(places: Ints, axis: int, order: Ints, n_keys: int) -> Ints:
    """``order``, stably sorted by row (axis 0) or column (axis 1) of the marks: a counting sort."""
    starts = np.zeros(n_keys + 1, dtype=np.int64)
    for k in range(len(order)):
        starts[places[order[k], axis] + 1] += 1
    for key in range(n_keys):
        starts[key + 1] += starts[key]
    result = np.empty(len(order), dtype=np.int64)
    for k in range(len(order)):
        key = places[order[k], axis]
        result[starts[key]] = order[k]
        starts[key] += 1
    return result


@_compiled
def _run(
    start: int, stop: int, inside: float, n: int, cells: Ints, weights: Floats, fill: bool
) -> int:
    """Store a run of cells that no edge touches: each lies inside wholly or not at all."""
    if inside < 0.5 or stop <= start:
        return n
    if fill:
        for cell in range(start, stop):
            cells[n + cell - start] = cell
            weights[n + cell - start] = 1.0
    return n + stop - start


@_compiled
def _sweep(
    places: Ints,
    values: Floats,
    order: Ints,
    window: tuple[int, int, int, int],
    stride: int,
    cells: Ints,
    weights: Floats,
    fill: bool,
) -> tuple[int, float]:
    """Turn sorted marks into shares: the number to store and their sum before the cutoff.

    ``stride`` is the grid's number of columns. Shares are cut to [0, 1]; where that takes away
    more than rounding, rings overlap, and the sum no longer is the unit's area.
    """
    n, total, k, n_marks = 0, 0.0, 0, len(order)
    while k < n_marks:
        row = places[order[k], 0]
        first = (window[0] + row) * stride + window[1]
        inside, col = 0.0, 0
        while k < n_marks and places[order[k], 0] == row:
            touched = places[order[k], 1]
            stored = _run(first + col, first + touched, inside, n, cells, weights, fill)
            total += stored - n
            n = stored
            share = inside
            while k < n_marks and places[order[k], 0] == row and places[order[k], 1] == touched:
                inside += values[order[k], 0]
                share += values[order[k], 1]
                k += 1
            share = min(max(share, 0.0), 1.0)
            total += share
            if share >= WEIGHT_CUTOFF:
                if fill:
                    cells[n] = first + touched
                    weights[n] = share
                n += 1
            col = touched + 1
        stored = _run(first + col, first + window[3], inside, n, cells, weights, fill)
        total += stored - n
        n = stored
    return n, total


@_compiled
def sweep_units(
    first: int,
    last: int,
    xy: Floats,
    ring_starts: Ints,
    is_hole: npt.NDArray[np.bool_],
    unit_rings: Ints,
    grid: tuple[float, float, float, float, int, int],
    counts: Ints,
    totals: Floats,
    indptr: Ints,
    cells: Ints,
    weights: Floats,
    fill: bool,
) -> None:
    """Count or store the shares of the units from ``first`` to ``last - 1``.

    Parameters
    ----------
    first, last : int
        The units of this call; calls on other units may run at the same time.
    xy, ring_starts, is_hole, unit_rings : arrays
        As in ``geo._rings.Rings``.
    grid : tuple
        (a, c, e, f, rows, cols): transform without its zeros, and shape.
    counts, totals : int64 and float64 arrays, (n_units,)
        Written: how many shares a unit stores, and their sum before the cutoff.
    indptr : int64 array, (n_units + 1,)
        Read when ``fill``: where each unit's shares go in ``cells`` and ``weights``.
    cells, weights : int64 and float64 arrays
        Written when ``fill``: flat cell index, rising within a unit, and share.
    fill : bool
    """
    a, c, e, f, _, cols = grid
    places, values = np.empty((1024, 2), dtype=np.int64), np.empty((1024, 2), dtype=np.float64)
    for unit in range(first, last):
        counts[unit], totals[unit] = 0, 0.0
        rings_from, rings_to = unit_rings[unit], unit_rings[unit + 1]
        start, stop = ring_starts[rings_from], ring_starts[rings_to]
        if start == stop:
            continue
        window = _window(xy, start, stop, grid)
        if window[2] <= 0 or window[3] <= 0:
            continue
        most = _most_marks(xy, start, stop, (a, e), window[2], window[3])
        if most > len(places):
            places, values = np.empty((2 * most, 2), np.int64), np.empty((2 * most, 2), np.float64)
        axes = (c + a * window[1], a, f + e * window[0], e)
        n = 0
        for ring in range(rings_from, rings_to):
            start, stop = ring_starts[ring], ring_starts[ring + 1]
            if stop - start < 4:
                continue
            sign = _ring_sign(xy, start, stop, a * e, is_hole[ring])
            n = _mark_ring(places, values, n, xy, start, stop, sign, axes, window[2], window[3])
        order = _sorted_order(places, 1, np.arange(n), window[3])
        order = _sorted_order(places, 0, order, window[2])
        kept = slice(indptr[unit], indptr[unit + 1])
        counts[unit], totals[unit] = _sweep(
            places, values, order, window, cols, cells[kept], weights[kept], fill
        )

"""Signed-area accumulation: the exact share of each cell inside a unit, from its edges alone.

An edge that crosses a row of cells covers everything to its right in that row: by its height in the
cells further right, by part of its height in the cells it touches. Every edge leaves one *mark*
(row, column, height, area) in each cell it touches, signed so that a shell counts up and a hole
counts down. Sorted along the row, the marks give all shares in one sweep: a touched cell holds the
sum of the heights to its left plus its own areas, and in an untouched cell that sum is a whole
number, how often the cell lies inside.

A unit's marks take memory in proportion to its edges and the cells they touch, never to the area of
its bounding window: far-apart parts cost nothing. Marks are sorted by row and then by column, both
stably, so that additions happen in the order of rows, columns and edges for any number of threads
and whatever band of rows is asked for.
"""

import numpy as np
import numpy.typing as npt

from geo.compiled import compiled

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]

WEIGHT_CUTOFF = 1e-12
"""Shares under this are not stored."""

FEW_MARKS = 64
"""Up to so many marks of a row are sorted by insertion."""


@compiled
def _mark(
    places: Places, values: Floats, n: int, row: int, col: int, height: float, area: float
) -> int:
    """Write mark number ``n``; the number of marks."""
    places[n, 0] = row
    places[n, 1] = col
    values[n, 0] = height
    values[n, 1] = area
    return n + 1


@compiled
def _mark_row(
    places: Places,
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


@compiled
def _mark_edge(
    places: Places,
    values: Floats,
    n: int,
    x_low: float,
    y_low: float,
    x_high: float,
    y_high: float,
    sign: float,
    window: tuple[int, int, int, int],
) -> int:
    """Mark the cells that one edge touches, with ``y_low <= y_high``, row by row.

    A level edge has no height but leaves its marks, so that the cells it cuts count as touched.
    ``window`` is (first row, end row, rows, columns): rows that are wanted, and the whole size.
    Where an edge enters a row does not depend on which rows are wanted.
    """
    first_row, end_row, height, width = window
    least, most = min(x_low, x_high), max(x_low, x_high)
    if y_high <= 0.0 or y_low >= height or least >= width:
        return n
    start = int(max(y_low, 0.0))
    end = min(end_row, max(start + 1, int(np.ceil(y_high))))
    if start >= end_row or end <= first_row:
        return n
    slope = (x_high - x_low) / (y_high - y_low)
    x_from, y_from = x_low, y_low
    start = max(start, first_row)
    if y_low < start:
        x_from, y_from = min(max(x_low + (start - y_low) * slope, least), most), float(start)
    for row in range(start, end):
        x_to, y_to = x_high, y_high
        if row + 1 < y_high:
            y_to = row + 1.0
            x_to = min(max(x_low + (y_to - y_low) * slope, least), most)
        left, right = min(x_from, x_to), max(x_from, x_to)
        n = _mark_row(places, values, n, row, left, right, sign * (y_to - y_from), width)
        x_from, y_from = x_to, y_to
    return n


@compiled
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


@compiled
def _mark_ring(
    places: Places,
    values: Floats,
    n: int,
    xy: Floats,
    start: int,
    stop: int,
    sign: float,
    axes: tuple[float, float, float, float],
    window: tuple[int, int, int, int],
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
        n = _mark_edge(places, values, n, x_low, y_low, x_high, y_high, way, window)
        x, y = x_next, y_next
    return n


@compiled
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


@compiled
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


@compiled
def _by_row(places: Places, n: int, lo: int, hi: int) -> tuple[Places, Places]:
    """Order of the marks by row, stable, and where each row from ``lo`` to ``hi - 1`` starts."""
    starts = np.zeros(hi - lo + 1, dtype=np.int32)
    for k in range(n):
        starts[places[k, 0] - lo + 1] += 1
    for row in range(hi - lo):
        starts[row + 1] += starts[row]
    place, order = starts.copy(), np.empty(n, dtype=np.int32)
    for k in range(n):
        row = places[k, 0] - lo
        order[place[row]] = k
        place[row] += 1
    return order, starts


@compiled
def _sort_by_col(places: Places, order: Places) -> None:
    """Sort one row's marks by column, stably: by insertion where they are few, as nearly always."""
    if len(order) > FEW_MARKS:
        cols = np.empty(len(order), dtype=np.int32)
        for k in range(len(order)):
            cols[k] = places[order[k], 1]
        order[:] = order[np.argsort(cols, kind="mergesort")]
        return
    for k in range(1, len(order)):
        mark = order[k]
        col = places[mark, 1]
        at = k
        while at > 0 and places[order[at - 1], 1] > col:
            order[at] = order[at - 1]
            at -= 1
        order[at] = mark


@compiled
def _run(start: int, stop: int, inside: float, n: int, cells: Places, shares: Floats) -> int:
    """Store a run of cells that no edge touches: each lies inside wholly or not at all."""
    if inside < 0.5 or stop <= start:
        return n
    cells[n] = start
    shares[n] = float(stop - start)
    return n + 1


@compiled
def _sweep_row(
    places: Places,
    values: Floats,
    order: Places,
    first: int,
    width: int,
    n: int,
    cells: Places,
    shares: Floats,
) -> tuple[int, float]:
    """Turn one row's sorted marks into entries: their number so far, and the sum of shares.

    ``first`` is the cell of the window's first column in this row. Shares are cut to [0, 1]; where
    that takes away more than rounding, rings overlap, and the sum no longer is the unit's area.
    """
    total, inside, col, k = 0.0, 0.0, 0, 0
    while k < len(order):
        touched = places[order[k], 1]
        if inside >= 0.5:
            total += touched - col
        n = _run(first + col, first + touched, inside, n, cells, shares)
        share = inside
        while k < len(order) and places[order[k], 1] == touched:
            inside += values[order[k], 0]
            share += values[order[k], 1]
            k += 1
        share = min(max(share, 0.0), 1.0)
        total += share
        if share >= WEIGHT_CUTOFF:
            cells[n] = first + touched
            shares[n] = share
            n += 1
        col = touched + 1
    if inside >= 0.5:
        total += width - col
    n = _run(first + col, first + width, inside, n, cells, shares)
    return n, total


@compiled
def _with_room(cells: Places, shares: Floats, n: int, room: int) -> tuple[Places, Floats]:
    """The same entries in arrays with room for more."""
    if n + room <= len(cells):
        return cells, shares
    size = 2 * (n + room)
    more_cells, more_shares = np.empty(size, np.int32), np.empty(size, np.float64)
    more_cells[:n], more_shares[:n] = cells[:n], shares[:n]
    return more_cells, more_shares


@compiled
def sweep_units(
    members: Ints,
    rows: tuple[int, int],
    xy: Floats,
    ring_starts: Ints,
    is_hole: npt.NDArray[np.bool_],
    unit_rings: Ints,
    grid: tuple[float, float, float, float, int, int],
) -> tuple[Ints, Floats, Places, Floats]:
    """Shares of some units within a band of rows.

    Parameters
    ----------
    members : int64 array, (n,)
        The units.
    rows : tuple of int
        First and end row of the band.
    xy, ring_starts, is_hole, unit_rings : arrays
        As in ``geo.rings.Rings``.
    grid : tuple
        (a, c, e, f, rows, cols): transform without its zeros, and shape.

    Returns
    -------
    counts : int64 array, (n,)
        How many entries each unit has.
    totals : float64 array, (n,)
        Sum of each unit's shares before the cutoff.
    cells : int32 array, (n_entries,)
        Counted along the grid's rows from the band's first, rising within a unit.
    shares : float64 array, (n_entries,)
        As in ``geo.stripes.Stripe``.
    """
    a, c, e, f, _, cols = grid
    counts, totals = np.zeros(len(members), np.int64), np.zeros(len(members), np.float64)
    places, values = np.empty((1024, 2), np.int32), np.empty((1024, 2), np.float64)
    cells, shares = np.empty(1024, np.int32), np.empty(1024, np.float64)
    n_entries = 0
    for member in range(len(members)):
        rings_from, rings_to = unit_rings[members[member]], unit_rings[members[member] + 1]
        start, stop = ring_starts[rings_from], ring_starts[rings_to]
        if start == stop:
            continue
        top, left, height, width = _window(xy, start, stop, grid)
        lo, hi = max(rows[0] - top, 0), min(rows[1] - top, height)
        if lo >= hi or width <= 0:
            continue
        most = _most_marks(xy, start, stop, (a, e), height, width)
        if most > len(places):
            places, values = np.empty((2 * most, 2), np.int32), np.empty((2 * most, 2), np.float64)
        axes, n = (c + a * left, a, f + e * top, e), 0
        for ring in range(rings_from, rings_to):
            start, stop = ring_starts[ring], ring_starts[ring + 1]
            if stop - start < 4:
                continue
            sign = _ring_sign(xy, start, stop, a * e, is_hole[ring])
            n = _mark_ring(places, values, n, xy, start, stop, sign, axes, (lo, hi, height, width))
        order, starts = _by_row(places, n, lo, hi)
        cells, shares = _with_room(cells, shares, n_entries, 3 * n)
        before = n_entries
        for row in range(hi - lo):
            of_row = order[starts[row] : starts[row + 1]]
            if len(of_row) == 0:
                continue
            _sort_by_col(places, of_row)
            first = (top + lo + row - rows[0]) * cols + left
            n_entries, total = _sweep_row(
                places, values, of_row, first, width, n_entries, cells, shares
            )
            totals[member] += total
        counts[member] = n_entries - before
    return counts, totals, cells[:n_entries].copy(), shares[:n_entries].copy()

"""Made-up townships: a jittered lattice whose crinkled edges are shared exactly by neighbours."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]

LEVELS = 5
"""Halvings of an edge: 32 segments; the longest sixth of the edges is halved once more, so that a
unit has about 150 vertices."""

ROUGHNESS = 0.13
"""Standard deviation of a midpoint's displacement, as a share of its segment's length."""

JITTER = 0.22
"""Largest move of a lattice point, as a share of the spacing."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """Polygons in rows from the south-west corner, with their place in the lattice."""

    polygons: npt.NDArray[np.object_]
    """(rows * columns) valid shapely polygons; neighbours share every vertex of their edge."""
    row: npt.NDArray[np.int64]
    """(rows * columns) row of the lattice, from the south."""
    column: npt.NDArray[np.int64]
    """(rows * columns) column of the lattice, from the west."""


def crinkled_lattice(
    bounds: tuple[float, float, float, float], shape: tuple[int, int], *, seed: int
) -> Lattice:
    """A lattice of polygons with crinkled shared edges.

    Parameters
    ----------
    bounds : tuple of float
        Left, bottom, right and top between which the lattice points lie before they are crinkled.
    shape : tuple of int
        Rows and columns of polygons.
    seed : int

    Returns
    -------
    Lattice

    Notes
    -----
    Edges are made by midpoint displacement. Where a polygon's edges cross, its edges are made
    calmer, for both neighbours, until every polygon is valid.
    """
    rng = np.random.default_rng(seed)
    start, end, of_unit = _edges(_corners(bounds, shape, rng), shape)
    length = np.hypot(*(end - start).T)
    levels = np.where(length > np.quantile(length, 5 / 6), LEVELS + 1, LEVELS)
    moves = [rng.standard_normal((len(start), 2**level)) for level in range(LEVELS + 1)]
    calm = np.ones(len(start))
    while True:
        lines = _lines(start, end, levels, moves, calm * ROUGHNESS)
        polygons = _polygons(lines, of_unit)
        wrong = ~shapely.is_valid(polygons)
        if not wrong.any():
            break
        calm[np.unique(of_unit[wrong])] /= 2
    row, column = np.divmod(np.arange(len(polygons)), shape[1])
    return Lattice(polygons=polygons, row=row, column=column)


def _corners(
    bounds: tuple[float, float, float, float], shape: tuple[int, int], rng: np.random.Generator
) -> Floats:
    """Lattice points (rows + 1, columns + 1, 2), each moved a little."""
    left, bottom, right, top = bounds
    x = np.linspace(left, right, shape[1] + 1)
    y = np.linspace(bottom, top, shape[0] + 1)
    corners = np.stack(np.meshgrid(x, y), axis=-1)
    spacing = np.array([x[1] - x[0], y[1] - y[0]])
    return np.asarray(corners + spacing * rng.uniform(-JITTER, JITTER, corners.shape))


def _edges(corners: Floats, shape: tuple[int, int]) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    """Starts and ends of all edges, and for each unit its bottom, right, top and left edge."""
    rows, columns = shape
    start = np.concatenate([corners[:, :-1].reshape(-1, 2), corners[:-1].reshape(-1, 2)])
    end = np.concatenate([corners[:, 1:].reshape(-1, 2), corners[1:].reshape(-1, 2)])
    row, column = np.divmod(np.arange(rows * columns), columns)
    along, upward = row * columns + column, row * (columns + 1) + column
    upward += (rows + 1) * columns
    return start, end, np.stack([along, upward + 1, along + columns, upward], axis=1)


def _lines(
    start: Floats,
    end: Floats,
    levels: npt.NDArray[np.int64],
    moves: list[Floats],
    roughness: Floats,
) -> list[Floats]:
    """The vertices of every edge, both ends included."""
    lines: list[Floats] = [np.empty(0)] * len(start)
    for level in np.unique(levels):
        (chosen,) = np.nonzero(levels == level)
        points = np.stack([start[chosen], end[chosen]], axis=1)
        for move in moves[:level]:
            step = np.diff(points, axis=1)
            across = np.stack([-step[..., 1], step[..., 0]], axis=-1)
            away = (move[chosen] * roughness[chosen, None])[..., None]
            middle = (points[:, :-1] + points[:, 1:]) / 2 + across * away
            finer = np.empty((len(chosen), 2 * points.shape[1] - 1, 2))
            finer[:, ::2], finer[:, 1::2] = points, middle
            points = finer
        for index, line in zip(chosen, points, strict=True):
            lines[index] = line
    return lines


def _polygons(lines: list[Floats], of_unit: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
    """Rings along the bottom, up the right, back along the top and down the left edge."""
    rings = []
    for bottom, right, top, left in of_unit.tolist():
        way = (lines[bottom][:-1], lines[right][:-1], lines[top][:0:-1], lines[left][::-1])
        rings.append(np.concatenate(way))
    sizes = np.array([len(ring) for ring in rings])
    loops = shapely.linearrings(
        np.concatenate(rings), indices=np.repeat(np.arange(len(rings)), sizes)
    )
    return np.asarray(shapely.polygons(loops))

"""Measures of rings in the plane: bounds and area of units."""

import numpy as np
import numpy.typing as npt

from geo.compiled import compiled
from geo.rings import Floats, Ints, Rings
from geo.threads import in_threads, processors, runs

VERTICES_PER_CALL = 200_000


def bounds(rings: Rings) -> Floats:
    """(n_units, 4) x_min, y_min, x_max, y_max of units; NaN for units without vertices."""
    result = np.full((len(rings.unit_starts) - 1, 4), np.nan)
    starts = rings.unit_vertices

    def measure(run: tuple[int, int]) -> None:
        _bounds(*run, rings.xy, starts, result)

    in_threads(measure, runs(starts, VERTICES_PER_CALL), processors())
    return result


def planar_areas(rings: Rings) -> Floats:
    """(n_units) area of units by the shoelace formula: shells less holes, in plane units squared.

    Coordinates are taken from each ring's first vertex, so that large ones cost no digits.
    """
    result = np.zeros(len(rings.unit_starts) - 1)
    is_hole, unit_rings = rings.is_hole, rings.unit_rings

    def measure(run: tuple[int, int]) -> None:
        _areas(*run, rings.xy, rings.ring_starts, is_hole, unit_rings, result)

    in_threads(measure, runs(rings.unit_vertices, VERTICES_PER_CALL), processors())
    return result


@compiled
def _bounds(first: int, last: int, xy: Floats, starts: Ints, result: Floats) -> None:
    for unit in range(first, last):
        for vertex in range(starts[unit], starts[unit + 1]):
            x, y = xy[vertex, 0], xy[vertex, 1]
            if vertex == starts[unit]:
                result[unit] = (x, y, x, y)
            result[unit, 0], result[unit, 2] = min(result[unit, 0], x), max(result[unit, 2], x)
            result[unit, 1], result[unit, 3] = min(result[unit, 1], y), max(result[unit, 3], y)


@compiled
def _areas(
    first: int,
    last: int,
    xy: Floats,
    ring_starts: Ints,
    is_hole: npt.NDArray[np.bool_],
    unit_rings: Ints,
    result: Floats,
) -> None:
    for unit in range(first, last):
        for ring in range(unit_rings[unit], unit_rings[unit + 1]):
            start, stop = ring_starts[ring], ring_starts[ring + 1]
            twice = 0.0
            for k in range(start, stop - 1):
                x, y = xy[k, 0] - xy[start, 0], xy[k, 1] - xy[start, 1]
                x_next, y_next = xy[k + 1, 0] - xy[start, 0], xy[k + 1, 1] - xy[start, 1]
                twice += x * y_next - x_next * y
            result[unit] += -abs(twice) / 2.0 if is_hole[ring] else abs(twice) / 2.0

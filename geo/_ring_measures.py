"""Measures of rings in the plane: bounds and area of units."""

import numpy as np
import numpy.typing as npt

from geo._compiled import compiled
from geo._rings import Floats, Ints, Rings


def bounds(rings: Rings) -> Floats:
    """(n_units, 4) x_min, y_min, x_max, y_max of units; NaN for units without vertices."""
    result = np.full((len(rings.unit_starts) - 1, 4), np.nan)
    _bounds(rings.xy, rings.unit_vertices, result)
    return result


def planar_areas(rings: Rings) -> Floats:
    """(n_units) area of units by the shoelace formula: shells less holes, in plane units squared.

    Coordinates are taken from each ring's first vertex, so that large ones cost no digits.
    """
    result = np.zeros(len(rings.unit_starts) - 1)
    _areas(rings.xy, rings.ring_starts, rings.is_hole, rings.unit_rings, result)
    return result


@compiled
def _bounds(xy: Floats, starts: Ints, result: Floats) -> None:
    for unit in range(len(starts) - 1):
        for vertex in range(starts[unit], starts[unit + 1]):
            x, y = xy[vertex, 0], xy[vertex, 1]
            if vertex == starts[unit]:
                result[unit] = (x, y, x, y)
            result[unit, 0], result[unit, 2] = min(result[unit, 0], x), max(result[unit, 2], x)
            result[unit, 1], result[unit, 3] = min(result[unit, 1], y), max(result[unit, 3], y)


@compiled
def _areas(
    xy: Floats,
    ring_starts: Ints,
    is_hole: npt.NDArray[np.bool_],
    unit_rings: Ints,
    result: Floats,
) -> None:
    for unit in range(len(unit_rings) - 1):
        for ring in range(unit_rings[unit], unit_rings[unit + 1]):
            start, stop = ring_starts[ring], ring_starts[ring + 1]
            twice = 0.0
            for k in range(start, stop - 1):
                x, y = xy[k, 0] - xy[start, 0], xy[k, 1] - xy[start, 1]
                x_next, y_next = xy[k + 1, 0] - xy[start, 0], xy[k + 1, 1] - xy[start, 1]
                twice += x * y_next - x_next * y
            result[unit] += -abs(twice) / 2.0 if is_hole[ring] else abs(twice) / 2.0

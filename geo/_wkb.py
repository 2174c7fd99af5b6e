"""Well-known binary: polygons out of the bytes that vector files hold.

Two-dimensional polygons, little-endian and with closed rings, are what nearly every file has. Their
coordinates lie in the bytes as they lie in memory: they are copied in threads, and no geometry
object is built. A file that has anything else is left to the reader that knows all kinds.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from geo.compiled import compiled
from geo.polygons import Polygons
from geo.rings import Ints, Rings
from geo.threads import in_threads, processors

Bytes = npt.NDArray[np.uint8]
Piece = tuple[Bytes, Ints]
"""Bytes of some geometries, and (n + 1) where each starts in them."""

POLYGON, MULTIPOLYGON = 3, 6
HEADER, COUNT, POINT = 5, 4, 16
"""Bytes of the order of bytes with the type, of a count and of a point."""
SMALLEST_RING = 4


def polygons_of_wkb(pieces: Sequence[Piece]) -> Polygons | None:
    """Polygons and multipolygons of well-known binary.

    Parameters
    ----------
    pieces : sequence of (uint8 array, int64 array)
        Bytes, and where each geometry starts in them.

    Returns
    -------
    Polygons, or None
        As GEOS reads them; None unless every geometry is a two-dimensional, little-endian Polygon
        or MultiPolygon, with closed rings of four vertices or more and without empty parts.
    """
    ends = np.cumsum([0, *(len(starts) - 1 for _, starts in pieces)])
    counts = np.zeros((ends[-1] + 1, 3), dtype=np.int64)

    def count(number: int) -> bool:
        return bool(_count(*pieces[number], counts[ends[number] + 1 : ends[number + 1] + 1]))

    if not all(in_threads(count, range(len(pieces)), processors())):
        return None
    firsts = np.cumsum(counts, axis=0)
    n_parts, n_rings, n_points = firsts[-1].tolist()
    xy, single = np.empty((n_points, 2)), np.empty(ends[-1], dtype=np.bool_)
    part_starts, ring_starts = np.empty(n_parts + 1, np.int64), np.empty(n_rings + 1, np.int64)
    part_starts[-1], ring_starts[-1] = n_rings, n_points
    values = xy.reshape(-1).view(np.uint8)

    def fill(number: int) -> None:
        units = slice(ends[number], ends[number + 1])
        _fill(*pieces[number], firsts[units], part_starts, ring_starts, values, single[units])

    in_threads(fill, range(len(pieces)), processors())
    rings = Rings(xy, ring_starts, part_starts, unit_starts=np.ascontiguousarray(firsts[:, 0]))
    return Polygons(rings, single)


@compiled
def _number(data: Bytes, at: int) -> int:
    """The little-endian number of four bytes at a place."""
    number = 0
    for k in range(COUNT):
        number += int(data[at + k]) << (8 * k)
    return number


@compiled
def _members(data: Bytes, at: int, end: int, kind: int) -> int:
    """How many members the geometry of a kind at a place has; 0 if it is no such geometry."""
    if at + HEADER + COUNT > end or data[at] != 1 or _number(data, at + 1) != kind:
        return 0
    return _number(data, at + HEADER)


@compiled
def _is_closed(data: Bytes, first: int, last: int) -> bool:
    """Whether two points are the same, byte for byte, and finite: GEOS tells NaN from itself."""
    for k in range(POINT):
        if data[first + k] != data[last + k]:
            return False
    for k in (7, 15):
        # The eleven bits of the exponent.
        if data[first + k] & 0x7F == 0x7F and data[first + k - 1] & 0xF0 == 0xF0:
            return False
    return True


@compiled
def _polygon_end(data: Bytes, at: int, end: int, counts: Ints) -> int:
    """Where the polygon at a place ends, its rings and points added to ``counts``; -1 if none."""
    n_rings = _members(data, at, end, POLYGON)
    at += HEADER + COUNT
    for _ in range(n_rings):
        if at + COUNT > end:
            return -1
        n_points = _number(data, at)
        at += COUNT
        if n_points < SMALLEST_RING or at + n_points * POINT > end:
            return -1
        if not _is_closed(data, at, at + (n_points - 1) * POINT):
            return -1
        counts[2] += n_points
        at += n_points * POINT
    counts[0] += 1
    counts[1] += n_rings
    return at if n_rings > 0 else -1


@compiled
def _count(data: Bytes, starts: Ints, counts: Ints) -> bool:
    """Write each geometry's number of parts, rings and points; whether all are plain polygons."""
    for unit in range(len(starts) - 1):
        at, end = starts[unit], starts[unit + 1]
        n_parts = _members(data, at, end, MULTIPOLYGON)
        if n_parts > 0:
            at += HEADER + COUNT
        for _ in range(max(n_parts, 1)):
            at = _polygon_end(data, at, end, counts[unit])
            if at < 0:
                return False
        if at != end:
            return False
    return True


@compiled
def _fill(
    data: Bytes,
    starts: Ints,
    firsts: Ints,
    part_starts: Ints,
    ring_starts: Ints,
    xy: Bytes,
    single: npt.NDArray[np.bool_],
) -> None:
    """Write offsets and coordinates of geometries that were counted.

    ``firsts`` (n, 3) are the numbers of their first part, ring and point.
    """
    for unit in range(len(starts) - 1):
        part, ring, point = firsts[unit]
        at, end = starts[unit], starts[unit + 1]
        single[unit] = data[at + 1] == POLYGON
        if not single[unit]:
            at += HEADER + COUNT
        while at < end:
            part_starts[part] = ring
            n_rings = _number(data, at + HEADER)
            at += HEADER + COUNT
            for _ in range(n_rings):
                n_points = _number(data, at)
                at += COUNT
                ring_starts[ring] = point
                xy[point * POINT : (point + n_points) * POINT] = data[at : at + n_points * POINT]
                at += n_points * POINT
                point += n_points
                ring += 1
            part += 1

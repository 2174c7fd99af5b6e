"""Polygons as a vector tile (Mapbox Vector Tile specification 2.1): one layer, ids, no attributes.

Written here with arrays rather than by GDAL's driver, because that one writes data sets, not a tile
that is asked for, and mends each polygon after rounding, which moves edges that neighbours share.
GDAL reads the tiles back in the tests.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from nightpanel.viewer.tile_box import TileBox

EXTENT = 4096
"""Units of a tile's own coordinates across it."""
BUFFER = 64
"""Units beyond the tile's edge up to which polygons go, so that outlines do not show the edge."""
MOVE_TO, LINE_TO, CLOSE = (1 << 3) | 1, 2, (1 << 3) | 7
POLYGON = 3
LEAST_POINTS = 3

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Rings:
    """Rings in a tile's coordinates, open, each after the other."""

    x: Ints
    """(points) from the left."""
    y: Ints
    """(points) from the top."""
    first: Ints
    """(rings + 1) where each begins."""
    feature: Ints
    """(rings) the polygon that it belongs to, ascending."""


def encode_tile(
    polygons: NDArray[np.object_], ids: NDArray[np.integer], box: TileBox, *, layer: str
) -> bytes:
    """A tile of one layer.

    Parameters
    ----------
    polygons : (n) array of polygons or multipolygons
        In EPSG:3857.
    ids : (n) integer array
        Their ids, from 0.
    box : TileBox
        What lies outside of it, but for `BUFFER`, is cut off.
    layer : str
        The layer's name.

    Returns
    -------
    bytes
        Empty if nothing of the polygons is in the tile: rings that are less than a triangle of the
        tile's coordinates are left out, outer ones with their holes.
    """
    rings = _rings(_clipped(polygons, box), box)
    if not len(rings.feature):
        return b""
    numbers, of_ring = _commands(rings)
    data, ends = _varints(numbers)
    features, start = np.unique(rings.feature, return_index=True)
    # Where the numbers of a feature begin and end, then where their bytes do.
    places = np.append(of_ring[start], len(numbers))
    edges = np.concatenate([[0], ends])[places]
    body = [_field(1, layer.encode()), _number(5, EXTENT), _number(15, 2)]
    for feature, begin, end in zip(features, edges[:-1], edges[1:], strict=True):
        content = _number(1, int(ids[feature])) + _number(3, POLYGON)
        body.append(_field(2, content + _field(4, data[begin:end].tobytes())))
    return _field(3, b"".join(body))


def _clipped(polygons: NDArray[np.object_], box: TileBox) -> NDArray[np.object_]:
    left, bottom, right, top = box.bounds
    spare = box.size * BUFFER / EXTENT
    clipped = shapely.clip_by_rect(
        polygons, left - spare, bottom - spare, right + spare, top + spare
    )
    return np.asarray(clipped, dtype=object)


def _rings(clipped: NDArray[np.object_], box: TileBox) -> _Rings:
    """Rings as the tile has them: rounded, without repeated points, wound as they must be."""
    parts, feature = shapely.get_parts(clipped, return_index=True)
    areal = shapely.get_type_id(parts) == POLYGON
    rings, part = shapely.get_rings(parts[areal], return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    left, _, _, top = box.bounds
    scale = EXTENT / box.size
    x = np.rint((points[:, 0] - left) * scale).astype(np.int64)
    y = np.rint((top - points[:, 1]) * scale).astype(np.int64)
    # A ring's last point is its first, so this also opens it.
    kept = np.ones(len(x), dtype=bool)
    kept[:-1] = (x[1:] != x[:-1]) | (y[1:] != y[:-1]) | (ring[1:] != ring[:-1])
    kept[np.searchsorted(ring, np.arange(len(rings)), side="right") - 1] = False
    x, y, ring = x[kept], y[kept], ring[kept]
    outer = np.ones(len(rings), dtype=bool)
    outer[1:] = part[1:] != part[:-1]
    area = _twice_areas(x, y, ring, len(rings))
    whole = (np.bincount(ring, minlength=len(rings)) >= LEAST_POINTS) & (area != 0)
    whole &= whole[np.maximum.accumulate(np.where(outer, np.arange(len(rings)), 0))]
    # With rows counted from the top, the area of outer rings must be positive, of holes negative.
    turned = (area > 0) != outer
    return _ordered(x, y, ring, whole=whole, turned=turned, feature=feature[areal][part])


def _twice_areas(x: Ints, y: Ints, ring: Ints, number: int) -> Ints:
    """Signed, (number), 0 for a ring without points."""
    first = np.searchsorted(ring, ring, side="left")
    last = np.searchsorted(ring, ring, side="right") - 1
    place = np.arange(len(ring))
    following = np.where(place == last, first, place + 1)
    cross = x * y[following] - x[following] * y
    total: Ints = np.concatenate([[0], np.cumsum(cross)])
    rings = np.arange(number)
    starts, ends = (np.searchsorted(ring, rings, side=side) for side in ("left", "right"))
    return np.asarray(total[ends] - total[starts])


def _ordered(
    x: Ints, y: Ints, ring: Ints, *, whole: NDArray[np.bool_], turned: NDArray[np.bool_],
    feature: Ints,
) -> _Rings:  # fmt: skip
    """The whole rings alone, those that are wound wrongly turned round."""
    kept = whole[ring]
    x, y, ring = x[kept], y[kept], ring[kept]
    first, last = (np.searchsorted(ring, ring, side=side) for side in ("left", "right"))
    place = np.arange(len(ring))
    order = np.where(turned[ring], first + last - 1 - place, place)
    counts = np.bincount(ring, minlength=len(whole))[whole]
    starts = np.concatenate([[0], np.cumsum(counts)])
    return _Rings(x[order], y[order], starts, feature[whole])


def _commands(rings: _Rings) -> tuple[NDArray[np.uint64], Ints]:
    """Numbers of all geometries in order, and where those of each ring begin."""
    counts = np.diff(rings.first)
    fresh = np.ones(len(counts), dtype=bool)
    fresh[1:] = rings.feature[1:] != rings.feature[:-1]
    starts = rings.first[:-1]
    steps = np.empty((len(rings.x), 2), dtype=np.int64)
    for axis, values in enumerate((rings.x, rings.y)):
        steps[:, axis] = np.diff(values, prepend=0)
        # The pen of a feature begins at the origin.
        steps[starts[fresh], axis] = values[starts[fresh]]
    zigzag = (steps << 1) ^ (steps >> 63)
    begin = np.concatenate([[0], np.cumsum(2 * counts + 3)])
    numbers = np.empty(begin[-1], dtype=np.uint64)
    numbers[begin[:-1]] = MOVE_TO
    numbers[begin[:-1] + 3] = ((counts - 1) << 3) | LINE_TO
    numbers[begin[1:] - 1] = CLOSE
    # After the first point of a ring stands the command of its lines.
    place = np.arange(len(rings.x)) - np.repeat(starts, counts)
    at = np.repeat(begin[:-1] + 1, counts) + 2 * place + (place > 0)
    numbers[at], numbers[at + 1] = zigzag[:, 0], zigzag[:, 1]
    return numbers, begin[:-1]


def _varints(numbers: NDArray[np.uint64]) -> tuple[NDArray[np.uint8], Ints]:
    """Protocol buffers' varints, and where each ends."""
    bits = np.arange(7, 35, 7, dtype=np.uint64)  # numbers of a tile fit into 32 bits
    lengths = 1 + (numbers[:, None] >> bits[None, :] > 0).sum(axis=1)
    ends = np.cumsum(lengths)
    whole = np.repeat(numbers, lengths)
    place = np.arange(len(whole)) - np.repeat(ends - lengths, lengths)
    data = (whole >> (7 * place).astype(np.uint64)) & np.uint64(0x7F)
    data |= np.uint64(0x80) * (place < np.repeat(lengths, lengths) - 1)
    return data.astype(np.uint8), ends


def _varint(number: int) -> bytes:
    parts = []
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content

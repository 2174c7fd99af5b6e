"""Polygons as each zoom needs them, simplified together: neighbours keep their shared edges.

Coarse zooms get polygons with fewer points, made once and kept in the store; fine zooms get the
polygons themselves, of which a tile shows few.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.errors import CacheError
from nightpanel.store import Store
from nightpanel.viewer.tile_box import LAST_ZOOM, TileBox, pixel_metres
from nightpanel.viewer.vector_tile import encode_tile
from tiles.made_with import made_with

SIMPLIFIED = (6, 4, 2)
"""Zooms up to which polygons are simplified, finest first: each is made of the one before it."""
PIXELS = 1.0
"""Size of what simplifying may take away at the zoom, in pixels of the screen."""
FEW_POINTS = 200_000
"""So many points are drawn as they are at every zoom."""
KIND = "outlines"
"""Kind of the store's entries."""

Polygons = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Level:
    """Polygons for a range of zooms."""

    last_zoom: int
    """The finest zoom that they are for."""
    polygons: Polygons
    """(n) in EPSG:3857."""
    tree: shapely.STRtree
    """Their boxes."""


@dataclass(frozen=True, slots=True)
class ZoomShapes:
    """Polygons for all zooms."""

    name: str
    """The layer's name in its tiles."""
    levels: tuple[Level, ...]
    """From the coarsest to the finest; the last is for every zoom beyond the others."""

    def level(self, zoom: int) -> Level:
        """The polygons for a zoom."""
        return next((one for one in self.levels if zoom <= one.last_zoom), self.levels[-1])

    def tile(self, box: TileBox) -> bytes:
        """A vector tile; a polygon's id is its place among them, counted from 1."""
        level = self.level(box.zoom)
        # A little beyond the edge, where the outlines of what is next to it may still show.
        near = shapely.box(*box.bounds).buffer(box.size / 32, join_style="mitre")
        found = np.sort(level.tree.query(near))
        return encode_tile(level.polygons[found], found + 1, box, layer=self.name)


def zoom_shapes(
    polygons: Polygons,
    *,
    name: str,
    digest: str,
    store: Store | None = None,
    few: int = FEW_POINTS,
) -> ZoomShapes:
    """Polygons for all zooms, from the store or simplified and put there.

    Parameters
    ----------
    polygons : (n) array of polygons or multipolygons
        In EPSG:3857; neighbours share the points of their edges.
    name : str
        The layer's name.
    digest : str
        What tells the polygons from all others.
    store : Store, optional
        A folder that cannot be written is done without.
    few : int
        So many points are not simplified.

    Returns
    -------
    ZoomShapes
    """
    finest = _level(LAST_ZOOM, polygons)
    if not needs_simplifying(polygons, few):
        return ZoomShapes(name, (finest,))
    made = []
    for zoom, shapes in zip(SIMPLIFIED, _simplified(polygons, name, digest, store), strict=True):
        made.append(_level(zoom, shapes))
    return ZoomShapes(name, (*reversed(made), finest))


def needs_simplifying(polygons: Polygons, few: int = FEW_POINTS) -> bool:
    """Whether polygons have too many points to be drawn as they are at coarse zooms."""
    return int(shapely.get_num_coordinates(polygons).sum()) > few


def _simplified(
    polygons: Polygons, name: str, digest: str, store: Store | None
) -> Sequence[Polygons]:
    """Polygons for each of the zooms of `SIMPLIFIED`."""
    found: list[Polygons] = []
    for zoom in SIMPLIFIED:
        words = (made_with(__name__), digest, name, zoom, PIXELS)
        key = hashlib.sha256(repr(words).encode()).hexdigest()
        known = None if store is None else _kept(store, key)
        if known is None:
            before = found[-1] if found else polygons
            known = _fewer(before, PIXELS * pixel_metres(zoom))
            if store is not None:
                _keep(store, key, known)
        found.append(known)
    return found


def _fewer(polygons: Polygons, tolerance: float) -> Polygons:
    """Polygons simplified together; as they are where GEOS finds no way."""
    try:
        return np.asarray(shapely.coverage_simplify(polygons, tolerance), dtype=object)
    except shapely.GEOSException:
        return polygons


def _kept(store: Store, key: str) -> Polygons | None:
    arrays = None
    with suppress(CacheError):
        arrays = store.get(KIND, key)
    if arrays is None:
        return None
    offsets = (arrays["rings"], arrays["parts"], arrays["polygons"])
    made = shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, arrays["points"], offsets)
    return np.asarray(made, dtype=object)


def _keep(store: Store, key: str, polygons: Polygons) -> None:
    single, of_polygon = shapely.get_parts(polygons, return_index=True)
    # All of one type, so that their arrays are of one form.
    whole = np.asarray(shapely.multipolygons(single, indices=of_polygon))
    if len(whole) != len(polygons):  # one has nothing left, which these arrays cannot say
        return
    _, points, offsets = shapely.to_ragged_array(whole, include_z=False)
    rings, parts, of = offsets
    with suppress(CacheError):
        store.put(KIND, key, {"points": points, "rings": rings, "parts": parts, "polygons": of})


def _level(zoom: int, polygons: Polygons) -> Level:
    return Level(zoom, polygons, shapely.STRtree(polygons))

"""Polygons made ready to be drawn: in an equal-area plane, as fine as print can show, as paths."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from matplotlib.path import Path as Outline
from numpy.typing import NDArray

from nightpanel.paper_figures.style import WIDTH

Geometries = NDArray[np.object_]
FINEST = 600.0
"""Dots per inch that a line of a map can show; what is finer is left out."""
WORLD = 180.0
"""Degrees of longitude from which a map is one of the world."""


@dataclass(frozen=True, slots=True)
class MapShapes:
    """Polygons in the plane of a map."""

    ids: tuple[str, ...]
    """Which polygon is which."""
    geometries: Geometries
    """Polygons or multipolygons, holes against the sense of their shells; shape (n,)."""
    projection: str
    """The plane in words."""
    metres: bool
    """Whether its unit is the metre."""


def map_shapes(shapes: gpd.GeoDataFrame, key: str) -> MapShapes:
    """Polygons in an equal-area plane of their own, without what print cannot show.

    Parameters
    ----------
    shapes : geopandas.GeoDataFrame
        Polygons with a CRS; without one their coordinates are drawn as they are.
    key : str
        The column of their ids.

    Returns
    -------
    MapShapes
        Empty geometries are left out. A polygon smaller than a dot keeps its shape.
    """
    there = shapes[~(shapes.geometry.is_empty | shapes.geometry.isna())]
    geometries = np.asarray(there.geometry.to_numpy(), dtype=object)
    crs, words = (None, "") if there.crs is None or there.empty else equal_area(there)
    # Simplified first: fewer vertices have to be projected.
    geometries = _as_fine_as_print(geometries)
    if crs is not None:
        plane = gpd.GeoSeries(geometries, crs=there.crs).to_crs(crs)
        geometries = np.asarray(plane.to_numpy(), dtype=object)
    geometries = shapely.orient_polygons(geometries)
    return MapShapes(tuple(there[key].astype(str)), geometries, words, crs is not None)


def equal_area(shapes: gpd.GeoDataFrame) -> tuple[pyproj.CRS, str]:
    """An equal-area projection for some shapes, and what it is in words.

    Albers' conic with standard parallels a sixth of the span from its ends (Snyder 1987, p. 99);
    across the equator Lambert's azimuthal one; for the world Equal Earth.

    Parameters
    ----------
    shapes : geopandas.GeoDataFrame
        At least one, with a CRS.

    Returns
    -------
    (pyproj.CRS, str)
    """
    geographic = pyproj.Transformer.from_crs(shapes.crs, "EPSG:4326", always_xy=True)
    west, south, east, north = geographic.transform_bounds(*shapes.total_bounds)
    middle, centre = (west + east) / 2.0, (south + north) / 2.0
    if east - west > WORLD:
        return pyproj.CRS(f"+proj=eqearth +lon_0={middle:.1f} +datum=WGS84"), "Equal Earth"
    if south <= 0.0 <= north:
        words = f"Lambert azimuthal equal-area at {_at(centre, 'NS')}, {_at(middle, 'EW')}"
        plane = f"+proj=laea +lat_0={centre:.2f} +lon_0={middle:.2f} +datum=WGS84"
        return pyproj.CRS(plane), words
    sixth = (north - south) / 6.0
    parallels = list(dict.fromkeys((round(south + sixth, 1), round(north - sixth, 1))))
    plane = (
        f"+proj=aea +lat_1={parallels[0]} +lat_2={parallels[-1]} +lat_0={centre:.2f} "
        f"+lon_0={middle:.2f} +datum=WGS84"
    )
    named = " and ".join(_at(one, "NS") for one in parallels)
    plural = "s" if len(parallels) > 1 else ""
    return pyproj.CRS(plane), f"Albers equal-area conic, standard parallel{plural} {named}"


def outline(geometries: Geometries) -> Outline:
    """The rings of polygons as one path.

    Parameters
    ----------
    geometries : array of shapely geometries
        Polygons or multipolygons.

    Returns
    -------
    matplotlib.path.Path
        Holes are empty where they run against the sense of their shells.
    """
    if not len(geometries):
        return Outline(np.empty((0, 2)))
    _, vertices, offsets = shapely.to_ragged_array(geometries, include_z=False)
    rings = offsets[0]
    codes = np.full(len(vertices), Outline.LINETO, dtype=Outline.code_type)
    codes[rings[1:] - 1] = Outline.CLOSEPOLY
    codes[rings[:-1]] = Outline.MOVETO
    return Outline(vertices, codes)


def _as_fine_as_print(geometries: Geometries) -> Geometries:
    bounds = shapely.total_bounds(geometries)
    across = max(bounds[2] - bounds[0], bounds[3] - bounds[1]) if len(geometries) else 0.0
    simple = shapely.simplify(geometries, across / (WIDTH * FINEST), preserve_topology=False)
    gone = shapely.is_empty(simple)
    return np.asarray(np.where(gone, geometries, simple), dtype=object)


def _at(degrees: float, sides: str) -> str:
    return f"{abs(degrees):.1f}°{sides[0] if degrees >= 0 else sides[1]}"

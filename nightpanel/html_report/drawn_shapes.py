"""Shapes small enough for a page: simplified with shared edges kept, on a grid of whole numbers."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from nightpanel.html_report.embedded import Integers, packed

GRID = 65535
"""Steps of the grid along the longer side."""
START = 1 / 4000
"""Share of the longer side of the first simplification's tolerance."""
POINTS = 600_000
"""Points that the shapes of a layer may have; the tolerance doubles until they do."""

Geometries = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Frame:
    """The plane that shapes are drawn in, and its grid."""

    crs: CRS
    """Equal-area, in metres."""
    west: float
    """Left edge in metres."""
    north: float
    """Upper edge in metres."""
    step: float
    """Metres of a step of the grid."""
    width: int
    """Steps from left to right."""
    height: int
    """Steps from top to bottom."""


@dataclass(frozen=True, slots=True)
class DrawnShapes:
    """Shapes as whole numbers."""

    rings: Integers
    """Rings of each shape, shape (n,); 0 where nothing is left of it."""
    points: Integers
    """Points of each ring, without the closing one."""
    places: Integers
    """x and y of each point, shape (m, 2), y downwards."""

    def as_data(self) -> dict[str, Any]:
        """As the page's script reads it: counts, and the way from point to point."""
        steps = np.diff(self.places, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
        return {
            "rings": packed(self.rings),
            "points": packed(self.points),
            "steps": packed(steps),
        }


def frame_of(shapes: gpd.GeoDataFrame) -> Frame:
    """A plane in which areas are true, around some shapes.

    Parameters
    ----------
    shapes : geopandas.GeoDataFrame
        One or more, with a CRS. Albers' conic with its parallels a sixth of the height from the
        edges; near the equator or around a pole Lambert's azimuthal plane.
    """
    west, south, east, north = shapes.to_crs("EPSG:4326").total_bounds
    crs = CRS.from_proj4(_plane(west, south, east, north))
    left, lower, right, upper = shapes.to_crs(crs).total_bounds
    step = max(right - left, upper - lower) / GRID or 1.0
    size = [int(np.ceil(length / step)) for length in (right - left, upper - lower)]
    return Frame(crs, float(left), float(upper), float(step), max(size[0], 1), max(size[1], 1))


def _plane(west: float, south: float, east: float, north: float) -> str:
    middle, sixth = (west + east) / 2, (north - south) / 6
    first, second = south + sixth, north - sixth
    if abs(first + second) < 10 or max(abs(south), abs(north)) > 85:
        return f"+proj=laea +lat_0={(south + north) / 2} +lon_0={middle} +datum=WGS84 +units=m"
    return f"+proj=aea +lat_1={first} +lat_2={second} +lon_0={middle} +datum=WGS84 +units=m"


def simplified(geometries: Geometries, frame: Frame, *, points: int = POINTS) -> Geometries:
    """Polygons with fewer points, edges that two of them share still shared.

    Parameters
    ----------
    geometries : array of shapely geometries
        Polygonal, in the frame's plane.
    frame : Frame
    points : int
        How many there may be of all.

    Returns
    -------
    array of shapely geometries
        Simplified until there are so few; those that have become empty are so.
    """
    tolerance = START * GRID * frame.step
    found = geometries
    while True:
        found = shapely.coverage_simplify(found, tolerance)
        if shapely.get_num_coordinates(found).sum() <= points or tolerance > GRID * frame.step:
            return np.asarray(found, dtype=object)
        tolerance *= 2


def drawn(geometries: Geometries, frame: Frame) -> DrawnShapes:
    """Polygons on the frame's grid; rings with fewer than three places of their own go.

    Parameters
    ----------
    geometries : array of shapely geometries, shape (n,)
        Polygonal or None, in the frame's plane.
    frame : Frame
    """
    parts, of_shape = shapely.get_parts(geometries, return_index=True)
    polygons = shapely.get_type_id(parts) == 3
    rings, of_part = shapely.get_rings(parts[polygons], return_index=True)
    of_shape = of_shape[polygons][of_part]
    coordinates, of_ring = shapely.get_coordinates(rings, return_index=True)
    places = np.column_stack(
        [coordinates[:, 0] - frame.west, frame.north - coordinates[:, 1]]
    ) / frame.step  # fmt: skip
    grid = np.rint(places).astype(np.int64)
    # A ring's last place is its first; where two in a row are one, the second goes.
    moved = np.ones(len(grid), dtype=bool)
    moved[:-1] = (grid[1:] != grid[:-1]).any(axis=1) & (of_ring[1:] == of_ring[:-1])
    moved[-1:] = False
    counts = np.bincount(of_ring[moved], minlength=len(rings))
    large = counts >= 3
    kept = moved & large[of_ring]
    return DrawnShapes(
        rings=np.bincount(of_shape[large], minlength=len(geometries)),
        points=counts[large],
        places=grid[kept],
    )

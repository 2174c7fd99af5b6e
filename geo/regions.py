"""Regions: polygons that only mark places, with no codes and no names."""

from pathlib import Path

import geopandas as gpd
import shapely

from geo._polygonal import polygonal
from geo._vector_file import read_vector
from geo.errors import BoundaryFileError, GeometryError, MissingCrsError
from geo.polygons import Polygons


def read_regions(path: Path, *, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read polygons of any format that `geo.boundaries.read_units` reads, zipped too, repaired.

    Parameters
    ----------
    path : Path
        A file, or one in a zip archive.
    layer : str, optional
        Where the file has several.

    Returns
    -------
    GeoDataFrame
        The polygons alone, with their CRS.

    Raises
    ------
    BoundaryFileError
        If the file cannot be read, is empty, or its archive is hostile.
    MissingCrsError
        If it does not say its CRS.
    GeometryError
        If it holds something else than polygons.
    """
    read = read_vector(path, layer=layer, pick=lambda _: [])
    shapes = read.geometry.geometries() if isinstance(read.geometry, Polygons) else read.geometry
    if shapes is None or len(shapes) == 0:
        raise BoundaryFileError(
            str(path), expected="at least one polygon", found="none", hint="name another file"
        )
    if read.crs is None:
        raise MissingCrsError(
            str(path),
            expected="a coordinate reference system",
            found="none",
            hint="declare it in the file, for example with a .prj",
        )
    whole = shapely.make_valid(shapely.force_2d(shapes))
    wrong = ~(shapely.area(whole) > 0.0)
    if wrong.any():
        raise GeometryError(
            f"{path}, feature {int(wrong.argmax()) + 1}",
            expected="polygons with an area",
            found=f"{int(wrong.sum())} features without one",
            hint="remove points and lines, or buffer them",
        )
    # Polygons of a collection may overlap.
    united = shapely.union_all(polygonal(whole)[:, None], axis=1)
    return gpd.GeoDataFrame(geometry=united, crs=read.crs)

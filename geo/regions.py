"""Regions: polygons that only mark places, with no codes and no names."""

from pathlib import Path

import geopandas as gpd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from geo._polygonal import polygonal
from geo.errors import BoundaryFileError, GeometryError, MissingCrsError


def read_regions(path: Path, *, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read polygons of any vector format, repaired.

    Parameters
    ----------
    path : Path
    layer : str, optional
        Where the file has several.

    Returns
    -------
    GeoDataFrame
        The polygons alone, with their CRS.

    Raises
    ------
    BoundaryFileError
        If the file cannot be read, or is empty.
    MissingCrsError
        If it does not say its CRS.
    GeometryError
        If it holds something else than polygons.
    """
    try:
        table = pyogrio.read_dataframe(path, layer=layer, columns=[])
    except (DataSourceError, DataLayerError, OSError, ValueError) as error:
        raise BoundaryFileError(
            str(path), expected="a file of polygons", found=str(error), hint="correct the path"
        ) from error
    if table.empty:
        raise BoundaryFileError(
            str(path), expected="at least one polygon", found="none", hint="name another file"
        )
    if table.crs is None:
        raise MissingCrsError(
            str(path),
            expected="a coordinate reference system",
            found="none",
            hint="declare it in the file, for example with a .prj",
        )
    shapes = shapely.make_valid(shapely.force_2d(table.geometry.to_numpy()))
    wrong = ~(shapely.area(shapes) > 0.0)
    if wrong.any():
        raise GeometryError(
            f"{path}, feature {int(wrong.argmax())}",
            expected="polygons with an area",
            found=f"{int(wrong.sum())} features without one",
            hint="remove points and lines, or buffer them",
        )
    # Polygons of a collection may overlap.
    united = shapely.union_all(polygonal(shapes)[:, None], axis=1)
    return gpd.GeoDataFrame(geometry=united, crs=table.crs)

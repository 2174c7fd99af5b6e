"""What of geometries has an area: overlays and repairs also leave points and lines."""

import numpy as np
import shapely

from geo.rings import Geometries

COLLECTIONS = shapely.GeometryType.MULTIPOINT
"""The first kind of geometry that is made of others."""


def polygonal(shapes: Geometries) -> Geometries:
    """The polygons of geometries.

    Parameters
    ----------
    shapes : object array of shapely geometries, (n,)
        Of any kind, also collections in collections.

    Returns
    -------
    object array of shapely MultiPolygon, (n,)
        The polygons as they are, not united; empty where there is none.
    """
    parts, owner = shapely.get_parts(shapes, return_index=True)
    while (shapely.get_type_id(parts) >= COLLECTIONS).any():
        parts, inside = shapely.get_parts(parts, return_index=True)
        owner = owner[inside]
    areal = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    result: Geometries = np.full(len(shapes), shapely.MultiPolygon(), dtype=object)
    if areal.any():
        shapely.multipolygons(parts[areal], indices=owner[areal], out=result)
    return result

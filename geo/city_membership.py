"""City membership: how much of each unit lies inside the polygon of the city it is coded to."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import shapely

from geo.rings import Floats, Geometries, Ints
from geo.threads import in_threads, processors

MARGIN = 0.0123456789


def share_inside(
    shapes: Geometries, cities: Sequence[str], outlines: Geometries, names: Sequence[str]
) -> pd.DataFrame:
    """Compare units with the outlines of cities.

    Parameters
    ----------
    shapes : array of shapely polygons, (n_units,)
        Valid, with area.
    cities : sequence of str, (n_units,)
        The city each unit is coded to.
    outlines : array of shapely polygons, (n_cities,)
        In the same plane.
    names : sequence of str, (n_cities,)
        What city each outline is, each once.

    Returns
    -------
    pandas.DataFrame
        A row for each unit: ``inside``, the share of its area (in the plane) inside its own city,
        NaN where that city has no outline; ``lies_in``, the city that holds a point inside the
        unit, ``""`` if none does.
    """
    place = {name: position for position, name in enumerate(names)}
    own = np.array([place.get(city, -1) for city in cities], dtype=np.int64)
    inside = np.full(len(shapes), np.nan)
    order = np.argsort(own, kind="stable")
    members = np.split(order, np.searchsorted(own[order], np.arange(len(names))))

    def fill(city: int) -> None:
        units = members[city + 1]
        inside[units] = _shares(shapes[units], outlines[city])

    # A city a thread: what GEOS prepares of an outline must not be used by two at once.
    in_threads(fill, range(len(names)), processors())
    return pd.DataFrame({"inside": inside, "lies_in": _lies_in(shapes, outlines, names)})


def _shares(shapes: Geometries, outline: shapely.Geometry) -> Floats:
    """(n,) share of each polygon's area inside an outline."""
    shapely.prepare(outline)
    rest: Ints = np.flatnonzero(~shapely.covers(outline, shapes))
    shapely.destroy_prepared(outline)
    result = np.ones(len(shapes))
    for row in rest.tolist():
        # Most of a city is far from any one unit: what is near is cut out of it first.
        near = shapely.clip_by_rect(outline, *_around(shapes[row]))
        whole = near if shapely.is_valid(near) else outline
        result[row] = shapely.area(shapely.intersection(shapes[row], whole))
    result[rest] /= shapely.area(shapes[rest])
    return result


def _around(shape: shapely.Geometry) -> Floats:
    """(4,) a rectangle round a polygon, at an odd distance: corners on it would mislead GEOS."""
    x_min, y_min, x_max, y_max = shapely.bounds(shape)
    width, height = MARGIN * (x_max - x_min), MARGIN * (y_max - y_min)
    return np.array([x_min - width, y_min - height, x_max + width, y_max + height])


def _lies_in(shapes: Geometries, outlines: Geometries, names: Sequence[str]) -> list[str]:
    """(n,) the first outline that holds a point inside each polygon."""
    points = shapely.point_on_surface(shapes)
    point, outline = shapely.STRtree(outlines).query(points, predicate="intersects")
    found = [""] * len(shapes)
    for at, city in zip(point[::-1].tolist(), outline[::-1].tolist(), strict=True):
        found[at] = names[city]
    return found

"""What of geometries has an area."""

import geopandas as gpd
import numpy as np
import shapely
from shapely import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from geo._polygonal import polygonal
from geo.regions import read_regions

ONE, TWO = box(0, 0, 1, 1), box(2, 0, 3, 1)
LINE = LineString([(5, 5), (6, 6)])


def test_polygons_of_every_kind_of_geometry() -> None:
    shapes = {
        ONE: [ONE],
        MultiPolygon([ONE, TWO]): [ONE, TWO],
        GeometryCollection([LINE, TWO, Point(1, 1)]): [TWO],
        GeometryCollection([GeometryCollection([MultiPolygon([ONE, TWO])]), LINE]): [ONE, TWO],
        LINE: [],
        Polygon(): [],
        GeometryCollection(): [],
    }
    found = polygonal(np.array(list(shapes), dtype=object))
    assert {one.geom_type for one in found} == {"MultiPolygon"}
    assert [list(one.geoms) for one in found] == list(shapes.values())
    assert len(polygonal(np.empty(0, dtype=object))) == 0


def test_regions_are_the_union_of_the_polygons_of_a_collection(tmp_path) -> None:
    nested = GeometryCollection([box(0, 0, 2, 1), GeometryCollection([box(1, 0, 3, 1), LINE])])
    path = tmp_path / "regions.geojson"
    gpd.GeoDataFrame(geometry=[nested], crs="EPSG:4326").to_file(path)
    (found,) = read_regions(path).geometry
    assert shapely.equals(found, box(0, 0, 3, 1))

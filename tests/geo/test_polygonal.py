"""What of geometries has an area."""

import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from geo._polygonal import polygonal
from geo.errors import BoundaryFileError
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


def test_regions_are_read_as_units_are_from_archives_and_refused_alike(tmp_path) -> None:
    table = gpd.GeoDataFrame({"name": ["长沙市"]}, geometry=[ONE], crs="EPSG:4326")
    folder = tmp_path / "shapes"
    folder.mkdir()
    table.to_file(folder / "regions.shp", encoding="gbk")
    (folder / "regions.cpg").write_text("UTF-8")  # columns that nobody asks for are not decoded
    archive = shutil.make_archive(str(tmp_path / "regions"), "zip", folder)
    (found,) = read_regions(Path(archive)).geometry
    assert shapely.equals(found, ONE)
    hostile = tmp_path / "hostile.zip"
    with zipfile.ZipFile(hostile, "w") as made:
        made.writestr("../regions.geojson", table.to_json())
    with pytest.raises(BoundaryFileError, match=r"\.\./regions\.geojson"):
        read_regions(hostile)
    with pytest.raises(BoundaryFileError, match=r"nothing\.gpkg"):
        read_regions(tmp_path / "nothing.gpkg")

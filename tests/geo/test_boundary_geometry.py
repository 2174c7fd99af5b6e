"""Geometry of units: repaired with an audit row, or refused by unit."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box

from geo.boundaries import Units, make_units
from geo.errors import GeometryError, NightpanelError

PLANE = "EPSG:32650"


def drawn(*geometries: shapely.Geometry | None, crs: str = PLANE) -> gpd.GeoDataFrame:
    codes = [f"u{i}" for i in range(len(geometries))]
    return gpd.GeoDataFrame({"code": codes}, geometry=list(geometries), crs=crs)


def units_of(*geometries: shapely.Geometry | None, crs: str = PLANE) -> Units:
    return make_units(drawn(*geometries, crs=crs), unit_id="code", city_id="code")


def rules(units: Units) -> list[str]:
    return [row.rule for row in units.audit]


def line_of(error: pytest.ExceptionInfo[NightpanelError], *parts: object) -> None:
    line = str(error.value)
    assert "\n" not in line
    for part in parts:
        assert str(part) in line


def test_input_is_left_as_it_is() -> None:
    table = drawn(Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]), shapely.force_3d(box(0, 0, 1, 1)))
    before = table.copy(deep=True)
    make_units(table, unit_id="code", city_id="code")
    assert list(table.columns) == list(before.columns)
    assert [g.wkb for g in table.geometry] == [g.wkb for g in before.geometry]


BOW_TIE = Polygon([(0, 0), (2000, 2000), (2000, 0), (0, 2000)])
OVERLAPPING = MultiPolygon([box(0, 0, 2000, 2000), box(1000, 1000, 3000, 3000)])
SPIKED = Polygon([(0, 0), (2000, 0), (2000, 2000), (2000, 5000), (2000, 2000), (0, 2000)])


@pytest.mark.parametrize(("broken", "area_m2"), [(BOW_TIE, 2e6), (OVERLAPPING, 7e6), (SPIKED, 4e6)])
def test_invalid_geometry_is_repaired(broken: shapely.Geometry, area_m2: float) -> None:
    shift = shapely.transform(broken, lambda xy: xy + np.array([5e5, 25e5]))
    units = units_of(box(5e5, 25e5, 501e3, 2501e3), shift)
    mended = units.table.geometry.iloc[1]
    assert mended.is_valid
    assert mended.geom_type in {"Polygon", "MultiPolygon"}
    assert mended.area == pytest.approx(area_m2)
    (row,) = units.audit
    assert (row.rule, row.subject) == ("repaired_geometry", "table, unit 'u1'")
    after = float(row.detail.split("km2 as drawn, ")[1].split(" km2 repaired")[0])
    assert (row.file, row.row) == ("table", 2)
    assert row.new == f"{float(row.new.split()[0]):.9g} km2"
    assert float(row.new.split()[0]) == pytest.approx(after, rel=1e-5)
    assert f"geodesic area {float(row.old.split()[0]):.6g} km2 as drawn" in row.detail
    # On the central meridian this plane's scale is 0.9996.
    assert after == pytest.approx(area_m2 / 1e6 / 0.9996**2, rel=1e-5)


def test_exactly_the_invalid_units_are_repaired() -> None:
    """Many units, so that several threads look at them; kinds that are told in different ways."""
    outside = Polygon(box(0, 0, 1000, 1000).exterior, [box(2000, 0, 2500, 500).exterior])
    kinds = [
        box(0, 0, 1000, 1000),
        BOW_TIE,
        box(0, 0, 1000, 1000) - box(200, 200, 400, 400),
        outside,
        MultiPolygon([box(0, 0, 1, 1), box(2, 2, 3, 3)]),
        OVERLAPPING,
        MultiPolygon([SPIKED]),
        Point(0, 0).buffer(5000.0, quad_segs=100),
    ]
    broken = [False, True, False, True, False, True, True, False]
    rng = np.random.default_rng(2)
    order = rng.integers(0, len(kinds), 3000)
    units = units_of(*(kinds[k] for k in order))
    told = [int(row.subject.split("'u")[1].rstrip("'")) for row in units.audit]
    assert rules(units) == ["repaired_geometry"] * len(told)
    assert told == [place for place, k in enumerate(order) if broken[k]]
    kept = [place for place, k in enumerate(order) if not broken[k]]
    got = units.table.geometry.to_numpy()[kept]
    assert [g.wkb for g in got] == [kinds[order[place]].wkb for place in kept]


def test_collection_keeps_its_polygons() -> None:
    inner = shapely.GeometryCollection([box(5, 5, 6, 6), Point(9, 9)])
    collection = shapely.GeometryCollection(
        [MultiPolygon([box(0, 0, 1, 1), box(2, 2, 3, 3)]), LineString([(0, 0), (9, 9)]), inner]
    )
    units = units_of(collection)
    assert units.table.geometry.iloc[0].geom_type == "MultiPolygon"
    assert units.table.geometry.iloc[0].area == pytest.approx(3.0)
    (row,) = units.audit
    assert (row.rule, row.subject) == ("cut_collection", "table, unit 'u0'")
    assert row.detail == "polygons kept: 3; dropped: 1 LineString, 1 Point"
    assert (row.file, row.row, row.old, row.new) == (
        "table", 1, "GeometryCollection", "MultiPolygon",
    )  # fmt: skip


def test_collection_of_overlapping_polygons_is_united() -> None:
    units = units_of(shapely.GeometryCollection([box(0, 0, 2, 2), box(1, 1, 3, 3)]))
    assert units.table.geometry.iloc[0].area == pytest.approx(7.0)
    assert rules(units) == ["cut_collection", "repaired_geometry"]


def test_third_and_measured_coordinates_are_dropped() -> None:
    measured = shapely.from_wkt("POLYGON M ((0 0 7, 1 0 7, 1 1 7, 0 0 7))")
    units = units_of(shapely.force_3d(box(0, 0, 1, 1), 5.0), box(2, 2, 3, 3), measured)
    assert (shapely.get_coordinate_dimension(units.table.geometry.to_numpy()) == 2).all()
    (row,) = units.audit
    assert (row.rule, row.count) == ("forced_2d", 2)


@pytest.mark.parametrize(
    ("geometry", "found"),
    [
        (None, "no geometry"),
        (Polygon(), "no geometry"),
        (MultiPolygon(), "no geometry"),
        (Point(0, 0), "a Point"),
        (LineString([(0, 0), (1, 1)]), "a LineString"),
        (shapely.GeometryCollection([Point(0, 0)]), "even after repair"),
        (Polygon([(0, 0), (1, 1), (0, 0)]), "even after repair"),
        (Polygon([(0, 0), (1, 0), (float("inf"), 1)]), "inf"),
    ],
)
def test_geometry_that_cannot_be_used(geometry: shapely.Geometry | None, found: str) -> None:
    with pytest.raises(GeometryError) as error:
        units_of(box(0, 0, 1, 1), geometry)
    line_of(error, "table", "unit 'u1'", found)


def test_how_many_geometries_are_wrong() -> None:
    with pytest.raises(GeometryError, match="the first of 2 such units"):
        units_of(box(0, 0, 1, 1), Point(0, 0), Point(1, 1))


def test_metres_declared_as_degrees() -> None:
    with pytest.raises(GeometryError) as error:
        units_of(box(110, 23, 111, 24), box(500_000, 23, 500_001, 24), crs="EPSG:4326")
    line_of(error, "unit 'u1'", "500001", "WGS 84")
    with pytest.raises(GeometryError):
        units_of(box(23, 110, 24, 111), crs="EPSG:4326")


corners = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=3, max_size=9)


@given(corners)
def test_repair_gives_valid_polygons_inside_the_drawing(points: list[tuple[int, int]]) -> None:
    drawing = shapely.transform(Polygon(points), lambda xy: xy * 1e3 + np.array([5e5, 25e5]))
    try:
        units = units_of(drawing)
    except GeometryError:
        # Only a drawing whose edges enclose nothing may be refused.
        assert shapely.area(shapely.build_area(shapely.node(drawing.boundary))) == 0.0
        return
    mended = units.table.geometry.iloc[0]
    assert mended.is_valid
    assert mended.geom_type in {"Polygon", "MultiPolygon"}
    assert 0.0 < mended.area <= drawing.convex_hull.area * (1 + 1e-9)
    assert bool(units.audit) == (not drawing.is_valid)
    again = make_units(units.table, unit_id="unit_id", city_id="city_id")
    assert again.audit == ()
    assert again.table.geometry.iloc[0].wkb == mended.wkb


def test_repair_goes_on_until_the_polygon_is_valid() -> None:
    # One round of make_valid leaves two lobes that overlap along a line here.
    points = np.array([(3, 0), (4, 0), (5, 3), (3, 0), (0, 0), (7, 6)])
    units = units_of(Polygon(points * 1e3 + np.array([5e5, 25e5])))
    assert units.table.geometry.iloc[0].is_valid
    assert units.table.geometry.iloc[0].area == pytest.approx(10.5e6)

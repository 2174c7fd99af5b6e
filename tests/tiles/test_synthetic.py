"""The made-up country: its geography holds together, and the truth comes out of its light."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from exactextract import exact_extract
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pyproj import CRS

from geo.coverage import coverage
from geo.grid import Grid
from tiles.synthetic import PaintedCountry, paint_country
from tiles.synthetic_means import designed_gini, gini_of_rows, unit_means
from tiles.synthetic_paint import make_canvas, measured_means
from tiles.synthetic_units import draw_units

CITIES = ("0101", "0102", "0103", "0104")
YEARS = (2012, 2013, 2014)
GINI = [[0.15, 0.30, 0.22], [0.40, 0.38, 0.45], [0.62, 0.60, 0.66], [0.33, 0.52, 0.12]]
PLANE = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +datum=WGS84 +units=m"


def designed_table() -> pd.DataFrame:
    rows = [(c, y, GINI[i][k]) for i, c in enumerate(CITIES) for k, y in enumerate(YEARS)]
    return pd.DataFrame(rows, columns=["city_id", "year", "gini"])


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> PaintedCountry:
    return paint_country(designed_table(), folder=tmp_path_factory.mktemp("country"), seed=7)


@pytest.fixture(scope="module")
def units(country: PaintedCountry) -> gpd.GeoDataFrame:
    return gpd.read_file(country.units_file)


@pytest.fixture(scope="module")
def measured(country: PaintedCountry, units: gpd.GeoDataFrame) -> pd.DataFrame:
    """Unit means by exactextract, a program that shares nothing with this one."""
    tables = []
    for year, path in zip(YEARS, country.tiles, strict=True):
        with rasterio.open(path) as tile:
            placed = units.to_crs(tile.crs)
        found = exact_extract(
            str(path),
            placed,
            ["mean"],
            include_cols=["unit_id", "city_id"],
            output="pandas",
        )
        tables.append(found.assign(year=year))
    return pd.concat(tables, ignore_index=True)


def brute_gini(light: list[float]) -> float:
    n = len(light)
    total = sum(abs(a - b) for a in light for b in light)
    return total / (2 * n * n * (sum(light) / n))


def test_designed_gini_comes_out_of_the_light(measured: pd.DataFrame) -> None:
    wanted = designed_table().set_index(["city_id", "year"])["gini"]
    found = measured.groupby(["city_id", "year"])["mean"].agg(lambda m: brute_gini(list(m)))
    assert len(found) == len(CITIES) * len(YEARS)
    np.testing.assert_allclose(found.loc[wanted.index], wanted, rtol=0, atol=1e-4)


def test_designed_unit_means_come_out_of_the_light(
    country: PaintedCountry, measured: pd.DataFrame
) -> None:
    both = country.unit_truth.merge(measured, on=["unit_id", "city_id", "year"], validate="1:1")
    assert len(both) == len(country.unit_truth) == len(measured)
    error = abs(both["mean_x"] - both["mean_y"])
    assert error.max() < 0.5
    assert error.max() == pytest.approx(country.worst_mean_error, abs=1e-4)


def test_truth_has_the_designed_gini_itself(country: PaintedCountry) -> None:
    assert list(country.unit_truth) == ["unit_id", "city_id", "year", "mean"]
    found = country.unit_truth.groupby(["city_id", "year"])["mean"].agg(
        lambda m: brute_gini(list(m))
    )
    wanted = designed_table().set_index(["city_id", "year"])["gini"]
    np.testing.assert_allclose(found.loc[wanted.index], wanted, rtol=0, atol=1e-12)
    assert country.worst_gini_error < 1e-4


def test_tiles_are_integer_dn_and_dark_outside(
    country: PaintedCountry, units: gpd.GeoDataFrame
) -> None:
    for path in country.tiles:
        with rasterio.open(path) as tile:
            light = tile.read(1)
            assert tile.dtypes == ("int8",)
            outline = shapely.transform(
                units.to_crs(tile.crs).geometry.union_all(),
                lambda xy, corner=(tile.transform.c, tile.transform.f): (xy - corner) / (1e3, -1e3),
            )
        assert light.min() == 0
        assert 40 < light.max() <= 63
        col, row = np.meshgrid(np.arange(light.shape[1]), np.arange(light.shape[0]))
        touched = shapely.intersects(outline, shapely.box(col, row, col + 1, row + 1))
        assert 0.3 < touched.mean() < 0.9
        assert (light[~touched] == 0).all()


def test_names_and_nodata_follow_the_product(country: PaintedCountry) -> None:
    assert [path.name for path in country.tiles] == [
        "DMSP2012.tif",
        "DMSP2013.tif",
        "DMSP_like2014.tif",
    ]
    nodata = []
    for path in country.tiles:
        with rasterio.open(path) as tile:
            nodata.append(tile.nodata)
    assert nodata == [None, None, -128.0]


def test_two_grids_shifted_by_a_fraction_of_a_cell(country: PaintedCountry) -> None:
    corners = []
    for path in country.tiles:
        with rasterio.open(path) as tile:
            assert tile.res == (1000.0, 1000.0)
            corners.append((tile.transform.c, tile.transform.f))
    shift = (np.array(corners[1]) - corners[0]) / 1000.0
    assert corners[1] == corners[2]
    assert (abs(shift - np.rint(shift)) > 0.1).all()


def test_units_tile_the_country(units: gpd.GeoDataFrame) -> None:
    shapes = np.asarray(units.geometry)
    assert units.crs == "EPSG:4326"
    assert shapely.is_valid(shapes).all()
    assert set(shapely.get_type_id(shapes)) == {3}
    country = shapely.union_all(shapes)
    assert country.geom_type == "Polygon"
    assert len(country.interiors) == 0
    total = shapely.area(shapes).sum()
    assert total == pytest.approx(country.area, rel=1e-12)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = one < other
    overlap = shapely.area(shapely.intersection(shapes[one[pairs]], shapes[other[pairs]]))
    assert overlap.max() < 1e-9 * total / len(shapes)


def test_neighbours_share_edges_to_the_bit(units: gpd.GeoDataFrame) -> None:
    assert_edges_shared(list(units.geometry))


def assert_edges_shared(shapes: list[shapely.Polygon]) -> None:
    """Every edge belongs to two units or to the coast, which is one ring."""
    count = Counter(edge for shape in shapes for edge in edges_of(shape))
    coast = edges_of(shapely.union_all(shapes))
    assert set(count.values()) == {1, 2}
    assert {edge for edge, times in count.items() if times == 1} == set(coast)


def edges_of(polygon: shapely.Polygon) -> list[tuple[tuple[float, ...], ...]]:
    assert len(polygon.interiors) == 0
    return [tuple(sorted(edge)) for edge in pairwise(polygon.exterior.coords)]


def test_units_are_many_irregular_and_large_enough(units: gpd.GeoDataFrame) -> None:
    n_units = units.groupby("city_id").size()
    assert tuple(n_units.index) == CITIES
    assert n_units.between(15, 40).all()
    plane = units.to_crs(PLANE)
    assert plane.area.min() / 1e6 >= 15.0
    hull_share = plane.area / plane.convex_hull.area
    assert hull_share.max() < 0.99
    assert units["unit_id"].is_unique
    assert (units["unit_id"].str[:4] == units["city_id"]).all()
    assert units["unit_id"].str.len().eq(9).all()
    assert (~units["name"].map(str.isascii)).any()


def test_border_cells_belong_to_several_units(
    country: PaintedCountry, units: gpd.GeoDataFrame
) -> None:
    path = country.tiles[0]
    with rasterio.open(path) as tile:
        placed = units.to_crs(tile.crs)
    found = exact_extract(str(path), placed, ["cell_id"], output="pandas")
    owners = np.bincount(np.concatenate(list(found["cell_id"])))
    assert (owners >= 2).sum() > 0.2 * (owners >= 1).sum()
    assert (owners >= 3).any()


def test_same_seed_same_bytes_and_another_seed_another_country(
    country: PaintedCountry, tmp_path: Path
) -> None:
    shuffled = designed_table().sample(frac=1.0, random_state=1).assign(uil=1.0)
    again = paint_country(shuffled, folder=tmp_path / "again", seed=7)
    other = paint_country(designed_table(), folder=tmp_path / "other", seed=8)
    for first, second in zip(
        (*country.tiles, country.units_file), (*again.tiles, again.units_file), strict=True
    ):
        assert first.name == second.name
        assert first.read_bytes() == second.read_bytes()
    pd.testing.assert_frame_equal(country.unit_truth, again.unit_truth)
    assert country.tiles[0].read_bytes() != other.tiles[0].read_bytes()


def test_repainting_a_folder_replaces_its_files(country: PaintedCountry, tmp_path: Path) -> None:
    paint_country(designed_table(), folder=tmp_path, seed=8)
    again = paint_country(designed_table(), folder=tmp_path, seed=7)
    assert again.units_file.read_bytes() == country.units_file.read_bytes()
    assert len(list(tmp_path.iterdir())) == 1 + len(YEARS)


@pytest.mark.parametrize(("n_cities", "seed"), [(1, 23), (1, 121), (3, 3), (7, 3), (40, 38)])
def test_any_number_of_cities_tiles_its_country(n_cities: int, seed: int) -> None:
    layout = draw_units([f"{9000 + k}" for k in range(n_cities)], seed=seed)
    assert layout.table["city_id"].nunique() == n_cities
    assert layout.table.groupby("city_id").size().between(15, 40).all()
    union = layout.table.geometry.union_all()
    assert union.geom_type == "Polygon"
    assert shapely.area(np.asarray(layout.table.geometry)).sum() == pytest.approx(
        union.area, rel=1e-12
    )
    assert_edges_shared(list(layout.table.geometry))


def test_cities_are_in_one_piece() -> None:
    layout = draw_units([f"{9000 + k}" for k in range(12)], seed=5)
    whole = layout.table.dissolve("city_id").geometry
    assert set(whole.geom_type) == {"Polygon"}


def test_a_missed_design_is_an_error_with_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tiles.synthetic.GINI_TOLERANCE", 1e-12)
    with pytest.raises(RuntimeError, match=r"Gini by \d\.\d+e-0\d \(city 010\d, 201\d; allowed"):
        paint_country(designed_table(), folder=tmp_path, seed=7)


@pytest.mark.parametrize("gini", [0.05, 0.10, 0.75])
def test_extremes_of_the_designed_gini_can_be_painted(gini: float, tmp_path: Path) -> None:
    table = pd.DataFrame({"city_id": ["0101", "0102"], "year": [2015, 2015], "gini": [gini, 0.4]})
    painted = paint_country(table, folder=tmp_path, seed=1)
    assert painted.worst_gini_error < 2e-5
    assert painted.worst_mean_error < 0.5


@pytest.mark.parametrize("gini", [0.0, 0.01, 0.9, 1.2, -0.1])
def test_an_impossible_gini_is_refused(gini: float, tmp_path: Path) -> None:
    table = pd.DataFrame({"city_id": ["0101"] * 2, "year": [2015, 2016], "gini": [0.4, gini]})
    with pytest.raises(ValueError, match=r"city 0101, 2016: designed Gini -?\d\.\d+ cannot"):
        paint_country(table, folder=tmp_path / "none", seed=1)
    assert not (tmp_path / "none").exists()


def test_a_table_that_is_not_full_is_refused() -> None:
    table = designed_table()
    with pytest.raises(ValueError, match=r"no finite Gini for city 0104 in 2014"):
        designed_gini(table.iloc[:-1])
    with pytest.raises(ValueError, match=r"city 0101 in 2012 more than once"):
        designed_gini(pd.concat([table, table.iloc[:1]]))
    with pytest.raises(ValueError, match=r"city_id as text"):
        designed_gini(table.assign(city_id=table["city_id"].astype(int)))
    with pytest.raises(ValueError, match=r"missing columns: \['gini'\]"):
        designed_gini(table.drop(columns="gini"))
    with pytest.raises(ValueError, match=r"no finite Gini for city 0101 in 2012"):
        designed_gini(table.assign(gini=np.nan))


def test_unit_means_are_bright_at_the_core_and_stay_in_bounds() -> None:
    goal = designed_gini(designed_table())
    layout = draw_units(goal.city_ids, seed=2)
    city = np.searchsorted(goal.city_ids, layout.table["city_id"]).astype(np.int64)
    means = unit_means(goal, city=city, centres=layout.centres, seed=2)
    assert means.min() >= 0.2 - 1e-12
    assert means.max() <= 48.0 + 1e-12
    for i in range(len(CITIES)):
        own = layout.centres[city == i]
        distance = np.hypot(*(own - own.mean(axis=0)).T)
        assert np.corrcoef(distance, means[city == i, 0])[0, 1] < -0.4


@given(
    light=arrays(np.float64, (3, 6), elements=st.floats(0.01, 63.0)),
)
def test_gini_of_rows_is_equation_1(light: np.ndarray) -> None:
    wanted = [brute_gini(list(row)) for row in light]
    np.testing.assert_allclose(gini_of_rows(light), wanted, rtol=0, atol=1e-12)


@given(gini=st.lists(st.floats(0.02, 0.7), min_size=2, max_size=4), seed=st.integers(0, 99))
def test_unit_means_have_the_designed_gini(gini: list[float], seed: int) -> None:
    table = pd.DataFrame({"city_id": "0101", "year": range(2011, 2011 + len(gini)), "gini": gini})
    centres = np.random.default_rng(seed).uniform(-20.0, 20.0, size=(15 + seed % 26, 2))
    city = np.zeros(len(centres), dtype=np.int64)
    means = unit_means(designed_gini(table), city=city, centres=centres, seed=seed)
    assert means.shape == (len(centres), len(gini))
    np.testing.assert_allclose(
        [brute_gini(list(column)) for column in means.T], gini, rtol=0, atol=1e-12
    )


def test_canvas_of_a_strip_by_hand() -> None:
    # Cells 1 to 4 of a row of 6; units of 1.5, 1.5 and 0.5 cells; the last is the second city.
    grid = Grid(crs=CRS.from_user_input(PLANE), transform=(1e3, 0, 0, 0, -1e3, 1e3), shape=(1, 6))
    strip = [shapely.box(a * 1e3, 0, b * 1e3, 1e3) for a, b in ((1, 2.5), (2.5, 4), (4, 4.5))]
    canvas = make_canvas(coverage(strip, grid), city=np.array([0, 0, 1]))
    assert canvas.covered.tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(canvas.inside, [1, 1, 1, 0.5], rtol=1e-12)
    assert [own.cell.tolist() for own in canvas.cities] == [[0, 1, 2], [3]]
    tile = np.array([[9, 30, 12, 6, 7, 9]], dtype=np.int8)
    np.testing.assert_allclose(measured_means(canvas, tile), [24.0, 8.0, 7.0], rtol=1e-12)


def test_gini_of_rows_by_hand() -> None:
    # Equal light: 0. One lit unit of four: 3/4. (1, 3): (2 + 2) / (2 * 4 * 2) = 1/4.
    assert gini_of_rows(np.array([[2.0, 2.0, 2.0, 2.0]]))[0] == 0.0
    assert gini_of_rows(np.array([[0.0, 5.0, 0.0, 0.0]]))[0] == pytest.approx(0.75, abs=1e-15)
    assert gini_of_rows(np.array([[3.0, 1.0]]))[0] == pytest.approx(0.25, abs=1e-15)

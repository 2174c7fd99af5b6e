"""Coverage of real units on the real grids of China's light, against two oracles."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from pyproj import CRS

from geo.boundaries import read_units
from geo.coverage import Coverage, coverage
from geo.grid import Grid
from geo.reproject import to_grid

pytestmark = pytest.mark.real

EXACTEXTRACT_TOLERANCE = 1e-6
"""exactextract computes coverage in single precision."""
EVERY = 12
"""exactextract sees every twelfth county; all are checked by their area."""


def real_grid(data_dir: Path, name: str) -> Grid:
    with rasterio.open(data_dir / "raster" / "china_dmsplike" / name) as tile:
        crs, transform, shape = CRS(tile.crs.to_wkt()), tuple(tile.transform)[:6], tile.shape
    return Grid.checked(crs=crs, transform=transform, shape=shape, where=name)


@pytest.fixture(scope="module")
def grid_2018(data_dir: Path) -> Grid:
    return real_grid(data_dir, "DMSP-like2018.tif")


@pytest.fixture(scope="module")
def grid_2020(data_dir: Path) -> Grid:
    return real_grid(data_dir, "DMSP-like2020.tif")


@pytest.fixture(scope="module")
def counties(data_dir: Path) -> gpd.GeoDataFrame:
    path = data_dir / "polygons" / "china" / "china_counties_mapchina.gpkg"
    return read_units(path, unit_id="Code_County", city_id="Code_Perfecture").table


@pytest.fixture(scope="module")
def townships(data_dir: Path) -> gpd.GeoDataFrame:
    path = data_dir / "polygons" / "guigang" / "guigang_townships.json"
    return read_units(path, unit_id="code", city_id="code:4").table


def assert_equals_exactextract(geometries, result: Coverage) -> None:
    indptr, cells, weights = result.csr()
    grid = result.grid
    raster = NumPyRasterSource(np.zeros(grid.shape, np.int8), *grid.bounds, srs_wkt=grid.crs_wkt)
    numbers = {"unit": np.arange(len(geometries))}
    table = exact_extract(
        raster,
        gpd.GeoDataFrame(numbers, geometry=list(geometries), crs=grid.crs),
        ["cell_id", "coverage"],
        include_cols=["unit"],
        output="pandas",
    ).set_index("unit")
    for unit in range(len(geometries)):
        part = slice(indptr[unit], indptr[unit + 1])
        theirs = np.asarray(table.at[unit, "cell_id"], dtype=np.int64)
        both = np.union1d(theirs, cells[part])
        ours, shares = np.zeros(len(both)), np.zeros(len(both))
        ours[np.searchsorted(both, cells[part])] = weights[part]
        shares[np.searchsorted(both, theirs)] = table.at[unit, "coverage"]
        np.testing.assert_allclose(ours, shares, rtol=0, atol=EXACTEXTRACT_TOLERANCE)


def test_no_county_is_flagged(counties, grid_2018, grid_2020):
    assert grid_2018 != grid_2020
    assert len(counties) == 2901
    for grid in (grid_2018, grid_2020):
        result = coverage(to_grid(counties, grid), grid)
        assert not result.mismatch.any(), np.flatnonzero(result.mismatch)
        assert (result.polygon_area > 1.0).sum() >= 2900


def test_counties_equal_exactextract(counties, grid_2020):
    geometries = to_grid(counties.iloc[::EVERY], grid_2020)
    assert_equals_exactextract(geometries, coverage(geometries, grid_2020))


def test_townships_equal_exactextract(townships, grid_2020):
    geometries = to_grid(townships, grid_2020)
    assert_equals_exactextract(geometries, coverage(geometries, grid_2020))


def test_townships_equal_geos_in_double_precision(townships, grid_2020):
    geometries = to_grid(townships.iloc[::15], grid_2020)
    result = coverage(geometries, grid_2020)
    indptr, cells, weights = result.csr()
    unit = np.repeat(np.arange(len(geometries)), np.diff(indptr))
    inside = shapely.intersection(geometries[unit], cell_boxes(cells, grid_2020))
    np.testing.assert_allclose(shapely.area(inside) / 1e6, weights, rtol=0, atol=1e-9)


def test_townships_share_out_the_city_once(townships, grid_2020):
    geometries = to_grid(townships, grid_2020)
    result = coverage(geometries, grid_2020)
    _, cells, weights = result.csr()
    sums = np.bincount(cells, weights=weights)
    cells = np.flatnonzero(sums)
    city = shapely.union_all(geometries)
    shapely.prepare(city)
    interior = shapely.contains_properly(city, cell_boxes(cells, grid_2020))
    assert interior.sum() > 10_000
    np.testing.assert_allclose(sums[cells[interior]], 1.0, rtol=0, atol=1e-9)
    np.testing.assert_allclose(sums.sum() * 1e6, city.area, rtol=1e-9)


def cell_boxes(cells: np.ndarray, grid: Grid) -> np.ndarray:
    """Cells of a north-up grid as polygons."""
    width, _, left, _, height, top = grid.transform
    row, col = np.divmod(cells, grid.shape[1])
    x, y = left + width * col, top + height * row
    return np.asarray(shapely.box(x, y + height, x + width, y))

"""Zonal light against independent answers: cell by cell, exactextract, geodesics."""

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from exactextract import exact_extract
from numpy.typing import NDArray
from pyproj import Geod
from rasterio.transform import Affine
from shapely import box

from geo.errors import (
    GridError,
)
from tests.tiles.helpers import MakeUnits, RandomUnits, WriteTile, run, value_of

# ---------------------------------------------------------------- geodesic cell areas


def polygon_area_km2(west: float, east: float, south: float, north: float) -> float:
    """Area between parallels and meridians by geodesics so short that they follow the parallel."""
    along = np.linspace(west, east, 4001)
    lon = np.concatenate([along, along[::-1]])
    lat = np.concatenate([np.full(4001, south), np.full(4001, north)])
    return abs(Geod(ellps="WGS84").polygon_area_perimeter(lon, lat)[0]) / 1e6


def test_geodesic_weights(write_tile: WriteTile, units_of: MakeUnits) -> None:
    transform = Affine(20.0, 0.0, 100.0, 0.0, -20.0, 60.0)
    path = write_tile([[10], [40]], transform=transform, crs="EPSG:4326")
    units = units_of({"a": box(100, 20, 120, 60), "b": box(100, 20, 110, 60)}, crs="EPSG:4326")
    north, south = polygon_area_km2(100, 120, 40, 60), polygon_area_km2(100, 120, 20, 40)
    result = run(units, path, cell_area="geodesic")
    mean = (10 * north + 40 * south) / (north + south)
    assert value_of(result, "a", "mean") == pytest.approx(mean, rel=1e-7)
    assert value_of(result, "b", "mean") == pytest.approx(mean, rel=1e-7)
    assert value_of(result, "a", "sum") == pytest.approx(10 * north + 40 * south, rel=1e-7)
    assert value_of(result, "b", "n_cells") == 1.0
    planar = run(units, path)
    assert value_of(planar, "a", "mean") == 25.0


def test_cells_cover_the_whole_earth(write_tile: WriteTile, units_of: MakeUnits) -> None:
    transform = Affine(10.0, 0.0, -180.0, 0.0, -10.0, 90.0)
    path = write_tile(np.ones((18, 36)), transform=transform, crs="EPSG:4326")
    units = units_of({"a": box(-180, -90, 180, 90)}, crs="EPSG:4326")
    result = run(units, path, cell_area="geodesic")
    assert value_of(result, "a", "sum") == pytest.approx(510065621.724, rel=1e-9)


def test_geodesic_on_a_projected_grid(write_tile: WriteTile, units_of: MakeUnits) -> None:
    with pytest.raises(
        GridError, match=r"DMSP-like2015\.tif.*planar, which is meant for equal-area"
    ):
        run(units_of({"a": box(0, 0, 10, 10)}), write_tile([[1]]), cell_area="geodesic")


# ---------------------------------------------------------------- independent answers


def naive(values: NDArray[Any], polygon: Any) -> dict[str, float]:
    """All statistics of one unit by intersecting it with one cell after the other."""
    rows, cols = values.shape
    covered = valid = light = lit = saturated = 0.0
    for row in range(rows):
        for col in range(cols):
            cell = box(10 * col, 10 * (rows - row - 1), 10 * col + 10, 10 * (rows - row))
            share, value = polygon.intersection(cell).area / 100, int(values[row, col])
            covered += share
            if value != -128:
                valid += share
                light += share * value
                lit += share * (value > 0)
                saturated += share * (value >= 63)
    return {
        "mean": light / valid,
        "sum": light,
        "valid_share": valid / covered,
        "lit_share": lit / valid,
        "saturated_share": saturated / valid,
        "n_cells": valid,
    }


@pytest.mark.parametrize("seed", range(4))
def test_against_cell_by_cell_intersections(
    write_tile: WriteTile, units_of: MakeUnits, random_units: RandomUnits, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.choice([-128, 0, 0, 7, 30, 63], size=(9, 12))
    polygons = random_units(rng, 6, 120, 90)
    result = run(units_of(polygons), write_tile(values), threads=2)
    for unit, polygon in polygons.items():
        for statistic, expected in naive(values, polygon).items():
            found = value_of(result, unit, statistic)
            assert found == pytest.approx(expected, rel=1e-9, abs=1e-12), (unit, statistic)


def test_against_exactextract(
    write_tile: WriteTile, units_of: MakeUnits, random_units: RandomUnits
) -> None:
    rng = np.random.default_rng(7)
    values = rng.gamma(0.5, 8.0, size=(60, 80)).clip(0, 63)
    values[rng.random(values.shape) < 0.1] = -128
    polygons = random_units(rng, 25, 800, 600)
    path = write_tile(values, dtype="float32", nodata=-128)
    table = run(units_of(polygons), path).unit_years
    with rasterio.open(path) as tile:
        frame = gpd.GeoDataFrame(geometry=list(polygons.values()), crs=tile.crs)
        oracle = exact_extract(tile, frame, ["mean", "count", "sum"], output="pandas")
    np.testing.assert_allclose(table["mean"], oracle["mean"], rtol=1e-6)
    np.testing.assert_allclose(table["n_cells"], oracle["count"], rtol=1e-6)
    np.testing.assert_allclose(table["sum"], oracle["sum"], rtol=1e-6)

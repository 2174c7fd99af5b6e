"""Tiles summed together: the bits of each alone, whatever is wrong with another."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasterio.transform import Affine
from shapely import box

import tiles.together
from geo.boundaries import Units
from geo.coverage import coverage
from geo.errors import ContractError, TileChangedError
from geo.stripes import STRIPE_ROWS
from tests.tiles.helpers import MakeUnits, RandomUnits, WriteTile
from tiles.catalog import read_catalog
from tiles.sums import StripeSums, sum_stripe
from tiles.tile import Tile
from tiles.together import TOGETHER, groups, sum_stripes
from tiles.zonal import zonal

ROWS, COLS = STRIPE_ROWS + 60, 40


@pytest.fixture
def units(units_of: MakeUnits, random_units: RandomUnits) -> Units:
    polygons = random_units(np.random.default_rng(5), 15, 10 * COLS, 10 * ROWS)
    return units_of(polygons | {"all": box(0, 0, 10 * COLS, 10 * ROWS)})


def lights(year: int, dtype: str) -> Any:
    """Light that saturates here and there, and is dark here and there."""
    values = np.random.default_rng(year).gamma(0.4, 30.0, size=(ROWS, COLS)).clip(0, 63)
    return np.where(values < 2.0, 0.0, values).astype(dtype)


@pytest.fixture(params=["float32", "uint8", "float64"])
def years(request: pytest.FixtureRequest, write_tile: WriteTile) -> list[Path]:
    """Six tiles of one type, so that four go together and two alone."""
    return [
        write_tile(lights(year, request.param), f"DMSP{year}.tif", dtype=request.param)
        for year in range(2000, 2006)
    ]


def opened(paths: list[Path]) -> list[Tile]:
    return list(read_catalog(paths).tiles)


def assert_alone(found: object, part: Any, tile: Tile) -> None:
    alone = sum_stripe(part, tile)
    assert isinstance(found, StripeSums)
    assert found.sums.tobytes() == alone.sums.tobytes()
    assert found.breaches == alone.breaches


def test_each_has_the_bits_it_has_alone(years: list[Path], units: Units) -> None:
    some = opened(years)[:TOGETHER]
    for part in coverage(units.polygons.rings, some[0].grid).stripes:
        for found, tile in zip(sum_stripes(part, tiles=some), some, strict=True):
            assert_alone(found, part, tile)


def test_the_quick_loop_is_the_one_that_is_tested(
    years: list[Path], units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[int] = []
    real = tiles.together.add_observed_four

    def counted(*arrays: Any) -> None:
        called.append(1)
        real(*arrays)

    monkeypatch.setattr(tiles.together, "add_observed_four", counted)
    together = zonal(units, read_catalog(years), threads=2)
    assert len(called) == 2  # one set of four, on two stripes
    monkeypatch.setattr(tiles.together, "BYTES_TOGETHER", 0)
    alone = zonal(units, read_catalog(years), threads=2)
    assert len(called) == 2
    assert together.unit_years.equals(alone.unit_years)


@pytest.mark.parametrize("bad", range(TOGETHER))
def test_fill_in_one_leaves_the_others_alone(write_tile: WriteTile, units: Units, bad: int) -> None:
    paths = []
    for k in range(TOGETHER):
        values = lights(2000 + k, "float32")
        if k == bad:
            values[5:9, 3:30] = np.nan
        paths.append(write_tile(values, f"DMSP{2000 + k}.tif", dtype="float32"))
    some = opened(paths)
    for part in coverage(units.polygons.rings, some[0].grid).stripes:
        for found, tile in zip(sum_stripes(part, tiles=some), some, strict=True):
            assert_alone(found, part, tile)


def test_a_breach_in_one_is_found_and_is_its_own(write_tile: WriteTile, units: Units) -> None:
    paths = []
    for k in range(TOGETHER):
        values = lights(2000 + k, "float32")
        values[7, 11] = 64.5 if k == 2 else 1.0
        paths.append(write_tile(values, f"DMSP{2000 + k}.tif", dtype="float32"))
    with pytest.raises(ContractError, match=r"DMSP2002\.tif.*row 7, column 11"):
        zonal(units, read_catalog(paths))


def test_an_error_of_one_does_not_lose_the_others(years: list[Path], units: Units) -> None:
    some = opened(years)[:TOGETHER]
    years[1].write_bytes(b"no raster")
    (part, *_) = coverage(units.polygons.rings, some[0].grid).stripes
    found = sum_stripes(part, tiles=some)
    assert isinstance(found[1], TileChangedError)
    for k in (0, 2, 3):
        assert_alone(found[k], part, some[k])


def test_an_error_of_one_that_is_alone_is_raised(years: list[Path], units: Units) -> None:
    (first, *_) = opened(years)
    (part, *_) = coverage(units.polygons.rings, first.grid).stripes
    years[0].write_bytes(b"no raster")
    with pytest.raises(TileChangedError, match=years[0].name):
        sum_stripes(part, tiles=[first])


def test_geodesic_areas_and_few_rows_at_a_time(write_tile: WriteTile, units_of: MakeUnits) -> None:
    degrees = Affine(0.01, 0.0, 110.0, 0.0, -0.01, 30.0)
    paths = [
        write_tile(
            lights(year, "float32"),
            f"DMSP{year}.tif",
            dtype="float32",
            transform=degrees,
            crs="EPSG:4326",
        )
        for year in range(2000, 2004)
    ]
    units = units_of({"a": box(110.013, 24.52, 110.377, 29.981)}, crs="EPSG:4326")
    whole = zonal(units, read_catalog(paths), cell_area="geodesic")
    alone = [zonal(units, read_catalog([path]), cell_area="geodesic") for path in paths]
    pieces = zonal(units, read_catalog(paths), cell_area="geodesic", read_rows=7)
    assert whole.unit_years["sum"].tolist() == [one.unit_years["sum"].item() for one in alone]
    assert whole.unit_years.equals(pieces.unit_years)


def test_sets_are_of_one_product_and_type(write_tile: WriteTile, units: Units) -> None:
    """Sets of four first, then what is left over; each position once."""

    def tile(year: int, dtype: str, name: str = "DMSP{}.tif") -> Tile:
        path = write_tile(lights(year, dtype), name.format(year), dtype=dtype)
        return read_catalog([path]).tiles[0]

    types = ["uint8", "float32", "uint8", "uint8", "float32", "uint8", "uint8"]
    some = [tile(2000 + k, dtype) for k, dtype in enumerate(types)]
    some.append(tile(2012, "uint8", "F18{}.v4c_web.stable_lights.avg_vis.tif"))
    stripes = coverage(units.polygons.rings, some[0].grid).stripes
    found = groups(some, stripes)
    assert found == [[0, 2, 3, 5], [1], [4], [6], [7]]


def test_sets_stay_within_their_memory(
    years: list[Path], units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = opened(years)
    stripes = coverage(units.polygons.rings, some[0].grid).stripes
    bytes_of_four = 4 * STRIPE_ROWS * COLS * np.dtype(some[0].dtype).itemsize
    monkeypatch.setattr(tiles.together, "BYTES_TOGETHER", bytes_of_four)
    assert groups(some, stripes) == [[0, 1, 2, 3], [4], [5]]
    monkeypatch.setattr(tiles.together, "BYTES_TOGETHER", bytes_of_four - 1)
    assert groups(some, stripes) == [[0], [1], [2], [3], [4], [5]]

"""Clips keep the sum of light at each edge rule, and are Cloud-Optimized GeoTIFFs."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from shapely import box

from geo.errors import ContractError, NoOverlapError
from tests.tiles.helpers import MakeUnits, WriteTile
from tiles.catalog import read_catalog
from tiles.clip import Edge, clip
from tiles.zonal import zonal


@pytest.fixture
def light() -> Any:
    values = np.random.default_rng(3).integers(0, 64, size=(60, 80))
    values[5, 5] = -128
    return values


def clipped(path: Path, shapes: dict[str, Any], folder: Path, edge: Edge) -> dict[str, float]:
    catalog = read_catalog([path])
    geometry = np.array(list(shapes.values()), dtype=object)
    folder.mkdir(exist_ok=True)
    written = clip(
        catalog.tiles, {catalog.tiles[0].grid: geometry}, list(shapes), folder, edge=edge
    )
    return {one.name: one.light for one in written}


def test_clips_by_centres_share_out_all_light(
    write_tile: WriteTile, light: Any, tmp_path: Path
) -> None:
    """Crooked neighbours that fill the raster: every cell's centre lies in one of them."""
    corner = (333.3, 217.9)
    outer = [(0, 0), (800, 0), (800, 600), (0, 600)]
    parts = {f"city {k}": shapely.Polygon([outer[k], outer[(k + 1) % 4], corner]) for k in range(4)}
    found = clipped(write_tile(light), parts, tmp_path / "clips", "centre")
    assert sum(found.values()) == light[light >= 0].sum()
    for path in (tmp_path / "clips").iterdir():
        with rasterio.open(path) as tile:
            assert tile.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            assert (tile.dtypes[0], tile.nodata) == ("int8", -128.0)
            assert tile.tags()["PRODUCT"] == "dmsp-like-china"
            band = tile.read(1, masked=True)
            name = path.name.removesuffix("_dmsp-like-china_2015.tif").replace("-", " ")
            assert band.sum() == found[name]


def test_a_clip_by_shares_has_the_sum_of_the_zonal_table(
    write_tile: WriteTile, light: Any, tmp_path: Path, units_of: MakeUnits
) -> None:
    shape = shapely.Polygon([(33, 41), (612, 77), (590, 512), (101, 444)])
    path = write_tile(light)
    found = clipped(path, {"a": shape}, tmp_path / "clips", "share")
    table = zonal(units_of({"a": shape}), read_catalog([path])).unit_years
    assert found["a"] == pytest.approx(table["sum"].item(), rel=1e-12)


def test_all_cells_that_are_touched(write_tile: WriteTile, tmp_path: Path) -> None:
    path = write_tile(np.arange(1, 17).reshape(4, 4))
    inner = {"a": box(11, 11, 29, 29)}
    assert clipped(path, inner, tmp_path / "t", "touched")["a"] == 6 + 7 + 10 + 11
    tiny = {"a": box(11, 11, 12, 12)}
    assert clipped(path, tiny, tmp_path / "u", "touched")["a"] == 10
    with pytest.raises(NoOverlapError, match="polygons over the tiles"):
        clipped(path, tiny, tmp_path / "v", "centre")


def test_polygons_elsewhere_have_no_clip(write_tile: WriteTile, tmp_path: Path) -> None:
    path = write_tile(np.ones((4, 4)))
    shapes = {"here": box(0, 0, 20, 20), "there": box(1e5, 0, 2e5, 10)}
    assert clipped(path, shapes, tmp_path / "clips", "centre") == {"here": 4.0}
    assert [one.name for one in (tmp_path / "clips").iterdir()] == ["here_dmsp-like-china_2015.tif"]


@pytest.mark.parametrize(
    ("value", "dtype"), [(-1, "int16"), (100, "int16"), (255, "uint8"), (64.5, "float32")]
)
def test_values_outside_the_contract_are_refused(
    write_tile: WriteTile, light: Any, tmp_path: Path, value: float, dtype: str
) -> None:
    """255 too, which would mark the cells outside of a uint8 product without a fill of its own."""
    values = np.maximum(light, 0).astype(float)
    values[20, 30] = value
    name = "Harmonized_DN_NTL_2014_simVIIRS.tif"
    path = write_tile(values, name, dtype=dtype)
    with pytest.raises(ContractError, match=rf"1 cells outside, first {value:g} at row 20, column"):
        clipped(path, {"a": box(105, 105, 505, 495)}, tmp_path / "clips", "centre")


def test_a_tile_of_fill_alone_is_refused(write_tile: WriteTile, tmp_path: Path) -> None:
    path = write_tile(np.full((6, 6), -128))
    shapes = {"a": box(0, 0, 30, 30), "b": box(30, 30, 60, 60)}
    with pytest.raises(ContractError, match=r"2015\.tif: expected cells with an observation"):
        clipped(path, shapes, tmp_path / "clips", "centre")
    partly = np.full((6, 6), -128)
    partly[5, 0] = 7
    found = clipped(write_tile(partly), shapes, tmp_path / "partly", "centre")
    assert found == {"a": 7.0, "b": 0.0}


def test_names_that_files_cannot_tell_apart(write_tile: WriteTile, tmp_path: Path) -> None:
    names = ["a/b", "a-b", "A-b", "c"]
    shapes = {name: box(20 * k, 0, 20 * k + 20, 20) for k, name in enumerate(names)}
    found = clipped(write_tile(np.arange(1, 17).reshape(2, 8)), shapes, tmp_path / "c", "centre")
    light = {}
    for path in (tmp_path / "c").iterdir():
        with rasterio.open(path) as tile:
            light[tile.tags()["NAME"]] = tile.read(1, masked=True).sum()
    assert light == found == {"a/b": 22.0, "a-b": 30.0, "A-b": 38.0, "c": 46.0}
    plain = [path.name for path in (tmp_path / "c").iterdir() if path.name.startswith("c_")]
    assert plain == ["c_dmsp-like-china_2015.tif"]


def test_a_clip_is_a_tile(write_tile: WriteTile, light: Any, tmp_path: Path) -> None:
    """What was clipped can be read again where it was."""
    path = write_tile(light)
    clipped(path, {"a": box(105, 105, 395, 295)}, tmp_path / "clips", "centre")
    (written,) = (tmp_path / "clips").iterdir()
    product = read_catalog([path]).tiles[0].product
    (tile,) = read_catalog([written], product=product).tiles
    assert tile.grid.bounds == (100.0, 100.0, 400.0, 300.0)

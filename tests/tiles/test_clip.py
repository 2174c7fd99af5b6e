"""Clips keep the sum of light at each edge rule, and are Cloud-Optimized GeoTIFFs."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from shapely import box

from geo.errors import NoOverlapError
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


def test_a_clip_is_a_tile(write_tile: WriteTile, light: Any, tmp_path: Path) -> None:
    """What was clipped can be read again where it was."""
    path = write_tile(light)
    clipped(path, {"a": box(105, 105, 395, 295)}, tmp_path / "clips", "centre")
    (written,) = (tmp_path / "clips").iterdir()
    product = read_catalog([path]).tiles[0].product
    (tile,) = read_catalog([written], product=product).tiles
    assert tile.grid.bounds == (100.0, 100.0, 400.0, 300.0)

"""Lazy cubes equal eager reading, and nothing is read before it is asked for."""

import dask.array
import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from geo.errors import ProductError
from tests.tiles.helpers import WriteTile
from tiles.catalog import read_catalog
from tiles.cube import open_cube

LIGHT = np.array([[1, 2, -128], [4, 63, 0]])
SHIFTED = Affine(10.0, 0.0, 2.5, 0.0, -10.0, 20.0)


@pytest.mark.parametrize(
    ("dtype", "kept"),
    [("int8", "float32"), ("int16", "float32"), ("float32", "float32"), ("float64", "float64")],
)
def test_lazy_equals_eager(write_tile: WriteTile, dtype: str, kept: str) -> None:
    years = [2013, 2014, 2016]
    paths = [
        write_tile(np.roll(LIGHT, k), f"DMSP-like{y}.tif", dtype=dtype) for k, y in enumerate(years)
    ]
    catalog = read_catalog(paths)
    cube = open_cube(catalog)[catalog.tiles[0].grid.grid_id]
    assert isinstance(cube.data, dask.array.Array)
    assert (cube.dims, cube.dtype) == (("year", "y", "x"), np.dtype(kept))
    assert cube["year"].to_numpy().tolist() == years
    assert cube["x"].to_numpy().tolist() == [5.0, 15.0, 25.0]
    assert cube["y"].to_numpy().tolist() == [15.0, 5.0]
    for year, path in zip(years, paths, strict=True):
        with rasterio.open(path) as tile:
            eager = tile.read(1).astype("float64")
        eager[eager == -128] = np.nan
        np.testing.assert_array_equal(cube.sel(year=year).to_numpy(), eager)
    assert cube.rio.crs.to_epsg() == 32649
    assert cube["spatial_ref"].attrs["GeoTransform"].split() == [
        "0.0",
        "10.0",
        "0.0",
        "20.0",
        "0.0",
        "-10.0",
    ]
    assert np.isnan(cube.rio.nodata)
    assert (cube.name, cube.attrs["units"]) == ("light", "DN")
    assert cube.attrs["product"] == "dmsp-like-china"


def test_declared_fill_is_masked(write_tile: WriteTile) -> None:
    path = write_tile([[1, 255]], dtype="uint8", nodata=255)
    (cube,) = open_cube(read_catalog([path])).values()
    np.testing.assert_array_equal(cube.to_numpy(), [[[1.0, np.nan]]])


def test_one_cube_for_each_grid(write_tile: WriteTile) -> None:
    paths = [
        write_tile(LIGHT, "DMSP2013.tif"),
        write_tile(LIGHT, "DMSP-like2014.tif", transform=SHIFTED),
        write_tile(LIGHT, "DMSP-like2015.tif"),
    ]
    catalog = read_catalog(paths)
    cubes = open_cube(catalog)
    assert list(cubes) == list(dict.fromkeys(tile.grid.grid_id for tile in catalog.tiles))
    years = [cube["year"].to_numpy().tolist() for cube in cubes.values()]
    assert years == [[2013, 2015], [2014]]


def test_nothing_is_read_on_opening(write_tile: WriteTile) -> None:
    values = np.random.default_rng(1).integers(0, 63, (900, 300))
    path = write_tile(values, compress="deflate")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    (cube,) = open_cube(read_catalog([path])).values()
    assert cube.shape == (1, 900, 300)


def test_one_product_at_a_time(write_tile: WriteTile) -> None:
    names = ["DMSP2013.tif", "Harmonized_DN_NTL_2012_calDMSP.tif"]
    catalog = read_catalog([write_tile(LIGHT, name) for name in names])
    with pytest.raises(ProductError, match="dmsp-like-china, harmonized"):
        open_cube(catalog)


def test_the_room_itself_opens_cubes() -> None:
    import tiles
    from tiles.cube import open_cube

    assert tiles.open_cube is open_cube
    with pytest.raises(AttributeError, match="no attribute 'open_cubes'"):
        tiles.open_cubes  # noqa: B018

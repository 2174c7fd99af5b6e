"""Arrays and Zarr cubes through the pipeline: the numbers of the files that they hold."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr
from rasterio.transform import Affine

from geo.boundaries import Units
from geo.errors import ContractError, GridError, MissingCrsError, TileNameError, TileUnreadableError
from tests.tiles.helpers import MakeUnits, RandomUnits, WriteTile
from tiles.array_catalog import array_catalog
from tiles.catalog import Catalog, read_catalog
from tiles.cube import open_cube
from tiles.products import product_named
from tiles.zarr_cube import read_zarr
from tiles.zonal import zonal

ROWS, COLS = 600, 50
ODD = Affine(10.1, 0.0, 3.3, 0.0, -10.1, 6000.7)


@pytest.fixture
def catalog(write_tile: WriteTile) -> Catalog:
    rng = np.random.default_rng(2)
    paths = []
    for year in (2013, 2014):
        light = rng.integers(0, 64, size=(ROWS, COLS))
        light[2:40, 3:9] = -128
        paths.append(write_tile(light, f"DMSP-like{year}.tif", transform=ODD))
    return read_catalog(paths)


@pytest.fixture
def units(units_of: MakeUnits, random_units: RandomUnits) -> Units:
    return units_of(random_units(np.random.default_rng(1), 10, 500, 6000))


@pytest.fixture
def cube(catalog: Catalog) -> xr.DataArray:
    (opened,) = open_cube(catalog).values()
    return opened


def test_an_array_gives_the_bits_of_its_files(
    catalog: Catalog, cube: xr.DataArray, units: Units
) -> None:
    reference = zonal(units, catalog).unit_years
    for array in (cube, cube.compute(), cube.transpose("x", "year", "y")):
        made = array_catalog(array, "dmsp-like-china")
        assert [tile.grid for tile in made.tiles] == [tile.grid for tile in catalog.tiles]
        assert zonal(units, made).unit_years.equals(reference)


def test_a_zarr_store_gives_the_bits_of_its_files(
    catalog: Catalog, cube: xr.DataArray, units: Units, tmp_path: Path
) -> None:
    reference = zonal(units, catalog).unit_years
    store = tmp_path / "cube.zarr"
    cube.to_dataset().to_zarr(store, consolidated=False)
    for product in (None, product_named("dmsp-like-china")):
        made = read_catalog([store], product=product)
        assert [tile.year for tile in made.tiles] == [2013, 2014]
        assert zonal(units, made).unit_years.equals(reference)
    assert [tile.year for tile in read_catalog([store], years=[2014]).tiles] == [2014]


def test_times_are_years(cube: xr.DataArray) -> None:
    times = cube.rename(year="time").assign_coords(
        time=np.array(["2013-01-01", "2014-07-01"], dtype="datetime64[ns]")
    )
    made = array_catalog(times, "dmsp-like-china")
    assert [tile.year for tile in made.tiles] == [2013, 2014]


def test_a_single_layer_with_its_year(cube: xr.DataArray) -> None:
    made = array_catalog(cube.sel(year=2014), "dmsp-like-china")
    assert [tile.year for tile in made.tiles] == [2014]


def test_a_part_of_a_cube_lies_where_it_lies(cube: xr.DataArray) -> None:
    """Selecting leaves the stored transform of the whole in place; coordinates decide."""
    part = cube.isel(y=slice(100, 300), x=slice(5, 30))
    grid = array_catalog(part, "dmsp-like-china").tiles[0].grid
    a, _, c, _, e, f = ODD[:6]
    expected = (a, 0.0, c + 5 * a, 0.0, e, f + 100 * e)
    np.testing.assert_allclose(grid.transform, expected, rtol=1e-9, atol=1e-6)


def test_arrays_that_do_not_say_where_or_when(cube: xr.DataArray) -> None:
    nowhere = xr.DataArray(cube.to_numpy(), dims=cube.dims, coords={"year": [2013, 2014]})
    with pytest.raises(MissingCrsError, match="write_crs"):
        array_catalog(nowhere, "dmsp-like-china")
    crooked = cube.assign_coords(x=np.sort(np.random.default_rng(1).uniform(0, 500, COLS)))
    with pytest.raises(GridError, match="centres of the cells of a regular grid"):
        array_catalog(crooked, "dmsp-like-china")
    with pytest.raises(GridError, match="the year 2013 twice"):
        array_catalog(cube.assign_coords(year=[2013, 2013]), "dmsp-like-china")
    with pytest.raises(GridError, match="the dimensions year, y, x, band"):
        array_catalog(cube.expand_dims("band", axis=3), "dmsp-like-china")
    with pytest.raises(GridError, match="years of type float64"):
        array_catalog(cube.assign_coords(year=[2013.0, 2014.0]), "dmsp-like-china")


def test_values_of_arrays_are_held_to_the_contract(cube: xr.DataArray, units: Units) -> None:
    with pytest.raises(ContractError, match="dmsp-like-china values from 0 to 63"):
        zonal(units, array_catalog(cube + 1.0, "dmsp-like-china"))


def test_stores_that_are_none(cube: xr.DataArray, tmp_path: Path) -> None:
    store = tmp_path / "cube.zarr"
    nameless = cube.copy()
    del nameless.attrs["product"]
    nameless.to_dataset().to_zarr(store, consolidated=False)
    with pytest.raises(TileNameError, match="the product of the cube"):
        read_catalog([store])
    two = tmp_path / "two.zarr"
    xr.Dataset({"a": cube, "b": cube}).to_zarr(two, consolidated=False)
    with pytest.raises(TileUnreadableError, match=r"one called light, found a, b"):
        read_catalog([two])
    broken = tmp_path / "broken.zarr"
    broken.mkdir()
    (broken / "zarr.json").write_text("{}")
    with pytest.raises(TileUnreadableError, match="one called light, found none"):
        read_catalog([broken])


def test_a_chunk_that_is_damaged(cube: xr.DataArray, units: Units, tmp_path: Path) -> None:
    store = tmp_path / "cube.zarr"
    cube.to_dataset().to_zarr(store, consolidated=False)
    catalog = read_catalog([store])
    for chunk in (store / "light" / "c").rglob("*"):
        if chunk.is_file():
            chunk.write_bytes(b"damaged")
    with pytest.raises(TileUnreadableError, match=r"cube\.zarr.*chunks that can be read"):
        zonal(units, catalog)


def test_arrays_are_held_to_what_files_are_held_to(cube: xr.DataArray) -> None:
    with pytest.raises(ContractError, match="a year of dmsp-like-china, 1992 to now, found 1850"):
        array_catalog(cube.assign_coords(year=[1850, 2014]), "dmsp-like-china")
    with pytest.raises(ContractError, match="declared nodata: expected a value outside"):
        array_catalog(cube.rio.write_nodata(0.0), "dmsp-like-china")
    degrees = cube.isel(x=slice(0, 40), y=slice(0, 40)).assign_coords(
        x=np.arange(40) + 0.5, y=np.arange(40) + 100.5
    )
    degrees = degrees.drop_vars("spatial_ref").rio.write_crs("EPSG:4326")
    with pytest.raises(GridError, match="the axes are swapped"):
        array_catalog(degrees, "dmsp-like-china")


@pytest.mark.parametrize(("fill", "missing"), [(0, 0), (255, 1), (None, 0)])
def test_zeros_of_the_older_format_are_dark(tmp_path: Path, fill: int | None, missing: int) -> None:
    """Its fill_value is 0 unless something else is said."""
    store = tmp_path / "cube.zarr"
    light = np.arange(16, dtype=np.uint8).reshape(1, 4, 4)
    light[0, 3, 3] = 255
    group = zarr.open_group(store, mode="w", zarr_format=2)
    for name, values, dims in (
        ("light", light, ["year", "y", "x"]), ("year", np.array([2015]), ["year"]),
        ("y", np.arange(4)[::-1] + 0.5, ["y"]), ("x", np.arange(4) + 0.5, ["x"]),
    ):  # fmt: skip
        stored = group.create_array(
            name, shape=values.shape, dtype=values.dtype, chunks=values.shape,
            fill_value=fill if name == "light" else 0,
        )  # fmt: skip
        stored[:] = values
        stored.attrs["_ARRAY_DIMENSIONS"] = dims
    found = read_zarr(store)
    assert int(np.isnan(found.astype("f8")).sum()) == missing
    assert found.coords["year"].dtype.kind == "i"
    assert float(found[0, 0, 0]) == 0.0

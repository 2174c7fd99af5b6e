"""The catalogue: names, years and headers, and what is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine

from geo.errors import (
    ContractError,
    DuplicateYearError,
    GridError,
    MissingCrsError,
    MissingYearError,
    ProductError,
    TileMissingError,
    TileNameError,
    TileUnreadableError,
)
from tests.tiles.helpers import WriteTile
from tiles.catalog import read_catalog
from tiles.products import Product, product_named

LIGHT = np.ones((3, 4), dtype="int8")
DMSP = product_named("dmsp-like-china")
SHANGHAI = Product(
    name="shanghai",
    title="VIIRS, Shanghai",
    pattern=r"NTL_Shanghai_NPP-VIIRS_2013_2022_(?P<year>\d{4})\.tif",
    unit="nW/cm2/sr",
    valid_min=-10.0,
    valid_max=5000.0,
)


def test_header_facts(write_tile: WriteTile) -> None:
    path = write_tile(LIGHT, "DMSP_like2021.tif", nodata=-128)
    catalog = read_catalog([path])
    (tile,) = catalog.tiles
    assert (tile.path, tile.product.name, tile.year) == (path, "dmsp-like-china", 2021)
    assert (tile.dtype, tile.nodata, tile.fill_values) == ("int8", -128.0, (-128.0,))
    assert tile.grid.shape == (3, 4)
    assert tile.grid.transform == (10.0, 0.0, 0.0, 0.0, -10.0, 30.0)
    assert tile.grid.crs.to_epsg() == 32649
    (row,) = catalog.audit
    assert (row.stage, row.rule, row.subject) == ("tiles", "product_from_name", path.name)


def test_undeclared_nodata(write_tile: WriteTile) -> None:
    (tile,) = read_catalog([write_tile(LIGHT)]).tiles
    assert tile.nodata is None
    assert tile.fill_values == (-128.0,)


def test_order_patterns_and_repeats(write_tile: WriteTile, tmp_path: Path) -> None:
    for name in ("DMSP-like2016.tif", "DMSP2013.tif", "Harmonized_DN_NTL_2012_calDMSP.tif"):
        write_tile(LIGHT, name)
    (tmp_path / "DMSP2099.tif").mkdir()
    patterns = [
        str(tmp_path / "Harm*.tif"),
        tmp_path / "DMSP-like2016.tif",
        str(tmp_path / "*.tif"),
    ]
    catalog = read_catalog(patterns)
    assert [(tile.product.name, tile.year) for tile in catalog.tiles] == [
        ("dmsp-like-china", 2013),
        ("dmsp-like-china", 2016),
        ("harmonized", 2012),
    ]


def test_a_name_with_brackets_is_a_path_first(write_tile: WriteTile) -> None:
    path = write_tile(LIGHT, "light[1] 2015.tif")
    assert read_catalog([str(path)], product=DMSP).tiles[0].path == path


def test_years_are_taken_and_left(write_tile: WriteTile, tmp_path: Path) -> None:
    for year in (2013, 2014, 2015):
        write_tile(LIGHT, f"DMSP-like{year}.tif")
    (tmp_path / "DMSP-like2014.tif").write_bytes(b"damaged, but not asked for")
    catalog = read_catalog([str(tmp_path / "*.tif")], years=[2015, 2013])
    assert [tile.year for tile in catalog.tiles] == [2013, 2015]
    left = [row for row in catalog.audit if row.rule == "year_left_out"]
    assert [row.subject for row in left] == ["DMSP-like2014.tif"]


def test_a_year_without_a_tile(write_tile: WriteTile, tmp_path: Path) -> None:
    write_tile(LIGHT, "DMSP2013.tif")
    with pytest.raises(MissingYearError, match=r"year 2012, 2014, found tiles of 2013"):
        read_catalog([str(tmp_path / "*.tif")], years=[2012, 2013, 2014])


def test_every_product_needs_every_year(write_tile: WriteTile, tmp_path: Path) -> None:
    for name in ("DMSP2013.tif", "DMSP-like2014.tif", "Harmonized_DN_NTL_2013_calDMSP.tif"):
        write_tile(LIGHT, name)
    assert len(read_catalog([str(tmp_path / "*.tif")], years=[2013]).tiles) == 2
    expected = r"harmonized of the year 2014, found tiles of 2013.*study\.years"
    with pytest.raises(MissingYearError, match=expected):
        read_catalog([str(tmp_path / "*.tif")], years=[2013, 2014])


def test_two_tiles_of_one_year(write_tile: WriteTile, tmp_path: Path) -> None:
    write_tile(LIGHT, "DMSP2013.tif")
    write_tile(LIGHT, "DMSP-like2013.tif")
    with pytest.raises(DuplicateYearError) as error:
        read_catalog([str(tmp_path / "*.tif")])
    assert "DMSP2013.tif" in str(error.value)
    assert "DMSP-like2013.tif" in str(error.value)


def test_a_year_from_the_only_digits(write_tile: WriteTile) -> None:
    catalog = read_catalog([write_tile(LIGHT, "light_of_1998_v4.tif")], product=DMSP)
    assert [tile.year for tile in catalog.tiles] == [1998]
    assert [row.rule for row in catalog.audit] == ["year_from_digits"]


def test_a_named_product_whose_pattern_matches_is_no_guess(write_tile: WriteTile) -> None:
    assert read_catalog([write_tile(LIGHT)], product=DMSP).audit == ()


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Harmonized_DN_NTL_2012_calDMSP.tif", "harmonized"),
        ("NTL_Shanghai_NPP-VIIRS_2013_2022_2018.tif", "shanghai"),
    ],
)
def test_a_name_of_another_product_than_the_named(
    write_tile: WriteTile, name: str, other: str
) -> None:
    path = write_tile(LIGHT, name)
    with pytest.raises(TileNameError) as error:
        read_catalog([path], product=DMSP, user=[SHANGHAI])
    for part in (str(path), DMSP.name, f"found a file name of {other}"):
        assert part in str(error.value)


def test_a_name_of_both_the_named_and_another_product(write_tile: WriteTile) -> None:
    own = replace(SHANGHAI, name="own", pattern=DMSP.pattern, valid_min=0.0)
    (tile,) = read_catalog([write_tile(LIGHT)], product=own).tiles
    assert (tile.product.name, tile.year) == ("own", 2015)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("NTL_Shanghai_NPP-VIIRS_2013_2022_2018.tif", "2013, 2022, 2018"),
        ("light.tif", "no year"),
        ("light_20130102.tif", "no year"),
    ],
)
def test_no_year_in_a_name(write_tile: WriteTile, name: str, found: str) -> None:
    path = write_tile(LIGHT, name)
    with pytest.raises(TileNameError, match=found) as error:
        read_catalog([path], product=DMSP)
    assert str(path) in str(error.value)


def test_no_product_in_a_name(write_tile: WriteTile) -> None:
    path = write_tile(LIGHT, "NTL_Shanghai_NPP-VIIRS_2013_2022_2018.tif")
    with pytest.raises(TileNameError, match=r"dmsp-stable.*name the product"):
        read_catalog([path])
    (tile,) = read_catalog([path], user=[SHANGHAI]).tiles
    assert (tile.product, tile.year) == (SHANGHAI, 2018)


@pytest.mark.parametrize("pattern", ["nothing*.tif", "DMSP-like2015.tif", "."])
def test_nothing_there(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(TileMissingError) as error:
        read_catalog([str(tmp_path / pattern)])
    assert str(tmp_path / pattern) in str(error.value)


def test_no_pattern() -> None:
    with pytest.raises(TileMissingError):
        read_catalog([])


@pytest.mark.parametrize("content", [b"", b"not a raster", b"II*\x00\x08\x00\x00\x00"])
def test_not_a_raster(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "DMSP-like2015.tif"
    path.write_bytes(content)
    with pytest.raises(TileUnreadableError, match=r"DMSP-like2015\.tif"):
        read_catalog([path])


def test_without_crs(write_tile: WriteTile) -> None:
    path = write_tile(LIGHT, crs=None)
    with pytest.raises(MissingCrsError, match=r"DMSP-like2015\.tif.*found none"):
        read_catalog([path])


def test_without_geotransform(write_tile: WriteTile) -> None:
    with pytest.warns(NotGeoreferencedWarning):
        path = write_tile(LIGHT, transform=Affine.identity())
    with pytest.raises(GridError, match="no geotransform"):
        read_catalog([path])


def test_a_rotated_grid(write_tile: WriteTile) -> None:
    path = write_tile(LIGHT, transform=Affine(10.0, 1.0, 0.0, 0.0, -10.0, 30.0))
    with pytest.raises(GridError, match=r"DMSP-like2015\.tif"):
        read_catalog([path])


def test_more_than_one_band(tmp_path: Path) -> None:
    path = tmp_path / "DMSP-like2015.tif"
    profile = {"driver": "GTiff", "height": 3, "width": 4, "count": 2, "dtype": "uint8"}
    where = Affine(10.0, 0.0, 0.0, 0.0, -10.0, 30.0)
    with rasterio.open(path, "w", crs="EPSG:32649", transform=where, **profile) as tile:
        tile.write(np.stack([LIGHT, LIGHT]).astype("uint8"))
    with pytest.raises(TileUnreadableError, match="2 bands"):
        read_catalog([path])


def test_complex_values(write_tile: WriteTile) -> None:
    with pytest.raises(TileUnreadableError, match="complex64"):
        read_catalog([write_tile(LIGHT, dtype="complex64")])


@pytest.mark.parametrize("nodata", [0.0, 30.0, 63.0])
def test_nodata_inside_the_valid_range(write_tile: WriteTile, nodata: float) -> None:
    path = write_tile(LIGHT, nodata=nodata)
    with pytest.raises(ContractError, match=rf"DMSP-like2015\.tif.*found {nodata:g};.*as fill"):
        read_catalog([path])


def test_a_declared_nodata_that_the_product_does_not_know_is_fill(write_tile: WriteTile) -> None:
    catalog = read_catalog([write_tile(LIGHT, dtype="uint8", nodata=255)])
    assert catalog.tiles[0].fill_values == (-128.0, 255.0)
    assert "declared_nodata" in [row.rule for row in catalog.audit]


def test_two_contracts_of_one_name(write_tile: WriteTile) -> None:
    with pytest.raises(ProductError):
        read_catalog([write_tile(LIGHT)], user=[DMSP])

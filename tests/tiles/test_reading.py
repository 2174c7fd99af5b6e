"""Tiles as they really come: every way to store a raster gives the same light."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.shutil import copy as raster_copy
from rasterio.transform import Affine
from rasterio.windows import Window as RasterWindow
from shapely import box

from geo.boundaries import Units
from geo.errors import (
    GridError,
    TileChangedError,
    TileMissingError,
    TilePathError,
    TileSizeError,
    TileUnreadableError,
)
from geo.window import Window
from tests.tiles.helpers import MakeUnits, RandomUnits, WriteTile
from tests.web_server import Site, serving
from tiles.addresses import tile_digest
from tiles.catalog import Catalog, read_catalog
from tiles.products import Product
from tiles.several import Rule
from tiles.size_limits import SizeLimits
from tiles.zonal import zonal

ROWS, COLS = 700, 90
DARK_BLOCKS = Product(
    name="dark-blocks",
    title="a product whose missing blocks are dark",
    pattern=r"dark(?P<year>\d{4})\.tif",
    unit="DN",
    valid_min=0.0,
    valid_max=63.0,
    empty_blocks="dark",
)


@pytest.fixture
def units(units_of: MakeUnits, random_units: RandomUnits) -> Units:
    return units_of(random_units(np.random.default_rng(8), 12, 10 * COLS, 10 * ROWS))


@pytest.fixture
def light() -> Any:
    return np.random.default_rng(9).integers(0, 64, size=(ROWS, COLS))


def sums(units: Units, catalog: Catalog) -> Any:
    return zonal(units, catalog).unit_years[["sum", "n_cells", "valid_share"]]


# ---------------------------------------------------------------- ways to store a raster


@pytest.mark.parametrize(
    "options",
    [
        {"tiled": True, "blockxsize": 64, "blockysize": 64},
        {"blockysize": 7},
        {"compress": "deflate", "predictor": 2},
        {"compress": "lzw", "tiled": True, "blockxsize": 16, "blockysize": 256},
        {"bigtiff": "yes"},
        {"sparse_ok": True},
    ],
    ids=str,
)
def test_every_layout_gives_the_same_sums(
    write_tile: WriteTile, units: Units, light: Any, options: dict[str, Any]
) -> None:
    reference = sums(units, read_catalog([write_tile(light, "DMSP-like2015.tif")]))
    stored = write_tile(light, "DMSP-like2016.tif", **options)
    assert sums(units, read_catalog([stored])).equals(reference)


def test_a_raster_from_the_south_up(write_tile: WriteTile, units: Units, light: Any) -> None:
    reference = sums(units, read_catalog([write_tile(light, "DMSP-like2015.tif")]))
    up = Affine(10.0, 0.0, 0.0, 0.0, 10.0, 0.0)
    stored = write_tile(light[::-1], "DMSP-like2016.tif", transform=up)
    np.testing.assert_allclose(sums(units, read_catalog([stored])), reference, rtol=1e-12)


def test_a_declared_scale_and_offset(write_tile: WriteTile, units_of: MakeUnits) -> None:
    path = write_tile([[0, 10], [255, 40]], "own2015.tif", dtype="uint8", nodata=255)
    with rasterio.open(path, "r+") as tile:
        tile.scales, tile.offsets = (0.5,), (1.0,)
    own = Product(
        name="own", title="", pattern=r"own(?P<year>\d{4})\.tif", unit="DN", valid_min=0.0,
        valid_max=63.0,
    )  # fmt: skip
    result = zonal(units_of({"a": box(0, 0, 20, 20)}), read_catalog([path], user=[own]))
    row = result.unit_years.iloc[0]
    assert (row["sum"], row["valid_share"]) == (1.0 + 6.0 + 21.0, 0.75)


# ---------------------------------------------------------------- blocks that are not there


def sparse(path: Path, **options: Any) -> Path:
    """One hundred rows of ones in the first two of four blocks of 64 columns."""
    profile = {
        "driver": "GTiff", "height": 128, "width": 128, "count": 1, "dtype": "uint8",
        "tiled": True, "blockxsize": 64, "blockysize": 64, "sparse_ok": True,
        "crs": "EPSG:32649", "transform": Affine(10.0, 0.0, 0.0, 0.0, -10.0, 1280.0),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile, **options) as tile:
        window = RasterWindow(0, 0, 128, 64)
        tile.write(np.ones((64, 128), dtype=np.uint8), 1, window=window)
    return path


def test_blocks_that_are_not_there_are_fill(tmp_path: Path, units_of: MakeUnits) -> None:
    catalog = read_catalog([sparse(tmp_path / "DMSP-like2015.tif")])
    assert catalog.tiles[0].dtype == "float32"
    row = zonal(units_of({"a": box(0, 0, 1280, 1280)}), catalog).unit_years.iloc[0]
    assert (row["valid_share"], row["mean"]) == (0.5, 1.0)


def test_blocks_that_are_not_there_are_dark_if_the_product_says_so(
    tmp_path: Path, units_of: MakeUnits
) -> None:
    units = units_of({"a": box(0, 0, 1280, 1280)})
    for options in ({}, {"nodata": 255}):
        path = sparse(tmp_path / "dark2015.tif", **options)
        row = zonal(units, read_catalog([path], user=[DARK_BLOCKS])).unit_years.iloc[0]
        assert (row["valid_share"], row["mean"]) == (1.0, 0.5)


def test_blocks_that_are_not_there_are_the_nodata_that_is_declared(
    tmp_path: Path, units_of: MakeUnits
) -> None:
    catalog = read_catalog([sparse(tmp_path / "DMSP-like2015.tif", nodata=255)])
    assert catalog.tiles[0].dtype == "uint8"
    row = zonal(units_of({"a": box(0, 0, 1280, 1280)}), catalog).unit_years.iloc[0]
    assert (row["valid_share"], row["mean"]) == (0.5, 1.0)


# ---------------------------------------------------------------- many files that make a year


def parts_of(light: Any, write_tile: WriteTile, *, overlap: int) -> list[Path]:
    """Four parts that overlap by some cells, of a product whose names say which part they are."""
    half_rows, half_cols = light.shape[0] // 2, light.shape[1] // 2
    paths = []
    for v, rows in enumerate((slice(0, half_rows + overlap), slice(half_rows, light.shape[0]))):
        for h, cols in enumerate((slice(0, half_cols + overlap), slice(half_cols, light.shape[1]))):
            top = 10.0 * (light.shape[0] - rows.start)
            where = Affine(10.0, 0.0, 10.0 * cols.start, 0.0, -10.0, top)
            name = f"part_h0{h}v0{v}_2015.tif"
            paths.append(write_tile(light[rows, cols], name, transform=where, dtype="uint8"))
    return paths


PARTS = Product(
    name="in-parts",
    title="",
    pattern=r"part_(?P<part>h\d\dv\d\d)_(?P<year>\d{4})\.tif",
    unit="DN",
    valid_min=0.0,
    valid_max=63.0,
    fill_values=(255.0,),
)


@pytest.mark.parametrize("overlap", [0, 3])
def test_parts_make_the_year_without_counting_seams_twice(
    write_tile: WriteTile, units: Units, light: Any, overlap: int
) -> None:
    reference = sums(units, read_catalog([write_tile(light, "DMSP-like2015.tif")]))
    catalog = read_catalog(parts_of(light, write_tile, overlap=overlap), user=[PARTS])
    assert len(catalog.tiles) == 1
    assert catalog.tiles[0].grid.shape == (ROWS, COLS)
    assert sums(units, catalog).equals(reference)
    assert zonal(units, catalog, read_rows=9).unit_years["sum"].equals(reference["sum"])


def test_a_part_that_is_missing_is_fill(
    write_tile: WriteTile, units_of: MakeUnits, light: Any
) -> None:
    *three, _ = parts_of(light, write_tile, overlap=0)
    everything = units_of({"a": box(0, 0, 10 * COLS, 10 * ROWS)})
    row = zonal(everything, read_catalog(three, user=[PARTS])).unit_years.iloc[0]
    assert row["valid_share"] == pytest.approx(0.75)


def test_on_a_seam_the_part_that_observed_it_counts(
    write_tile: WriteTile, units_of: MakeUnits
) -> None:
    right = Affine(10.0, 0.0, 10.0, 0.0, -10.0, 10.0)
    first = write_tile([[1, 255]], "part_h00v00_2015.tif", dtype="uint8")
    second = write_tile([[7, 9]], "part_h01v00_2015.tif", dtype="uint8", transform=right)
    catalog = read_catalog([second, first], user=[PARTS])
    row = zonal(units_of({"a": box(0, 0, 30, 10)}), catalog).unit_years.iloc[0]
    assert (row["sum"], row["valid_share"]) == (1 + 7 + 9, 1.0)


def test_parts_off_the_lattice_are_refused(write_tile: WriteTile) -> None:
    off = Affine(10.0, 0.0, 13.0, 0.0, -10.0, 10.0)
    paths = [
        write_tile([[1, 2]], "part_h00v00_2015.tif", dtype="uint8"),
        write_tile([[1, 2]], "part_h01v00_2015.tif", dtype="uint8", transform=off),
    ]
    with pytest.raises(GridError, match=r"parts on one lattice of cells.*0\.3 of a cell off"):
        read_catalog(paths, user=[PARTS])


def test_files_without_parts_in_their_names_if_the_study_says_so(
    write_tile: WriteTile, units: Units, light: Any
) -> None:
    reference = sums(units, read_catalog([write_tile(light, "DMSP-like2015.tif")]))
    paths = parts_of(light, write_tile, overlap=1)
    named = [path.rename(path.with_name(f"light2015{'_' * k}.tif")) for k, path in enumerate(paths)]
    product = Product(
        name="own", title="", pattern=r"own(?P<year>\d{4})", unit="DN", valid_min=0.0,
        valid_max=63.0,
    )  # fmt: skip
    catalog = read_catalog(named[1:] + named[:1], product=product, rule=Rule("mosaic"))
    assert sums(units, catalog).equals(reference)


# ---------------------------------------------------------------- on a web server


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as served:
        yield served


@pytest.fixture
def optimized(write_tile: WriteTile, light: Any, tmp_path: Path) -> bytes:
    """The light as a Cloud-Optimized GeoTIFF."""
    path = tmp_path / "cog.tif"
    raster_copy(write_tile(light, "DMSP-like2015.tif"), path, driver="COG", blocksize=128)
    return path.read_bytes()


def test_a_tile_on_a_server(
    site: Site, optimized: bytes, write_tile: WriteTile, units: Units, light: Any
) -> None:
    reference = sums(units, read_catalog([write_tile(light, "DMSP-like2014.tif")]))
    site.files["/lights/DMSP-like2015.tif"] = optimized
    catalog = read_catalog([site.url("/lights/DMSP-like2015.tif")], network=True)
    assert sums(units, catalog).equals(reference)
    assert any("Range" in headers for headers in site.sent("/lights/DMSP-like2015.tif"))


def test_a_server_only_if_the_study_allows_it(site: Site, optimized: bytes) -> None:
    site.files["/DMSP-like2015.tif"] = optimized
    with pytest.raises(TilePathError, match=r"lights\.network = true"):
        read_catalog([site.url("/DMSP-like2015.tif")])
    assert site.requests == []


def test_a_tile_that_changes_on_its_server(site: Site, optimized: bytes, units: Units) -> None:
    path = "/changing/DMSP-like2015.tif"
    site.files[path] = optimized
    catalog = read_catalog([site.url(path)], network=True)
    site.files[path] = optimized + b"x"
    with pytest.raises(TileChangedError, match=r"DMSP-like2015\.tif"):
        sums(units, catalog)


def test_a_tile_that_is_not_on_its_server(site: Site) -> None:
    with pytest.raises(TileMissingError, match="404"):
        read_catalog([site.url("/DMSP-like2015.tif")], network=True)


@pytest.mark.parametrize("network", [False, True])
@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://me:hush@HOST/DMSP2015.tif", "credentials to 'nightpanel fetch'"),
        ("http://HOST/DMSP2015.tif?key=hush", "an address without a query"),
        ("http://[::1/DMSP2015.tif", "found a text that is none"),
        ("ftp://me:hush@HOST/DMSP2015.tif", "a virtual file system or another scheme"),
    ],
)
def test_no_secret_of_an_address_is_taken_or_told(
    site: Site, optimized: bytes, address: str, message: str, network: bool
) -> None:
    """Tables, manifests and catalogues name the addresses of tiles."""
    site.files |= {"/DMSP2015.tif": optimized, "/DMSP2015.tif?key=hush": optimized}
    at = address.replace("HOST", f"127.0.0.1:{site.port}")
    with pytest.raises(TilePathError, match=message) as caught:
        read_catalog([at], network=network)
    assert "hush" not in str(caught.value)
    assert site.requests == []


def test_an_address_that_a_server_signed_is_not_told(site: Site) -> None:
    site.redirects["/DMSP2013.tif"] = site.url("/no.tif?signature=hush")
    with pytest.raises(TileMissingError, match="found status 404") as caught:
        read_catalog([site.url("/DMSP2013.tif")], network=True)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    "path",
    ["/vsicurl/http://127.0.0.1/DMSP-like2015.tif", "/vsizip/a.zip/DMSP-like2015.tif", "ftp://h/DMSP2013.tif",
     "s3://bucket/DMSP-like2015.tif", "NETCDF:a.nc:DMSP-like2015.tif", "GTIFF_DIR:1:DMSP2013.tif"],
)  # fmt: skip
@pytest.mark.parametrize("network", [False, True])
def test_virtual_file_systems_are_never_read(path: str, network: bool) -> None:
    with pytest.raises(TilePathError, match="a virtual file system or another scheme"):
        read_catalog([path], network=network)


# ---------------------------------------------------------------- headers that promise too much


def test_a_virtual_raster_in_disguise(write_tile: WriteTile, tmp_path: Path) -> None:
    target = write_tile([[1, 2]], "DMSP-like2015.tif")
    disguised = tmp_path / "DMSP-like2016.tif"
    raster_copy(target, tmp_path / "real.vrt", driver="VRT")
    disguised.write_bytes((tmp_path / "real.vrt").read_bytes())
    with pytest.raises(TileUnreadableError, match="a GeoTIFF file"):
        read_catalog([disguised])


def test_a_header_that_promises_the_world(tmp_path: Path) -> None:
    path = tmp_path / "DMSP-like2016.tif"
    profile = {
        "driver": "GTiff", "height": 300_000, "width": 300_000, "count": 1, "dtype": "uint8",
        "tiled": True, "blockxsize": 4096, "blockysize": 4096, "sparse_ok": True, "bigtiff": "yes",
        "crs": "EPSG:32649", "transform": Affine(10.0, 0.0, 0.0, 0.0, -10.0, 0.0),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile):
        pass
    with pytest.raises(TileSizeError, match=r"300000 x 300000, 9e\+10; .*lights\.max_cells"):
        read_catalog([path])
    limits = SizeLimits(cells=10**12, bytes_at_once=10**6)
    with pytest.raises(TileSizeError, match=r"at most 1 MiB.*lights\.max_mb_at_once"):
        read_catalog([path], limits=limits)


def test_axes_that_were_swapped(write_tile: WriteTile) -> None:
    """Longitude 110 to 120 along the rows."""
    swapped = Affine(0.1, 0.0, 20.0, 0.0, -0.1, 120.0)
    path = write_tile(np.ones((100, 50)), transform=swapped, crs="EPSG:4326")
    with pytest.raises(GridError, match="the axes are swapped"):
        read_catalog([path])


def test_the_globe_is_no_swapped_raster(write_tile: WriteTile) -> None:
    whole = Affine(1.0, 0.0, -180.0, 0.0, -1.0, 90.5)
    path = write_tile(np.ones((181, 360)), transform=whole, crs="EPSG:4326")
    assert math.isclose(read_catalog([path]).tiles[0].grid.bounds[3], 90.5)


def test_parts_far_apart_promise_too_much(write_tile: WriteTile) -> None:
    own = Product(
        name="own", title="", pattern=r"(?P<part>[a-z]+)(?P<year>\d{4})\.tif", unit="DN",
        valid_min=0.0, valid_max=63.0,
    )  # fmt: skip
    names = ["near2015.tif", "far2015.tif"]
    corners = [0.0, 10.0 * 10**7]
    paths = [
        write_tile(np.ones((4, 4)), name, transform=Affine(10.0, 0.0, x, 0.0, -10.0, 40.0))
        for name, x in zip(names, corners, strict=True)
    ]
    with pytest.raises(TileSizeError, match=r"and 1 more: expected parts that fill"):
        read_catalog(paths, user=[own])


def test_a_mask_of_its_own_is_refused(write_tile: WriteTile, light: Any) -> None:
    path = write_tile(light, "DMSP-like2015.tif")
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as tile:
        tile.write_mask(np.arange(light.size).reshape(light.shape) % 2 == 0)
    with pytest.raises(TileUnreadableError, match="a mask of its own, in the file or beside it"):
        read_catalog([path])


def test_a_scale_beside_the_file_makes_other_values(write_tile: WriteTile, light: Any) -> None:
    path = write_tile(light, "DMSP-like2015.tif")
    sidecar = path.with_name(f"{path.name}.aux.xml")
    found = set()
    for scale in (1.0, 0.5, 0.25):
        sidecar.write_text(
            "<PAMDataset><PAMRasterBand band='1'><Scale>"
            f"{scale}</Scale></PAMRasterBand></PAMDataset>"
        )
        (tile,) = read_catalog([path]).tiles
        ((_, values),) = tile.source.pieces(Window(0, 1, 0, 4))
        np.testing.assert_allclose(values[0], light[0, :4] * scale)
        found.add(tile_digest(tile, lambda _: "the same bytes"))
    assert len(found) == 3

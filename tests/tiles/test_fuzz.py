"""Real headers and bytes, mutated: no crash, no hang, no wrong number unsaid."""

import gzip
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine
from shapely import box

from geo.errors import NightpanelError
from geo.window import Window
from tests.tiles.helpers import MakeUnits
from tiles.calibration.intercalibration import read_coefficients
from tiles.catalog import Catalog, read_catalog
from tiles.cube import open_cube
from tiles.products import read_products
from tiles.size_limits import SizeLimits
from tiles.stac import write_stac
from tiles.tile import Tile
from tiles.zonal import zonal

MUTATIONS = 120  # of every layout: a count, since what a machine reaches in a time differs
SECONDS_EACH = 30.0  # longer is a hang
LIMITS = SizeLimits(cells=10**8, bytes_at_once=2**28)


MOST_CHANGED = 48
"""Cells of uncompressed light that bytes changed in one mutation can be."""
LAYOUTS: list[dict[str, Any]] = [
    {"compress": "deflate"},
    {"tiled": True, "blockxsize": 64, "blockysize": 64},
    {},
]


def made_up_tile(target: Path, **options: Any) -> np.ndarray[Any, Any]:
    """A tile in degrees, of one byte a cell."""
    light = np.random.default_rng(4).integers(0, 64, size=(200, 150)).astype(np.uint8)
    profile = {
        "driver": "GTiff", "height": 200, "width": 150, "count": 1, "dtype": "uint8",
        "crs": "EPSG:4326", "transform": Affine(0.01, 0.0, 110.0, 0.0, -0.01, 30.0), **options,
    }  # fmt: skip
    with rasterio.open(target, "w", **profile) as tile:
        tile.write(light, 1)
    return light


def small_tile(source: Path, target: Path, **options: Any) -> np.ndarray[Any, Any]:
    """A part of a real tile with its own header, small enough for thousands of readings."""
    with rasterio.open(source) as tile:
        window = ((1500, 1700), (2500, 2650))
        profile = tile.profile | {"height": 200, "width": 150, **options}
        profile |= {
            "transform": tile.window_transform(rasterio.windows.Window(2500, 1500, 150, 200))
        }
        light: np.ndarray[Any, Any] = tile.read(1, window=window)
    with rasterio.open(target, "w", **profile) as tile:
        tile.write(light, 1)
    return light


def mutated(rng: np.random.Generator, whole: bytes) -> bytes:
    """A few bytes changed, mostly in the header; or the end cut off; or a piece repeated."""
    found = bytearray(whole)
    kind = rng.integers(0, 4)
    if kind == 0:
        return bytes(found[: rng.integers(0, len(found))])
    if kind == 1:
        at = int(rng.integers(0, max(len(found) - 64, 1)))
        found[at : at + 16] = found[at + 32 : at + 48]
        return bytes(found)
    for _ in range(int(rng.integers(1, 6))):
        reach = len(found) if kind == 2 else min(400, len(found))
        found[int(rng.integers(0, reach))] = int(rng.integers(0, 256))
    return bytes(found)


@pytest.mark.real
@pytest.mark.parametrize("layout", range(len(LAYOUTS)))
def test_mutated_real_tiles(
    data_dir: Path, tmp_path: Path, units_of: MakeUnits, layout: int
) -> None:
    source = data_dir / "raster" / "china_dmsplike" / "DMSP-like2019.tif"
    path = tmp_path / "DMSP-like2019.tif"
    light = small_tile(source, path, **LAYOUTS[layout])
    seeds = np.random.default_rng([11, layout])
    mutate(path, light, units_of, seeds, packed="compress" in LAYOUTS[layout])


@pytest.mark.parametrize("layout", range(len(LAYOUTS)))
def test_mutated_made_up_tiles(tmp_path: Path, units_of: MakeUnits, layout: int) -> None:
    path = tmp_path / "DMSP-like2019.tif"
    light = made_up_tile(path, **LAYOUTS[layout])
    seeds = np.random.default_rng([12, layout])
    mutate(path, light, units_of, seeds, packed="compress" in LAYOUTS[layout])


def mutate(
    path: Path,
    light: np.ndarray[Any, Any],
    units_of: MakeUnits,
    rng: np.random.Generator,
    *,
    packed: bool,
) -> None:
    """Mutate a tile again and again: refused by name, or right, or wrong only where bytes changed.

    Other bytes of light are other light, many cells of it where they are packed: whoever fetched it
    had a checksum to compare. What must not happen is light that has moved on its grid without
    cells that are missing.
    """
    whole = path.read_bytes()
    catalog = read_catalog([path])
    grid = catalog.tiles[0].grid
    units = units_of({"all": box(*grid.bounds)}, crs=grid.crs)
    truth = float(light.sum(dtype=np.float64))
    assert zonal(units, catalog).unit_years["sum"].item() == pytest.approx(truth, rel=1e-12)
    refused = unchanged = other = 0
    for _ in range(MUTATIONS):
        path.write_bytes(mutated(rng, whole))
        began = time.monotonic()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what rasterio says of odd georeferences
                (tile,) = read_catalog([path], limits=LIMITS).tiles
                row = zonal(units, Catalog((tile,), ())).unit_years.iloc[0]
                values = np.vstack([part for _, part in tile.source.pieces(whole_of(tile))])
        except NightpanelError:
            refused += 1
            continue
        finally:
            assert time.monotonic() - began < SECONDS_EACH
        if row["sum"] == pytest.approx(truth, rel=1e-12):
            unchanged += 1
            continue
        other += 1
        assert np.isnan(row["mean"]) or 0.0 <= row["mean"] <= 63.0
        moved = tile.grid != grid
        missing = row["valid_share"] < 1.0
        changed = values.shape != light.shape or (values != light).sum() > MOST_CHANGED
        assert moved or missing or packed or not changed
    assert refused > 20
    assert unchanged + other > 0


def whole_of(tile: Tile) -> Window:
    return Window(0, tile.grid.shape[0], 0, tile.grid.shape[1])


# ---------------------------------------------------------------- what else users name


def texts_and_archives(folder: Path) -> dict[str, tuple[Path, Callable[[Path], object]]]:
    """Files of every other kind, and what reads them."""
    tile = folder / "DMSP-like2019.tif"
    made_up_tile(tile, compress="deflate")
    packed, archive = folder / "DMSP-like2018.tif.gz", folder / "tiles.zip"
    packed.write_bytes(gzip.compress(tile.read_bytes()))
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        files.write(tile, tile.name)
    stac = write_stac(read_catalog([tile]).tiles, folder / "stac")
    (cube,) = open_cube(read_catalog([tile])).values()
    cube.to_dataset().to_zarr(folder / "cube.zarr", consolidated=False)
    (item,) = stac.parent.rglob("*2019*.json")
    products = folder / "products.toml"
    products.write_text(
        "[own]\npattern = 'own(?P<year>[0-9]{4})\\.tif'\nunit = 'DN'\nvalid_min = 0.0\n"
        "valid_max = 63.0\nfill_values = [255.0]\n"
    )
    table = folder / "coefficients.csv"
    table.write_text("satellite,year,c0,c1,c2\nF16,2009,0.9492,1.0683,-0.0016\n")
    store = folder / "cube.zarr"

    def tiles_of(path: Path) -> Callable[[Path], object]:
        return lambda _: read_catalog([path], unpack_to=folder / "unpacked", limits=LIMITS)

    return {
        "gzip": (packed, tiles_of(packed)),
        "zip": (archive, tiles_of(archive)),
        "stac": (item, tiles_of(stac)),
        "zarr": (store / "light" / "zarr.json", tiles_of(store)),
        "products": (products, read_products),
        "csv": (table, lambda path: read_coefficients(path, citation="somebody")),
    }


@pytest.mark.parametrize("kind", ["gzip", "zip", "stac", "zarr", "products", "csv"])
def test_mutated_files_of_other_kinds(tmp_path: Path, kind: str) -> None:
    """Read, or refused by name: nothing else comes out, and it does not take long."""
    path, read = texts_and_archives(tmp_path)[kind]
    whole = path.read_bytes()
    read(path)
    rng = np.random.default_rng([13, len(kind)])
    refused = 0
    for _ in range(MUTATIONS // 2):
        path.write_bytes(mutated(rng, whole))
        began = time.monotonic()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                read(path)
        except NightpanelError:
            refused += 1
        assert time.monotonic() - began < SECONDS_EACH
    assert refused > 5

"""Real headers and bytes, mutated: no crash, no hang, no wrong number unsaid."""

import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from shapely import box

from geo.errors import NightpanelError
from tests.tiles.helpers import MakeUnits
from tiles.catalog import read_catalog
from tiles.size_limits import SizeLimits
from tiles.zonal import zonal

MUTATIONS = 120  # of every layout: a count, since what a machine reaches in a time differs
SECONDS_EACH = 30.0  # longer is a hang
LIMITS = SizeLimits(cells=10**8, bytes_at_once=2**28)


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
        at = int(rng.integers(0, len(found) - 64))
        found[at : at + 16] = found[at + 32 : at + 48]
        return bytes(found)
    for _ in range(int(rng.integers(1, 6))):
        reach = len(found) if kind == 2 else min(400, len(found))
        found[int(rng.integers(0, reach))] = int(rng.integers(0, 256))
    return bytes(found)


@pytest.mark.real
@pytest.mark.parametrize(
    "options",
    [{"compress": "deflate"}, {"tiled": True, "blockxsize": 64, "blockysize": 64}, {}],
    ids=str,
)
def test_mutated_tiles(
    data_dir: Path, tmp_path: Path, units_of: MakeUnits, options: dict[str, Any]
) -> None:
    source = data_dir / "raster" / "china_dmsplike" / "DMSP-like2019.tif"
    path = tmp_path / "DMSP-like2019.tif"
    light = small_tile(source, path, **options)
    whole = path.read_bytes()
    catalog = read_catalog([path])
    grid = catalog.tiles[0].grid
    units = units_of({"all": box(*grid.bounds)}, crs=grid.crs)
    truth = float(light.sum())
    assert zonal(units, catalog).unit_years["sum"].item() == truth
    rng = np.random.default_rng(11)
    refused = unchanged = other = 0
    for _ in range(MUTATIONS):
        content = mutated(rng, whole)
        path.write_bytes(content)
        began = time.monotonic()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what rasterio says of odd georeferences
                found = read_catalog([path], limits=LIMITS)
                table = zonal(units, found).unit_years
        except NightpanelError:
            refused += 1
            continue
        finally:
            assert time.monotonic() - began < SECONDS_EACH
        row = table.iloc[0]
        if row["sum"] == truth:
            unchanged += 1
            continue
        # Other bytes of light are other light: whoever fetched it had a checksum to compare. What
        # must not happen is a value that the product does not have.
        other += 1
        assert np.isnan(row["mean"]) or 0.0 <= row["mean"] <= 63.0
    assert refused > 20
    assert unchanged + other > 0

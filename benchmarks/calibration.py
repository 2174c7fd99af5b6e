"""A calibration chain against a plain NumPy expression of the same arithmetic, and its memory.

The chain is what a study's steps build: intercalibration, noise floor, saturation and a mask, lazy
and block by block. The expression has the whole year in memory. Both give the same numbers, which
is checked. For the global grid each stripe is computed as the pipeline does it, by threads.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import dask.array as da
import geopandas as gpd
import numpy as np
import xarray as xr
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.features import geometry_mask
from rasterio.transform import Affine
from shapely import box

from benchmarks.bench import RESULTS
from benchmarks.machine import machine
from benchmarks.report import table, write_page
from geo.grid import Grid
from geo.stripes import STRIPE_ROWS
from geo.threads import in_threads, processors
from geo.window import Window
from tiles.arrays import ArraySource
from tiles.calibration.intercalibration import CoefficientTable
from tiles.calibration.steps import Ceiling, Floor, Intercalibrate, Mask, Step
from tiles.lazy import georeferenced, on_grid

SHAPE = (4200, 5100)
GLOBAL = (33_600, 86_400)
ROW = (0.9492, 1.0683, -0.0016)
COUNTRY = gpd.GeoDataFrame(geometry=[box(75.0, 20.0, 120.0, 48.0)], crs="EPSG:4326")
STEPS: tuple[Step, ...] = (
    Intercalibrate(
        CoefficientTable("bench", "Elvidge et al. 2014, F16-2009", {("F16", 2009): ROW})
    ),
    Floor(3.0),
    Ceiling(60.0),
    Mask(COUNTRY, "bench", "outside", "fill"),
)


def grid(shape: tuple[int, int]) -> Grid:
    """A grid of that many cells over China, or over the globe."""
    cell = 60.0 / shape[1] if shape == SHAPE else 15 / 3600
    west, north = (72.0, 54.0) if shape == SHAPE else (-180.0, 75.0)
    transform = (cell, 0.0, west, 0.0, -cell, north)
    return Grid(crs=CRS.from_epsg(4326), transform=transform, shape=shape)


def cube(values: da.Array, where: Grid) -> xr.DataArray:
    """One year of light with the coordinates that steps want."""
    light = georeferenced(values, where).expand_dims(year=[2009])
    return on_grid(light.assign_coords(satellite=("year", np.array(["F16"]))), where)


def chained(light: xr.DataArray) -> xr.DataArray:
    """The steps, lazily."""
    for step in STEPS:
        light = step.apply(light).light
    return light


def plain(light: NDArray[np.float32], outside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The same arithmetic on the whole year."""
    c0, c1, c2 = (np.float32(value) for value in ROW)
    found = np.where(
        light == 0, np.float32(0), np.clip(c0 + c1 * light + c2 * light * light, 0, 63)
    )
    found = np.where(found < 3, np.float32(0), found)
    found = np.minimum(found, np.float32(60))
    return np.where(outside, np.float32(np.nan), found)


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def one_year(repetitions: int) -> dict[str, str]:
    """Chain and expression, alternating."""
    rng = np.random.default_rng(1)
    values = rng.integers(0, 64, size=SHAPE).astype(np.float32)
    where = grid(SHAPE)
    light = cube(da.from_array(values, chunks=(STRIPE_ROWS, -1)), where)
    inside = geometry_mask(COUNTRY.geometry, SHAPE, Affine(*where.transform), invert=True)
    expected = plain(values, ~inside)
    found = chained(light).isel(year=0).to_numpy()
    difference = float(np.nanmax(np.abs(found - expected)))
    assert np.array_equal(np.isnan(found), np.isnan(expected))

    def expression() -> object:
        mask = geometry_mask(COUNTRY.geometry, SHAPE, Affine(*where.transform))
        return plain(values, mask)

    ours, theirs = [], []
    for _ in range(repetitions):
        ours.append(seconds(lambda: chained(light).compute()))
        theirs.append(seconds(expression))
    one, other = statistics.median(ours), statistics.median(theirs)
    return {
        "chain of four steps, 5100 x 4200": f"{one:.2f} s ({min(ours):.2f} to {max(ours):.2f})",
        "NumPy expression in memory": f"{other:.2f} s ({min(theirs):.2f} to {max(theirs):.2f})",
        "ratio (target: at most 2)": f"{one / other:.2f}",
        "largest difference": f"{difference:.2g} DN",
    }


def whole_globe() -> None:
    """Every stripe of a global year through the chain, as the pipeline asks for it; peak memory."""
    where = grid(GLOBAL)

    def light_of(block_info: object = None) -> NDArray[np.float32]:
        (first, end), (_, cols) = block_info[None]["array-location"]  # type: ignore[index]
        return np.full((end - first, cols), first % 60, dtype=np.float32)

    heights = tuple(
        min(STRIPE_ROWS, GLOBAL[0] - first) for first in range(0, GLOBAL[0], STRIPE_ROWS)
    )
    values = da.map_blocks(
        light_of, chunks=(heights, (GLOBAL[1],)), dtype=np.float32, meta=np.empty((0, 0), "f4")
    )
    source = ArraySource(chained(cube(values, where)).isel(year=0, drop=True), "bench")

    def read(first: int) -> float:
        window = Window(first, min(first + STRIPE_ROWS, GLOBAL[0]), 0, GLOBAL[1])
        ((_, found),) = source.pieces(window)
        return float(np.nansum(found))

    in_threads(read, list(range(0, GLOBAL[0], STRIPE_ROWS)), processors())
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("build/bench"))
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--globe", action="store_true", help="only what the child process does")
    asked = parser.parse_args()
    if asked.globe:
        whole_globe()
        return
    rows = one_year(asked.repetitions)
    child = [sys.executable, "-m", "benchmarks.calibration", "--globe"]
    began = time.perf_counter()
    peak = subprocess.run(child, check=True, capture_output=True, text=True)  # noqa: S603
    stripe = STRIPE_ROWS * GLOBAL[1] * 4 / 2**20
    rows["global year, 33,600 x 86,400"] = f"{time.perf_counter() - began:.0f} s"
    rows["its peak memory"] = (
        f"{int(peak.stdout) / 1024:,.0f} MiB with {processors()} threads, "
        f"a stripe is {stripe:.0f} MiB"
    )
    asked.work.mkdir(parents=True, exist_ok=True)
    text = table(("", ""), list(rows.items()))
    write_page(asked.out / "calibration.md", machine(asked.work), text)
    print(text)


if __name__ == "__main__":
    main()

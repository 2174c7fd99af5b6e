"""Memory of a worker process: a formula, and what real workers take.

Workers are started with Dask's own commands, under nannies as is Dask's default. What a worker
takes before the job is its resident memory after a small one, when everything is imported and
compiled; its peak is the kernel's own high-water mark, set back before the job (Linux only).
"""

import argparse
import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
from distributed import Client, WorkerPlugin
from rasterio.transform import Affine
from rasterio.windows import Window

from benchmarks.bench import RESULTS
from benchmarks.lattice import crinkled_lattice
from benchmarks.machine import machine
from benchmarks.report import table, write_page
from benchmarks.workload import new_raster
from geo.boundaries import Units, make_units
from geo.coverage import coverage
from geo.stripes import STRIPE_ROWS, Stripe
from tests.dask_processes import DaskProcesses, dask_processes
from tiles.catalog import Catalog, Tile, read_catalog
from tiles.cluster import Cluster
from tiles.reader import BLOCK_CACHE_MIB
from tiles.sums import sum_stripe
from tiles.zonal import ZonalResult, zonal

MIB = 2**20
SEED = 20_262
PLANE = "EPSG:32649"
CELL = 10.0
STRIPES = 8
SUMS_BYTES = 7 * 8
"""A unit's sums and its number."""


@dataclass(frozen=True, slots=True)
class Case:
    """A job and the workers it is given."""

    columns: int
    """Columns of a tile."""
    dtype: str
    """Type of its values."""
    side: int
    """Units along a side of the lattice."""
    workers: int
    """Worker processes."""
    threads: int
    """Threads of each."""
    years: int = 4
    """Tiles."""


CASES = (
    Case(columns=4_000, dtype="uint8", side=30, workers=2, threads=1),
    Case(columns=40_000, dtype="uint8", side=30, workers=2, threads=1),
    Case(columns=40_000, dtype="float32", side=30, workers=2, threads=1),
    Case(columns=40_000, dtype="float32", side=30, workers=2, threads=2),
    Case(columns=40_000, dtype="float32", side=30, workers=1, threads=4),
    Case(columns=4_000, dtype="float32", side=300, workers=1, threads=1),
    Case(columns=4_000, dtype="float32", side=300, workers=4, threads=1),
)


def worker_bytes(*, base: int, coverage: int, threads: int, window: int, units: int) -> int:
    """Peak memory of a worker process.

    Parameters
    ----------
    base : int
        What it takes before the job: Python, libraries, compiled kernels.
    coverage : int
        Bytes of the stripes of coverage that it holds.
    threads : int
        Tasks at a time.
    window : int
        Bytes of the widest stripe as it is read: 512 rows x columns from the first that units
        touch to the last x bytes of a value.
    units : int
        Number of units.

    Returns
    -------
    int
        Bytes.
    """
    # Threads share GDAL's cache of blocks, but the C library keeps memory for each of them.
    blocks = min(BLOCK_CACHE_MIB * MIB, window)
    return base + coverage + threads * (window + blocks) + (1 + threads) * units * SUMS_BYTES


def window_bytes(stripe: Stripe, dtype: str) -> int:
    """Bytes of a stripe as it is read: NumPy asks for huge pages, so gaps between spans count."""
    rows, columns = stripe.window.shape
    return rows * columns * np.dtype(dtype).itemsize


# ---------------------------------------------------------------- a made-up job


def made_up(folder: Path, case: Case) -> tuple[Units, Catalog]:
    """Units that cover a tile, and the tiles, which are one file under several names."""
    rows = STRIPES * STRIPE_ROWS
    of_tiles = folder / f"{case.dtype}_{case.columns}"
    of_tiles.mkdir(exist_ok=True)
    paths = [of_tiles / f"DMSP{1992 + year}.tif" for year in range(case.years)]
    for path in paths:
        if not path.exists():
            if path == paths[0]:
                write_tile(path, (rows, case.columns), case.dtype)
            else:
                path.hardlink_to(paths[0])
    bounds = (0.0, 0.0, case.columns * CELL, rows * CELL)
    lattice = crinkled_lattice(bounds, (case.side, case.side), seed=SEED)
    table = gpd.GeoDataFrame(
        {"code": [f"{number:06d}" for number in range(len(lattice.polygons))], "city": "1"},
        geometry=lattice.polygons,
        crs=PLANE,
    )
    units = make_units(table, unit_id="code", city_id="city", source="lattice")
    return units, read_catalog(paths)


def write_tile(path: Path, shape: tuple[int, int], dtype: str) -> None:
    """Whole numbers from 0 to 63, drawn anew for every block of rows."""
    rng = np.random.default_rng(SEED)
    rows, columns = shape
    place = Affine(CELL, 0.0, 0.0, 0.0, -CELL, CELL * rows)
    with new_raster(path, shape, dtype, crs=PLANE, transform=place) as tile:
        for row in range(0, rows, STRIPE_ROWS):
            values = rng.integers(0, 64, (STRIPE_ROWS, columns), dtype=np.uint8)
            tile.write(values.astype(dtype), 1, window=Window(0, row, columns, STRIPE_ROWS))


# ---------------------------------------------------------------- what real workers take


@dataclass(frozen=True, slots=True)
class Peak:
    """Memory of the worker that took most, beside what the formula says of it; all in bytes."""

    base: int
    """Before the job."""
    held: int
    """Stripes of coverage that came to it."""
    coverage: int
    """All stripes."""
    window: int
    """The widest stripe as it is read."""
    measured: int
    """At its peak."""
    predicted: int
    """By the formula."""
    scheduler: int
    """The scheduler's process at its peak."""


class Watched(Cluster):
    """A cluster that remembers what it handed out."""

    handed_out: Mapping[str, Stripe] = MappingProxyType({})

    def hand_out(self, stripes: Sequence[Stripe]) -> Sequence[object]:
        """As `Cluster.hand_out`."""
        names = super().hand_out(stripes)
        self.handed_out = {str(name): part for name, part in zip(names, stripes, strict=True)}
        return names


def resident(name: str) -> int:
    """A figure of this process that the kernel keeps: VmRSS now, or VmHWM at most."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if line.startswith(f"{name}:")]
    return int(line.split()[1]) * 1024


def settle(part: Stripe, tile: Tile) -> int:
    """Compile and load what tasks need, forget the peak, and tell what is taken now."""
    sum_stripe(part, tile)
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    return resident("VmRSS")


class Arrivals(WorkerPlugin):
    """Notes the coverage that comes to a worker, from the scheduler or from other workers."""

    name = "arrivals"

    def setup(self, worker: Any) -> None:
        """As the base class."""
        worker.arrivals = self.keys = set[str]()

    def transition(self, key: object, start: str, finish: str, **_: Any) -> None:
        """As the base class."""
        if finish == "memory" and start != finish:
            self.keys.add(str(key))


def received(dask_worker: Any) -> set[str]:
    """Names of what came to a worker or was made there."""
    keys: set[str] = dask_worker.arrivals
    return keys


def take(
    started: DaskProcesses,
    units: Units,
    catalog: Catalog,
    *,
    threads: int,
    tiny: tuple[Stripe, Tile],
) -> tuple[Peak, ZonalResult]:
    """Run a job on workers that are there."""
    with Client(started.address, set_as_default=False) as client:
        client.register_plugin(Arrivals())
        base = client.run(settle, *tiny)
        there = Watched(client)
        result = zonal(units, catalog, scheduler=there)
        peaks, keys = client.run(resident, "VmHWM"), client.run(received)
        scheduler = client.run_on_scheduler(resident, "VmHWM")
    stripes = there.handed_out
    window = max(window_bytes(part, catalog.tiles[0].dtype) for part in stripes.values())
    most = max(peaks, key=lambda worker: peaks[worker])
    held = sum(stripes[key].nbytes for key in keys[most] & stripes.keys())
    predicted = worker_bytes(
        base=base[most], coverage=held, threads=threads, window=window, units=len(units.table)
    )
    peak = Peak(
        base=base[most],
        held=held,
        coverage=sum(part.nbytes for part in stripes.values()),
        window=window,
        measured=peaks[most],
        predicted=predicted,
        scheduler=scheduler,
    )
    return peak, result


@contextmanager
def workers(number: int, threads: int) -> Iterator[DaskProcesses]:
    """A scheduler and new workers, all there."""
    with TemporaryDirectory() as folder, dask_processes(Path(folder)) as started:
        for name in range(number):
            started.start_worker(str(name), threads=threads, nanny=True)
        started.wait_for_workers(number)
        yield started


def small_task(folder: Path, dtype: str) -> tuple[Stripe, Tile]:
    """A stripe and a tile that take next to no memory."""
    case = Case(columns=600, dtype=dtype, side=2, workers=1, threads=1, years=1)
    units, catalog = made_up(folder, case)
    (tile,) = catalog.tiles
    return coverage(units.table.geometry.to_numpy(), tile.grid).stripes[0], tile


def main() -> None:
    """Compare the formula with real workers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("build/clusters"))
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    rows = []
    for case in CASES:
        units, catalog = made_up(options.work, case)
        n_units = len(units.attributes)
        with workers(case.workers, case.threads) as started:
            tiny = small_task(options.work, case.dtype)
            peak, _ = take(started, units, catalog, threads=case.threads, tiny=tiny)
        rows.append(
            [
                f"{case.columns:,}",
                case.dtype,
                f"{n_units:,}",
                f"{case.workers} x {case.threads}",
                f"{peak.base / MIB:.0f}",
                f"{peak.held / MIB:.0f}, {peak.coverage / MIB:.0f}",
                f"{peak.window / MIB:.0f}",
                f"{peak.measured / MIB:.0f}",
                f"{peak.predicted / MIB:.0f}",
                f"{peak.measured / peak.predicted:.2f}",
            ]
        )
        print(" | ".join(rows[-1]), flush=True)
    head = [
        "columns", "type", "units", "workers x threads", "base", "coverage held, of", "window",
        "measured", "formula", "ratio",
    ]  # fmt: skip
    write_page(options.out / "cluster_memory.md", machine(options.work), table(head, rows))


if __name__ == "__main__":
    main()

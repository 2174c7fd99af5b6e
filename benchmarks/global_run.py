"""A run over the globe on worker processes: planned from one tile by the formula, and then run.

Thirty years of 86,400 x 33,600 cells are one file under thirty names, so that they are read from
the page cache.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from benchmarks.bench import RESULTS
from benchmarks.cluster_memory import MIB, Peak, small_task, take, worker_bytes, workers
from benchmarks.global_tile import global_tile
from benchmarks.machine import machine
from benchmarks.report import table, write_page
from geo.boundaries import Units, read_units
from geo.coverage import coverage
from geo.reproject import to_grid
from geo.stripes import STRIPE_ROWS
from geo.threads import processors
from tiles.catalog import Catalog, read_catalog
from tiles.products import PRODUCTS

YEARS = 30
PLANS = ((4, 1), (16, 1), (16, 4))
"""Workers and their threads."""


def planned(work: Path, n_units: int) -> dict[str, str]:
    """Measure one tile on the workers of this machine, plan thirty years by it, and run them."""
    files = global_tile(work, continents=5, units=n_units)
    units = read_units(files.units, unit_id="unit_id", city_id="city_id")
    (tile,) = global_catalog(work, files.tile, years=1).tiles
    began = time.perf_counter()
    stripes = coverage(to_grid(units.table, tile.grid), tile.grid).stripes
    covering = time.perf_counter() - began
    one, seconds, _ = run_years(work, files.tile, units, years=1)
    planned_hours = (YEARS * seconds + processors() * covering) / 3600
    peak, seconds, wall = run_years(work, files.tile, units, years=YEARS)
    rows = {
        "coverage, all of it": f"{one.coverage / MIB:,.0f} MiB, made in {covering:.1f} s",
        "tasks that read, in thirty years": f"{YEARS * len(stripes):,}",
        "planned from one tile": f"{planned_hours:.2f} core-hours",
        "thirty years": f"{seconds / 3600:.2f} core-hours, {wall:.0f} s",
        "largest worker, by the formula and measured": f"{peak.predicted / MIB:,.0f} and "
        f"{peak.measured / MIB:,.0f} MiB",
        "scheduler": f"{peak.scheduler / MIB:,.0f} MiB",
    }
    widest = STRIPE_ROWS * tile.grid.shape[1] * np.dtype(tile.dtype).itemsize
    for number, threads in PLANS:
        share, most = (
            worker_bytes(
                base=one.base, coverage=held, threads=threads, window=widest, units=n_units
            )
            for held in (one.coverage // number, one.coverage)
        )
        name = f"plan: {number} workers of {threads} thread(s), with their share of the coverage"
        rows[f"{name} or all of it"] = f"{share / MIB:,.0f} or {most / MIB:,.0f} MiB each"
    return rows


def global_catalog(work: Path, tile: Path, *, years: int) -> Catalog:
    """The tile under as many names as there are years."""
    folder = work / "global_years"
    folder.mkdir(exist_ok=True)
    paths = [folder / f"lights_{2012 + year}.tif" for year in range(years)]
    for path in paths:
        if not path.exists():
            path.hardlink_to(tile.resolve())
    return read_catalog(paths, product=PRODUCTS["viirs-annual"])


def run_years(work: Path, tile: Path, units: Units, *, years: int) -> tuple[Peak, float, float]:
    """Run so many years on the processors of this machine; peaks, core-seconds and wall time."""
    catalog, number = global_catalog(work, tile, years=years), processors()
    with workers(number, 1) as started:
        tiny = small_task(work, "float32")
        began = time.perf_counter()
        peak, result = take(started, units, catalog, threads=1, tiny=tiny)
        wall = time.perf_counter() - began
    return peak, result.effort.read + result.effort.add, wall


def main() -> None:
    """Plan, run, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("build/clusters"))
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--units", type=int, nargs="*", default=[50_000, 200_000])
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    jobs = {f"{number:,} units": planned(options.work, number) for number in options.units}
    names = next(iter(jobs.values()))
    rows = [[name, *(job[name] for job in jobs.values())] for name in names]
    content = table(["", *jobs], rows)
    print(content)
    write_page(options.out / "global_run.md", machine(options.work), content)


if __name__ == "__main__":
    main()

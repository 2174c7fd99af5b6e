"""nightpanel, by its functions; its command is measured as a command."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

import nightpanel
from benchmarks.programs import Job, Task
from geo.boundaries import Units, read_units
from geo.coverage import Coverage
from geo.coverage import coverage as cover
from geo.reproject import to_grid
from nightpanel.digests import FileDigests
from nightpanel.store import Store
from tiles.catalog import Catalog, read_catalog
from tiles.products import product_named
from tiles.zonal import zonal

UNIT_ID, CITY_ID = "unit_id", "city_id"


def means(job: Job) -> Task[pd.DataFrame]:
    """The unit-year table, from the files."""
    return Task(partial(_means, job), partial(year_table, job.tiles))


def means_kept(job: Job) -> Task[pd.DataFrame]:
    """The unit-year table, from the files, with a result store that is empty at first."""
    folder = TemporaryDirectory(dir=job.boundaries.parent)

    def table(unit_years: pd.DataFrame) -> pd.DataFrame:
        folder.cleanup()
        return year_table(job.tiles, unit_years)

    return Task(partial(_means_kept, job, Path(folder.name)), table)


def boundaries(job: Job) -> Task[Units]:
    """Units from their file, checked and ready to be covered."""
    read = partial(read_units, job.boundaries, unit_id=UNIT_ID, city_id=CITY_ID)
    return Task(read, lambda units: units.attributes)


def coverage(job: Job) -> Task[Coverage]:
    """Share of every cell inside every unit: polygons are in memory beforehand."""
    units, catalog = read_inputs(job)
    (tile,) = catalog.tiles
    polygons = to_grid(units.table, tile.grid)
    return Task(partial(cover, polygons, tile.grid), _entries)


def coverage_entries(job: Job) -> Task[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """As `coverage`, written out as one entry for each unit and cell."""
    cover_units = coverage(job).run
    return Task(lambda: cover_units().csr(), lambda _: pd.DataFrame())


def study(job: Job) -> Task[object]:
    """The whole stage, from the files to the files: unit-years, inequality, map layers."""
    made = nightpanel.lights_study(
        tiles=[str(tile) for tile in job.tiles],
        units=job.boundaries,
        unit_id=UNIT_ID,
        city_id=CITY_ID,
        product=job.product,
    )
    out = Path(job.options["out"])
    run = partial(nightpanel.run, made, out=out, quiet=True)
    return Task(run, lambda _: year_table(job.tiles, pd.read_parquet(out / "units.parquet")))


def command(job: Job, *more: str) -> list[str]:
    """Words of the command that does what `study` does."""
    words = ["lights", "--units", str(job.boundaries), "--unit-id", UNIT_ID, "--city-id", CITY_ID]
    words += ["--product", job.product, "--out", job.options["out"], "--quiet"]
    return [*words, *more, "--tiles", *map(str, job.tiles)]


def read_inputs(job: Job) -> tuple[Units, Catalog]:
    """Units and tiles of a job."""
    units = read_units(job.boundaries, unit_id=UNIT_ID, city_id=CITY_ID)
    return units, read_catalog(job.tiles, product=product_named(job.product))


def _means(job: Job) -> pd.DataFrame:
    return zonal(*read_inputs(job)).unit_years


def _means_kept(job: Job, folder: Path) -> pd.DataFrame:
    store = Store.checked(folder)
    digests = FileDigests(store)
    units, catalog = read_inputs(job)
    of_tiles = digests.of(job.tiles)
    known = {tile.key: of_tiles[tile.path] for tile in catalog.tiles}
    return zonal(units, catalog, store=store, digests=known).unit_years


def year_table(tiles: Sequence[Path], unit_years: pd.DataFrame) -> pd.DataFrame:
    """Means of a unit-year table, a row for each unit and a column for each tile."""
    table = unit_years.pivot(index="unit_id", columns="year", values="mean")
    return table.set_axis([tile.stem for tile in tiles], axis=1)


def _entries(result: Coverage) -> pd.DataFrame:
    indptr, cells, shares = result.csr()
    unit = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    return pd.DataFrame({"unit": unit, "cell": cells, "share": shares})

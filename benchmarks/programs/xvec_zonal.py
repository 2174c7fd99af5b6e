"""xvec: zonal statistics of an xarray cube, by exactextract (exact) or by labels (cell centres)."""

from functools import partial
from typing import cast

import numpy as np
import rioxarray
import xarray as xr
import xvec  # noqa: F401

from benchmarks.programs import Job, Task, mean_table, read_boundaries

Result = tuple[list[str], np.ndarray]


def means(job: Job) -> Task[Result]:
    """Mean of every unit in every tile, by ``options["method"]``."""
    return Task(partial(_means, job), lambda result: mean_table(result[0], job.tiles, result[1]))


def _means(job: Job) -> Result:
    tiles = [cast("xr.DataArray", rioxarray.open_rasterio(path)) for path in job.tiles]
    years = [tile.squeeze("band", drop=True).load() for tile in tiles]
    cube = xr.concat(years, dim="year") if len(years) > 1 else years[0]
    units = read_boundaries(job.boundaries, cube.rio.crs)
    stats = cube.xvec.zonal_stats(
        units.geometry, x_coords="x", y_coords="y", stats="mean", method=job.options["method"]
    )
    means = stats.transpose("geometry", ...).to_numpy().reshape(len(units), len(years))
    return list(units["unit_id"]), means

"""rasterstats: cell centres, one unit after the other, the tile in memory."""

from functools import partial

import numpy as np
import rasterio
from rasterstats import zonal_stats

from benchmarks.programs import Job, Task, mean_table, read_boundaries

NODATA = -1
"""rasterstats wants a value for outside; no tile holds this one."""

Result = tuple[list[str], np.ndarray]


def means(job: Job) -> Task[Result]:
    """Mean of every unit in every tile."""
    return Task(partial(_means, job), lambda result: mean_table(result[0], job.tiles, result[1]))


def _means(job: Job) -> Result:
    with rasterio.open(job.tiles[0]) as tile:
        crs = tile.crs
    units = read_boundaries(job.boundaries, crs)
    polygons = list(units.geometry)
    means = np.empty((len(units), len(job.tiles)))
    for column, path in enumerate(job.tiles):
        with rasterio.open(path) as tile:
            values, transform = tile.read(1), tile.transform
        stats = zonal_stats(polygons, values, affine=transform, nodata=NODATA, stats=["mean"])
        means[:, column] = [np.nan if one["mean"] is None else one["mean"] for one in stats]
    return list(units["unit_id"]), means

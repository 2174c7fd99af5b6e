"""rioxarray's clip in a loop over units: cell centres.

The tile is in memory, and a unit's box is cut out by labels before it is clipped: clipping the
whole tile costs ten times more, and clipping ``from_disk`` counts cells outside as zeros where the
tile declares no nodata.
"""

from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import rioxarray
import xarray as xr

from benchmarks.programs import Job, Task, mean_table, read_boundaries

Result = tuple[list[str], np.ndarray]


def means(job: Job) -> Task[Result]:
    """Mean of every unit in every tile."""
    return Task(partial(_means, job), lambda result: mean_table(result[0], job.tiles, result[1]))


def _means(job: Job) -> Result:
    tiles = [_in_memory(path) for path in job.tiles]
    units = read_boundaries(job.boundaries, tiles[0].rio.crs)
    means = [
        [float(_box(tile, polygon.bounds).rio.clip([polygon]).mean()) for tile in tiles]
        for polygon in units.geometry
    ]
    return list(units["unit_id"]), np.array(means)


def _in_memory(path: Path) -> xr.DataArray:
    tile = cast("xr.DataArray", rioxarray.open_rasterio(path, masked=True))
    return tile.squeeze("band", drop=True).load()


def _box(tile: xr.DataArray, bounds: tuple[float, float, float, float]) -> xr.DataArray:
    """The cells around a unit, one more on each side."""
    left, bottom, right, top = bounds
    width, height = map(abs, tile.rio.resolution())
    return tile.sel(x=slice(left - width, right + width), y=slice(top + height, bottom - height))

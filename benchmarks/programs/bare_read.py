"""The floor: the bare read of the same files, sequential, on one thread.

GDAL's block cache is as large as this program's, which is also the faster for it.
"""

from functools import partial

import pandas as pd
import rasterio

from benchmarks.programs import Job, Task
from tiles.reader import BLOCK_CACHE_MIB


def read(job: Job) -> Task[None]:
    """One ``read(1)`` for every file."""
    return Task(partial(_read, job), lambda _: pd.DataFrame())


def read_blocks(job: Job) -> Task[None]:
    """Every block of every file, one after the other."""
    return Task(partial(_read_blocks, job), lambda _: pd.DataFrame())


def _read(job: Job) -> None:
    for path in job.tiles:
        with rasterio.Env(GDAL_CACHEMAX=BLOCK_CACHE_MIB), rasterio.open(path) as tile:
            tile.read(1)


def _read_blocks(job: Job) -> None:
    for path in job.tiles:
        with rasterio.Env(GDAL_CACHEMAX=BLOCK_CACHE_MIB), rasterio.open(path) as tile:
            for _, window in tile.block_windows(1):
                tile.read(1, window=window)

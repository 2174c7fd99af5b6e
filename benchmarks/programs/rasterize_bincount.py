"""rasterio.features.rasterize and numpy.bincount: the fastest rough method.

A cell belongs to the unit that holds its centre. rasterize takes coordinates as lists about three
times faster than it takes shapely's objects; making the lists is faster without the collector of
cyclic garbage. ``means_as_usual`` hands over shapely's objects, as one normally would.
"""

import gc
from collections.abc import Iterable
from functools import partial
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from rasterio.features import rasterize

from benchmarks.programs import Job, Task, mean_table, read_boundaries

Result = tuple[list[str], np.ndarray]


def means(job: Job) -> Task[Result]:
    """Mean of every unit in every tile; the tiles share a grid, which is labelled once."""
    gc.disable()
    return Task(partial(_means, job, as_lists=True), partial(_table, job))


def means_as_usual(job: Job) -> Task[Result]:
    """As `means`, with shapely's objects handed over."""
    return Task(partial(_means, job, as_lists=False), partial(_table, job))


def _table(job: Job, result: Result) -> pd.DataFrame:
    return mean_table(result[0], job.tiles, result[1])


def _means(job: Job, *, as_lists: bool) -> Result:
    with rasterio.open(job.tiles[0]) as tile:
        crs, transform, shape = tile.crs, tile.transform, tile.shape
    units = read_boundaries(job.boundaries, crs)
    polygons = _lists(units) if as_lists else units.geometry
    number = len(units)
    labels = rasterize(
        zip(polygons, range(number), strict=True),
        out_shape=shape,
        transform=transform,
        fill=number,
        dtype="int64",
    ).ravel()
    counts = np.bincount(labels, minlength=number + 1)[:number]
    means = np.empty((number, len(job.tiles)))
    for column, path in enumerate(job.tiles):
        with rasterio.open(path) as tile:
            values = tile.read(1)
        sums = np.bincount(labels, weights=values.ravel(), minlength=number + 1)[:number]
        means[:, column] = sums / np.maximum(counts, 1)
    means[counts == 0] = np.nan
    return list(units["unit_id"]), means


def _lists(units: gpd.GeoDataFrame) -> Iterable[object]:
    """Polygons of one ring each as GeoJSON-like mappings."""
    xy = shapely.get_coordinates(units.geometry)
    points = list(zip(xy[:, 0].tolist(), xy[:, 1].tolist(), strict=True))
    ends = np.cumsum(shapely.get_num_coordinates(units.geometry)).tolist()
    return [
        {"type": "Polygon", "coordinates": [points[start:end]]}
        for start, end in pairwise([0, *ends])
    ]

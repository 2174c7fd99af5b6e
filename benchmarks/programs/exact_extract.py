"""exactextract: exact means, one thread; rasters handed over in one call share the coverage."""

from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
from exactextract import exact_extract

from benchmarks.programs import Job, Task, mean_table, read_boundaries


def means(job: Job) -> Task[pd.DataFrame]:
    """Mean of every unit in every tile, all tiles in one call."""
    return Task(partial(_means, job), partial(_mean_table, job))


def coverage(job: Job) -> Task[pd.DataFrame]:
    """Share of every cell inside every unit: units and values are in memory beforehand."""
    units = read_boundaries(job.boundaries)
    return Task(partial(_coverage, job, units), _entries)


def _means(job: Job) -> pd.DataFrame:
    with rasterio.open(job.tiles[0]) as tile:
        crs = tile.crs
    units = read_boundaries(job.boundaries, crs)
    found: pd.DataFrame = exact_extract(
        [str(tile) for tile in job.tiles],
        units,
        ["mean"],
        include_cols=["unit_id"],
        strategy=job.options["strategy"],
        output="pandas",
    )
    return found


def _mean_table(job: Job, result: pd.DataFrame) -> pd.DataFrame:
    return mean_table(result["unit_id"], job.tiles, result.iloc[:, 1:].to_numpy())


def _coverage(job: Job, units: gpd.GeoDataFrame) -> pd.DataFrame:
    found: pd.DataFrame = exact_extract(
        str(job.tiles[0]),
        units,
        ["cell_id", "coverage"],
        strategy=job.options["strategy"],
        output="pandas",
    )
    return found


def _entries(result: pd.DataFrame) -> pd.DataFrame:
    sizes = result["cell_id"].map(len).to_numpy()
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(len(result)), sizes),
            "cell": np.concatenate(result["cell_id"].to_list()).astype(np.int64),
            "share": np.concatenate(result["coverage"].to_list()),
        }
    )

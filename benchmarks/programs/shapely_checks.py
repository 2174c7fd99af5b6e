"""pyogrio and shapely: units read, told valid or not, and taken apart into coordinates."""

from functools import partial

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from benchmarks.programs import Job, Task


def boundaries(job: Job) -> Task[gpd.GeoDataFrame]:
    """Units from their file, checked, and their coordinates."""
    return Task(
        partial(_boundaries, job), lambda units: pd.DataFrame(units.drop(columns="geometry"))
    )


def _boundaries(job: Job) -> gpd.GeoDataFrame:
    units = pyogrio.read_dataframe(job.boundaries, use_arrow=True)
    geometries = units.geometry.to_numpy()
    if not shapely.is_valid(geometries).all():
        raise ValueError("the workload's units are valid")
    shapely.to_ragged_array(geometries)
    return units

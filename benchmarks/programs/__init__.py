"""The programs that are compared, one a file, all with the same functions.

A file has ``means(job)`` and may have other tasks. A task is given a `Job`, does what is not
counted (reading what is handed over in memory), and returns a `Task` that a new process times.
Every peer is used at its best: the faster of its ways, found by trying them, is the one here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Job:
    """What a program is asked to do."""

    boundaries: Path
    """Vector file of the units: ``unit_id``, ``city_id``, geometry."""
    tiles: tuple[Path, ...]
    """Rasters of one band and one product, a year each; the year ends the file's stem."""
    product: str = ""
    """The product's name, for the program that checks values against its contract."""
    options: Mapping[str, str] = field(default_factory=dict)
    """What a program may be told beside."""


@dataclass(frozen=True, slots=True)
class Task(Generic[R]):
    """The part of a job that is timed, and what turns its result into a table afterwards."""

    run: Callable[[], R]
    """What is timed."""
    table: Callable[[R], pd.DataFrame]
    """From the result to the table that programs are compared by."""


def read_boundaries(path: Path, crs: object = None) -> gpd.GeoDataFrame:
    """Units as the peers are given them: the fastest reader, and reprojected if need be."""
    units: gpd.GeoDataFrame = pyogrio.read_dataframe(path, columns=["unit_id"], use_arrow=True)
    return units if crs is None or units.crs == crs else units.to_crs(crs)


def mean_table(unit_id: Iterable[str], tiles: Sequence[Path], means: np.ndarray) -> pd.DataFrame:
    """Means (units, tiles) as a table with a row for each unit and a column for each tile."""
    index = pd.Index(list(unit_id), name="unit_id", dtype="str")
    return pd.DataFrame(means, index=index, columns=[tile.stem for tile in tiles])

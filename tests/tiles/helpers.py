"""What several tests of tiles use: types of fixtures, and the table of a zonal result."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geo.boundaries import Units
from tiles.catalog import read_catalog
from tiles.zonal import ZonalResult, zonal

WriteTile = Callable[..., Path]
MakeUnits = Callable[..., Units]
RandomUnits = Callable[..., dict[str, Any]]


def run(units: Units, *paths: Path, **options: Any) -> ZonalResult:
    return zonal(units, read_catalog(list(paths)), **options)


def row_of(result: ZonalResult, unit: str) -> Any:
    table = result.unit_years
    return table[table["unit_id"] == unit].iloc[0]


def value_of(result: ZonalResult, unit: str, statistic: str) -> float:
    return float(row_of(result, unit)[statistic])


def assert_same_bits(first: ZonalResult, second: ZonalResult) -> None:
    pd.testing.assert_frame_equal(first.unit_years, second.unit_years, check_exact=True)
    for name in ("mean", "sum", "n_cells", "valid_share"):
        bits = [result.unit_years[name].to_numpy().view(np.int64) for result in (first, second)]
        np.testing.assert_array_equal(*bits)

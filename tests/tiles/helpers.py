"""What several tests of tiles use: types of fixtures, and the table of a zonal result."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
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


BLACK_MARBLE = "VNP46A4.A2018001.h{:02d}v06.00{}.2021124145010.h5"


def black_marble(
    path: Path, *, collection: int = 1, h: int = 29, v: int = 6, attributes: bool = True
) -> Path:
    """A tile in the form of VNP46A4: 24 x 24 cells instead of 2400 x 2400."""
    rng = np.random.default_rng(h)
    light = rng.integers(0, 500, size=(24, 24))
    quality = rng.integers(0, 3, size=(24, 24)).astype(np.uint8)
    quality[0, 0] = 255
    with h5py.File(path, "w") as file:
        if attributes:
            file.attrs["HorizontalTileNumber"] = np.bytes_(f"{h:02d}")
            file.attrs["VerticalTileNumber"] = np.bytes_(f"{v:02d}")
        fields = file.create_group("HDFEOS/GRIDS/VIIRS_Grid_DNB_2d/Data Fields")
        if collection == 1:
            stored = light.astype(np.uint16)
            stored[5, 5] = 65535
            data = fields.create_dataset(
                "AllAngle_Composite_Snow_Free", data=stored, chunks=(8, 24), compression="gzip"
            )
            data.attrs["_FillValue"] = np.uint16(65535)
            data.attrs["scale_factor"] = np.float64(0.1)
            data.attrs["add_offset"] = np.float64(0.0)
        else:
            values = (light * 0.1).astype(np.float32)
            values[5, 5] = -999.9
            data = fields.create_dataset("AllAngle_Composite_Snow_Free", data=values)
            data.attrs["_FillValue"] = np.float32(-999.9)
        fields.create_dataset("AllAngle_Composite_Snow_Free_Quality", data=quality)
        fields.create_dataset("AllAngle_Composite_Snow_Free_Num", data=light.astype(np.uint16))
    return path

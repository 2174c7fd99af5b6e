"""A tile written as a Cloud-Optimized GeoTIFF, whole or not at all."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from geo.errors import OutputError
from geo.grid import Grid
from tiles.lazy import georeferenced
from tiles.whole_file import whole_file


def write_tile(
    path: Path,
    light: NDArray[Any],
    grid: Grid,
    *,
    fill: float = np.nan,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Write light on a grid.

    Parameters
    ----------
    path : Path
        Replaced in one step.
    light : array (rows, columns)
    grid : Grid
    fill : float
        Value of cells without an observation, which the file declares.
    tags : mapping of str to str, optional
        Words for the file's header.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    layer = georeferenced(light, grid).rio.write_nodata(fill)
    try:
        with whole_file(path) as draft:
            layer.rio.to_raster(draft, driver="COG", compress="DEFLATE", tags=dict(tags or {}))
    except (OSError, RasterioError) as error:
        raise OutputError(
            str(path), expected="a file that can be written", found=str(error), hint="make room"
        ) from error

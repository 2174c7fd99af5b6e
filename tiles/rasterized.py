"""Which cells of a grid lie in polygons, by GDAL's rule."""

import threading
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import geometry_mask
from rasterio.transform import Affine

from geo.grid import Grid

_ONE_AT_A_TIME = threading.Lock()
"""rasterio silences a warning of its own by filters that all threads share."""


def cells_inside(
    shapes: Sequence[shapely.Geometry], grid: Grid, *, all_touched: bool = False
) -> NDArray[np.bool_]:
    """Cells whose centre lies in a polygon, or that one touches.

    Parameters
    ----------
    shapes : sequence of polygons
        In the grid's plane.
    grid : Grid
    all_touched : bool

    Returns
    -------
    bool array (rows, columns)
    """
    if not len(shapes):
        return np.zeros(grid.shape, dtype=np.bool_)
    with _ONE_AT_A_TIME:
        inside = geometry_mask(
            shapes,
            out_shape=grid.shape,
            transform=Affine(*grid.transform),
            all_touched=all_touched,
            invert=True,
        )
    return np.asarray(inside, dtype=np.bool_)

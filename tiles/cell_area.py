"""The area of a geographic grid's cells on the ellipsoid."""

import math

import numpy as np
from numpy.typing import NDArray

from geo.errors import GridError
from geo.grid import Grid


def row_cell_area_km2(
    grid: Grid, first_row: int, end_row: int, *, where: str
) -> NDArray[np.float64]:
    """Area of one cell in each row of a geographic grid.

    The area between two parallels and two meridians of the CRS's own ellipsoid has a closed form
    (the authalic integral), with b the minor semi-axis and e the eccentricity::

        b^2 dlon / 2 [ sin(lat) / (1 - e^2 sin(lat)^2) + atanh(e sin(lat)) / e ]

    taken between the cell's latitudes.

    Parameters
    ----------
    grid : Grid
    first_row, end_row : int
        Rows, the end excluded.
    where : str
        The tile, for the error.

    Returns
    -------
    array (end_row - first_row,)
        Square kilometres, positive.

    Raises
    ------
    GridError
        If the grid is projected.
    """
    geod = grid.crs.get_geod()
    if not grid.is_geographic or geod is None:
        raise GridError(
            where,
            expected="a grid in longitude and latitude for cell_area = geodesic",
            found=f"the projected grid {grid.crs.name}",
            hint="use cell_area = planar, which is meant for equal-area grids",
        )
    a, _, _, _, e, f = grid.transform
    to_radians = grid.crs.axis_info[0].unit_conversion_factor
    edges = (f + e * np.arange(first_row, end_row + 1, dtype=np.float64)) * to_radians
    sines = np.sin(np.clip(edges, -math.pi / 2, math.pi / 2))
    minor_km, squared = geod.b / 1000.0, geod.es
    eccentricity = math.sqrt(squared)
    below = sines / (1.0 - squared * sines**2)
    below += np.arctanh(eccentricity * sines) / eccentricity if eccentricity > 0.0 else sines
    area = np.abs(np.diff(below)) * minor_km**2 / 2.0 * abs(a) * to_radians
    return np.asarray(area, dtype=np.float64)

"""Fine light averaged to the cells of a coarser grid, through a kernel as wide as the sensor's.

The average is over area, by GDAL's warper. A DMSP cell also holds light of its neighbours: the
sensor's field of view and its geolocation blur it. A Gaussian kernel stands for both; its width is
a choice of the user's or is fitted.
"""

import numpy as np
import rasterio.crs
import xarray as xr
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.transform import Affine
from rasterio.warp import reproject
from scipy.ndimage import gaussian_filter

from geo.errors import NoOverlapError
from geo.grid import Grid
from tiles.arrays import grid_of

KERNEL_REACH = 4.0
"""Standard deviations at which the kernel ends."""


def area_average(light: xr.DataArray, onto: Grid) -> NDArray[np.float64]:
    """Average light over the cells of another grid.

    Parameters
    ----------
    light : DataArray
        Dimensions ``y``, ``x``; NaN is fill.
    onto : Grid

    Returns
    -------
    float64 array (rows, columns of ``onto``)
        The mean of what was observed in a cell, weighted by area; NaN where nothing was.

    Raises
    ------
    NoOverlapError
        If no cell of ``onto`` has light.
    """
    grid = grid_of(light, where="light")
    average = np.full(onto.shape, np.nan)
    reproject(
        light.to_numpy().astype(np.float64),
        average,
        src_transform=Affine(*grid.transform),
        src_crs=rasterio.crs.CRS.from_wkt(grid.crs_wkt),
        src_nodata=np.nan,
        dst_transform=Affine(*onto.transform),
        dst_crs=rasterio.crs.CRS.from_wkt(onto.crs_wkt),
        dst_nodata=np.nan,
        resampling=Resampling.average,
    )
    if np.isnan(average).all():
        raise NoOverlapError(
            "overlap",
            expected="light over the coarser grid",
            found="none",
            hint="name files of the same place",
        )
    return average


def blurred(light: NDArray[np.float64], *, sigma: tuple[float, float]) -> NDArray[np.float64]:
    """Blur by a Gaussian kernel; what was not observed neither counts nor becomes observed.

    Parameters
    ----------
    light : array (rows, columns)
        NaN is fill.
    sigma : (float, float)
        Standard deviation along rows' and columns' direction (y, x), in cells; 0 for none.

    Returns
    -------
    float64 array of the same shape
    """
    if max(sigma) == 0.0:
        return light
    seen = ~np.isnan(light)
    options = {"sigma": sigma, "mode": "constant", "truncate": KERNEL_REACH}
    total = gaussian_filter(np.where(seen, light, 0.0), **options)
    weight = gaussian_filter(seen.astype(np.float64), **options)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(seen, total / weight, np.nan)


def sigma_in_cells(grid: Grid, sigma_km: float) -> tuple[float, float]:
    """A width in kilometres as cells of a grid (y, x), at its middle if it is geographic."""
    width, height = grid.cell_size
    if grid.is_geographic:
        low, high = grid.bounds[1], grid.bounds[3]
        degree_km = 111.32
        unit = degree_km * np.rad2deg(grid.crs.axis_info[0].unit_conversion_factor)
        across = unit * np.cos(np.deg2rad((low + high) / 2.0))
        return sigma_km / (height * unit), sigma_km / (width * float(across))
    metres = grid.crs.axis_info[0].unit_conversion_factor
    return sigma_km * 1000.0 / (height * metres), sigma_km * 1000.0 / (width * metres)

"""Light inside and outside polygons: countries, gas flares, invariant regions."""

from typing import Any, Literal

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr
from numpy.typing import NDArray

from geo.errors import CalibrationError
from geo.grid import Grid
from geo.reproject import to_grid
from geo.window import Window
from tiles.arrays import grid_of
from tiles.calibration.blockwise import blockwise
from tiles.rasterized import cells_inside

Where = Literal["inside", "outside"]
Becomes = Literal["fill", "dark"]


def with_mask(
    light: xr.DataArray, regions: gpd.GeoDataFrame, *, where: Where, to: Becomes
) -> xr.DataArray:
    """Take cells inside or outside polygons for unobserved, or for dark, lazily.

    A cell is inside if its centre is; every cell that a gas flare may touch is left out by drawing
    the flare's polygon with a margin.

    Parameters
    ----------
    light : DataArray
        Dimensions end in ``y``, ``x``; NaN is fill.
    regions : GeoDataFrame
        Polygons with a CRS.
    where : {"inside", "outside"}
        Which cells: outside a country, inside flares.
    to : {"fill", "dark"}
        What becomes of them; fill stays fill.

    Returns
    -------
    DataArray
        As ``light``.

    Raises
    ------
    CalibrationError
        If no polygon touches the grid.
    """
    inside = inside_regions(light, regions)
    chosen = inside if where == "inside" else ~inside
    value = light.dtype.type(np.nan if to == "fill" else 0.0)
    return blockwise(_masked, light, chosen, value=value)


def around(light: xr.DataArray, regions: gpd.GeoDataFrame) -> xr.DataArray:
    """The smallest rectangle of cells that holds polygons.

    Parameters
    ----------
    light : DataArray
    regions : GeoDataFrame

    Returns
    -------
    DataArray
        At least two cells high and wide.

    Raises
    ------
    CalibrationError
        If no polygon touches the grid.
    """
    grid = grid_of(light, where="light")
    shapes = _touching(regions, grid)
    window = grid.around(tuple(shapely.total_bounds(shapes)))
    if window is None:
        raise _apart(len(shapes))
    rows, cols = grid.shape
    return light.isel(
        y=_two_or_more(window.first_row, window.end_row, rows),
        x=_two_or_more(window.first_col, window.end_col, cols),
    )


def inside_regions(light: xr.DataArray, regions: gpd.GeoDataFrame) -> xr.DataArray:
    """Which cells have their centre inside a polygon, lazily, in the chunks of the light.

    Parameters
    ----------
    light : DataArray
    regions : GeoDataFrame

    Returns
    -------
    DataArray of bool
        Dimensions ``y``, ``x``.

    Raises
    ------
    CalibrationError
        If no polygon touches the grid.
    """
    import dask.array as da

    grid = grid_of(light, where="light")
    shapes = _touching(regions, grid)
    chunks = light.chunksizes
    heights = chunks.get("y", (grid.shape[0],))
    widths = chunks.get("x", (grid.shape[1],))
    inside = da.map_blocks(
        _inside,
        shapes=tuple(shapes),
        grid=grid,
        chunks=(heights, widths),
        dtype=np.bool_,
        meta=np.empty((0, 0), dtype=np.bool_),
    )
    return xr.DataArray(inside, dims=("y", "x"))


def _touching(regions: gpd.GeoDataFrame, grid: Grid) -> NDArray[np.object_]:
    """The polygons in the grid's plane, those that touch it."""
    shapes = to_grid(regions, grid)
    touching: NDArray[np.object_] = shapes[shapely.intersects(shapely.box(*grid.bounds), shapes)]
    if not touching.size:
        raise _apart(len(shapes))
    return touching


def _apart(count: int) -> CalibrationError:
    return CalibrationError(
        "mask",
        expected="polygons that touch the grid of the light",
        found=f"{count} that do not",
        hint="check the CRS of the polygons",
    )


def _two_or_more(first: int, end: int, count: int) -> slice:
    """Cells from first to end of so many, widened to two."""
    first = min(first, count - 2)
    return slice(first, max(end, first + 2))


def _inside(
    shapes: tuple[shapely.Geometry, ...], grid: Grid, block_info: Any = None
) -> NDArray[np.bool_]:
    (first_row, end_row), (first_col, end_col) = block_info[None]["array-location"]
    part = grid.part(Window(first_row, end_row, first_col, end_col))
    box = shapely.box(*part.bounds)
    return cells_inside([one for one in shapes if shapely.intersects(one, box)], part)


def _masked(
    light: NDArray[np.floating], chosen: NDArray[np.bool_], *, value: np.floating
) -> NDArray[np.floating]:
    return np.where(chosen & ~np.isnan(light), value, light)

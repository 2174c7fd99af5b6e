"""Tiles as lazy arrays: Dask chunks that read their rows when somebody asks for them."""

from typing import Any

import dask.array as da
import numpy as np
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from numpy.typing import NDArray
from rasterio.transform import Affine

from geo.grid import Grid
from geo.stripes import STRIPE_ROWS
from geo.window import Window
from tiles.contract import check_values
from tiles.decoding import floating, is_fill
from tiles.digest import digest_of
from tiles.file_state import file_state
from tiles.tile import Tile


def lazy_layer(tile: Tile, *, checked: bool = False) -> xr.DataArray:
    """A tile as a lazy array.

    Parameters
    ----------
    tile : Tile
    checked : bool
        Whether reading values that break the product's contract is a `ContractError`, for light
        that a calibration makes other light of.

    Returns
    -------
    DataArray
        Dimensions ``y``, ``x`` with the coordinates of the cells' centres and the CRS; chunks of
        512 rows; float32 for tiles of at most 16 bits and float32 tiles, else float64, in the
        product's unit, NaN where there is fill. Unless checked, a value outside the product's
        contract stays as it is.
    """
    rows, cols = tile.grid.shape
    heights = tuple(min(STRIPE_ROWS, rows - first) for first in range(0, rows, STRIPE_ROWS))
    kind = floating(tile.dtype)
    # Equal names for equal light: Dask then shares what several results need.
    content = (tile.source.content(file_state), tile.dtype, tile.fill_values, checked)
    name = f"light-{digest_of(content)}"
    values = da.map_blocks(
        _rows,
        tile=tile,
        checked=checked,
        name=name,
        dtype=kind,
        chunks=(heights, (cols,)),
        meta=np.empty((0, 0), dtype=kind),
    )
    return georeferenced(values, tile.grid)


def georeferenced(values: Any, grid: Grid) -> xr.DataArray:
    """An array of cells with its coordinates and CRS, and the transform to the last bit."""
    a, _, c, _, e, f = grid.transform
    rows, cols = grid.shape
    layer = xr.DataArray(
        values,
        dims=("y", "x"),
        coords={"y": _centres(f, e, rows), "x": _centres(c, a, cols)},
        name="light",
    )
    return on_grid(layer, grid)


def on_grid(light: xr.DataArray, grid: Grid) -> xr.DataArray:
    """An array that has a grid's coordinates, with its CRS and its transform to the last bit."""
    placed: xr.DataArray = light.rio.write_crs(grid.crs)
    exact: xr.DataArray = placed.rio.write_transform(Affine(*grid.transform))
    return exact


def light_in(tile: Tile, window: Window, *, checked: bool) -> NDArray[Any]:
    """Light of a window of a tile, in floating point, NaN where there is fill.

    Checked, a value that breaks the product's contract is a `ContractError`.
    """
    ((_, stored),) = tile.source.pieces(window)
    if checked:
        check_values(tile, stored, window)
    values = stored.astype(floating(tile.dtype))
    values[is_fill(stored, tile.fill_values)] = np.nan
    return values


def _rows(tile: Tile, checked: bool, block_info: Any = None) -> NDArray[Any]:
    """The light of a chunk."""
    (first_row, end_row), (first_col, end_col) = block_info[None]["array-location"]
    return light_in(tile, Window(first_row, end_row, first_col, end_col), checked=checked)


def _centres(first: float, step: float, count: int) -> NDArray[np.float64]:
    """Coordinates of the centres of cells."""
    return first + step * (np.arange(count, dtype=np.float64) + 0.5)

"""Lazy cubes of light for notebooks: years stacked, fill masked, one cube for each grid."""

from typing import cast

import numpy as np
import pandas as pd
import rioxarray
import xarray as xr
from numpy.typing import NDArray

from geo.errors import ProductError
from geo.grid import Grid
from geo.stripes import STRIPE_ROWS
from tiles.catalog import Catalog, Tile


def open_cube(catalog: Catalog) -> dict[str, xr.DataArray]:
    """Open the tiles as lazy arrays, one for each distinct grid.

    Tiles of different grids are not resampled to fit into one cube: that would change values.

    Parameters
    ----------
    catalog : Catalog
        Tiles of one product.

    Returns
    -------
    dict of str to xarray.DataArray
        By ``grid_id``, in the order of the tiles. Dimensions ``year``, ``y``, ``x``, in Dask chunks
        of one tile and 512 rows; float32 for tiles of at most 16 bits and float32 tiles, else
        float64, in the product's unit, NaN where there is fill. The CRS is kept. Nothing is read
        yet, and a value outside the product's contract stays as it is.

    Raises
    ------
    ProductError
        If the tiles are of more than one product.
    """
    names = sorted({tile.product.name for tile in catalog.tiles})
    if len(names) > 1:
        raise ProductError(
            "cube",
            expected="tiles of one product",
            found=f"tiles of {', '.join(names)}",
            hint="read a catalogue of one product",
        )
    grids = dict.fromkeys(tile.grid for tile in catalog.tiles)
    return {
        grid.grid_id: _stacked([tile for tile in catalog.tiles if tile.grid == grid], grid)
        for grid in grids
    }


def _stacked(tiles: list[Tile], grid: Grid) -> xr.DataArray:
    years = pd.Index([tile.year for tile in tiles], name="year", dtype="int64")
    cube: xr.DataArray = xr.concat(
        [_layer(tile) for tile in tiles],
        dim=years,
        coords="minimal",
        compat="override",
        join="exact",
        combine_attrs="override",
    )
    a, _, c, _, e, f = grid.transform
    rows, cols = grid.shape
    cube = cube.assign_coords(y=_centres(f, e, rows), x=_centres(c, a, cols))
    product = tiles[0].product
    cube = cube.rename("light").assign_attrs(units=product.unit, product=product.name)
    georeferenced: xr.DataArray = cube.rio.write_crs(grid.crs).rio.write_nodata(np.nan)
    return georeferenced


def _layer(tile: Tile) -> xr.DataArray:
    """One tile without its band dimension, fill masked."""
    chunks = {"y": STRIPE_ROWS, "x": -1}
    opened = rioxarray.open_rasterio(
        tile.path, chunks=chunks, lock=False, masked=False, parse_coordinates=False
    )
    # A tile has one band in one type, for which rioxarray gives one array.
    values = cast("xr.DataArray", opened).squeeze("band", drop=True)
    wide = np.result_type(np.dtype(tile.dtype), np.float16)
    layer = values.astype(np.result_type(wide, np.float32))
    if tile.fill_values:
        with np.errstate(over="ignore"):  # a fill value beyond float32 is stored as infinity
            fill = np.asarray(tile.fill_values, dtype=np.float64).astype(layer.dtype)
        layer = layer.where(~layer.isin(fill))
    layer.attrs.clear()
    layer.encoding.clear()
    return layer


def _centres(first: float, step: float, count: int) -> NDArray[np.float64]:
    """Coordinates of the centres of cells."""
    return first + step * (np.arange(count, dtype=np.float64) + 0.5)

"""Lazy cubes of light for notebooks and calibration: years stacked, one cube for each grid."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from geo.errors import ProductError
from tiles.catalog import Catalog
from tiles.lazy import lazy_layer, on_grid
from tiles.tile import Tile


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
        float64, in the product's unit, NaN where there is fill. ``satellite`` and ``version`` are
        coordinates along ``year``; the CRS is kept. Nothing is read yet, and a value outside the
        product's contract stays as it is.

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
        grid.grid_id: cube_of([tile for tile in catalog.tiles if tile.grid == grid])
        for grid in grids
    }


def cube_of(tiles: Sequence[Tile], *, checked: bool = False) -> xr.DataArray:
    """Tiles of one product on one grid as a cube, as `open_cube` gives it.

    Parameters
    ----------
    tiles : sequence of Tile
    checked : bool
        As for `tiles.lazy.lazy_layer`.

    Returns
    -------
    DataArray
    """
    words = {
        name: [getattr(tile.facts, name) for tile in tiles] for name in ("satellite", "version")
    }
    layers = [lazy_layer(tile, checked=checked) for tile in tiles]
    cube = stacked(layers, [tile.year for tile in tiles], words)
    product, grid = tiles[0].product, tiles[0].grid
    cube = cube.rename("light").assign_attrs(units=product.unit, product=product.name)
    return on_grid(cube.rio.write_nodata(np.nan), grid)


def stacked(
    layers: Sequence[xr.DataArray], years: Sequence[int], words: Mapping[str, Sequence[str]]
) -> xr.DataArray:
    """Layers of one grid as a cube.

    Parameters
    ----------
    layers : sequence of DataArray
        Dimensions ``y``, ``x``, with equal coordinates.
    years : sequence of int
    words : mapping of str to sequence of str
        Coordinates along ``year``.

    Returns
    -------
    DataArray
        Dimensions ``year``, ``y``, ``x``; attributes of the first layer.
    """
    plain = [layer.drop_vars(["year", *words], errors="ignore") for layer in layers]
    cube: xr.DataArray = xr.concat(
        plain,
        dim=pd.Index(np.array(years, dtype=np.int64), name="year"),
        coords="minimal",
        compat="override",
        join="override",
        combine_attrs="override",
    )
    texts = {name: ("year", np.array(of_years, dtype=object)) for name, of_years in words.items()}
    return cube.assign_coords(texts)


def words_of(light: xr.DataArray) -> dict[str, list[str]]:
    """The coordinates of a cube that are words along ``year``."""
    return {
        str(name): [str(word) for word in values.to_numpy()]
        for name, values in light.coords.items()
        if values.dims == ("year",) and name != "year"
    }

"""Zarr cubes (year, y, x) as arrays."""

from pathlib import Path
from typing import cast

import xarray as xr

from geo.errors import TileUnreadableError


def read_zarr(path: Path) -> xr.DataArray:
    """Open the light in a Zarr store, lazily.

    Parameters
    ----------
    path : Path
        A store with one variable of at least two dimensions, or one called ``light``.

    Returns
    -------
    DataArray

    Raises
    ------
    TileUnreadableError
        If it is no store, or which variable is the light is not clear.
    """
    try:
        found = xr.open_zarr(path, decode_coords="all", consolidated=False)
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise TileUnreadableError(
            str(path), expected="a Zarr store", found=str(error), hint="write the store again"
        ) from error
    cubes = [name for name in found.data_vars if found[name].ndim >= 2]
    if "light" in cubes:
        cubes = ["light"]
    if len(cubes) != 1:
        raise TileUnreadableError(
            str(path),
            expected="one variable with rows and columns, or one called light",
            found=", ".join(sorted(map(str, cubes))) or "none",
            hint="write the light alone to a store, or rename its variable to light",
        )
    return cast("xr.DataArray", found[cubes[0]])

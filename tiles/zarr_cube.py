"""Zarr cubes (year, y, x) as arrays."""

from pathlib import Path

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
        raw = xr.open_zarr(path, decode_cf=False, consolidated=False)
        for values in raw.variables.values():
            if values.attrs.get("_FillValue") == 0:
                del values.attrs["_FillValue"]  # the format's default: zero is dark, not fill
        found = xr.decode_cf(raw, decode_coords="all")
    except (OSError, KeyError, ValueError, TypeError, RuntimeError) as error:
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
    return found[cubes[0]]

"""Functions of NumPy arrays over lazy light, block by block."""

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import DTypeLike, NDArray


def blockwise(
    function: Callable[..., NDArray[np.floating]],
    light: xr.DataArray,
    *others: xr.DataArray | xr.Variable,
    dtype: DTypeLike | None = None,
    **options: Any,
) -> xr.DataArray:
    """Apply a function to the blocks of light and of what goes with it, lazily.

    Parameters
    ----------
    function : callable
        Takes a block of each array; cell by cell.
    light : DataArray
    *others : DataArray or Variable
        Of dimensions of the light.
    dtype : dtype, optional
        Of the result; by default the light's.
    **options
        Further arguments of ``function``.

    Returns
    -------
    DataArray
        As ``light``, attributes included.
    """
    found: xr.DataArray = xr.apply_ufunc(
        function,
        light,
        *others,
        kwargs=options,
        dask="parallelized",
        output_dtypes=[light.dtype if dtype is None else np.dtype(dtype)],
        keep_attrs=True,
    )
    return found

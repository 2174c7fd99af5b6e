"""Noise floor and saturation: what very dark and very bright values become."""

from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from tiles.calibration.blockwise import blockwise

Below = Literal["dark", "fill"]
Above = Literal["cap", "fill"]


def with_floor(light: xr.DataArray, *, below: float, to: Below = "dark") -> xr.DataArray:
    """Take values under a noise floor for dark, or for unobserved, lazily.

    Parameters
    ----------
    light : DataArray
        NaN is fill.
    below : float
        Values under this one, in the product's unit.
    to : {"dark", "fill"}

    Returns
    -------
    DataArray
        As ``light``.
    """
    return blockwise(_floor, light, below=below, value=0.0 if to == "dark" else np.nan)


def with_ceiling(light: xr.DataArray, *, at: float, to: Above = "cap") -> xr.DataArray:
    """Cap values at saturation, or take saturated cells for unobserved, lazily.

    Parameters
    ----------
    light : DataArray
        NaN is fill.
    at : float
        The value of saturation, in the product's unit.
    to : {"cap", "fill"}
        What becomes of values at and above it.

    Returns
    -------
    DataArray
        As ``light``.
    """
    return blockwise(_ceiling, light, at=at, value=at if to == "cap" else np.nan)


def _floor(light: NDArray[np.floating], *, below: float, value: float) -> NDArray[np.floating]:
    return np.where(light < below, light.dtype.type(value), light)


def _ceiling(light: NDArray[np.floating], *, at: float, value: float) -> NDArray[np.floating]:
    return np.where(light >= at, light.dtype.type(value), light)

"""Inter-annual continuity: light that cannot have gone out for a single year."""

from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from geo.errors import CalibrationError
from tiles.calibration.blockwise import blockwise
from tiles.cube import stacked, words_of

Rule = Literal["gaps", "growth"]


def continuous(light: xr.DataArray, *, rule: Rule = "gaps") -> xr.DataArray:
    """Correct layers by their neighbouring years, lazily.

    Two rules. ``gaps``, of this program: a cell that is dark in year n, but lit in n - 1 and in
    n + 1, gets the smaller of its neighbours' values, the least that a lit cell can have been; it
    is what Liu et al. call continuity, for light that went out for one year only. ``growth`` is the
    correction of Liu et al. (2012, Landscape and Urban Planning 106, 62), made for
    places that only grow: a cell that is dark in n + 1 is dark in n; else one that was brighter in
    n - 1 than in n keeps the value of n - 1; else it stays. All years are corrected by their
    neighbours as they were before; a year without a neighbour in the cube on either side stays.

    Parameters
    ----------
    light : DataArray
        Dimensions ``year``, ``y``, ``x``, each year once; NaN is fill.
    rule : {"gaps", "growth"}

    Returns
    -------
    DataArray
        As ``light``. A cell that is fill in any of the three years stays as it is.

    Raises
    ------
    CalibrationError
        If a year occurs twice.
    """
    years = [int(year) for year in light.coords["year"].to_numpy()]
    position = {year: k for k, year in enumerate(years)}
    if len(position) < len(years):
        twice = next(year for year in years if years.count(year) > 1)
        raise CalibrationError(
            "continuity",
            expected="one layer for each year",
            found=f"several for {twice}",
            hint="say what makes one year of them: lights.several",
        )
    layers = []
    for k, year in enumerate(years):
        now = light.isel(year=k)
        if year - 1 not in position or year + 1 not in position:
            layers.append(now)
            continue
        before = light.isel(year=position[year - 1])
        after = light.isel(year=position[year + 1])
        correction = _gap if rule == "gaps" else _growth
        layers.append(blockwise(correction, now, before.variable, after.variable))
    return stacked(layers, years, words_of(light)).assign_attrs(light.attrs)


def _gap(
    now: NDArray[np.floating], before: NDArray[np.floating], after: NDArray[np.floating]
) -> NDArray[np.floating]:
    return np.where((now == 0.0) & (before > 0.0) & (after > 0.0), np.minimum(before, after), now)


def _growth(
    now: NDArray[np.floating], before: NDArray[np.floating], after: NDArray[np.floating]
) -> NDArray[np.floating]:
    known = ~(np.isnan(before) | np.isnan(now) | np.isnan(after))
    kept = np.where(after == 0.0, 0.0, np.maximum(before, now))
    return np.where(known, kept, now).astype(now.dtype)

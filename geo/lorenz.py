"""Lorenz curves of light between the units of a city."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import InequalityDomainError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class LorenzCurve:
    """Which share of the light the darkest units have."""

    units: Floats
    """Share of the units, darkest first, from 0 to 1, shape (n + 1,)."""
    light: Floats
    """Share of the light that they have, from 0 to 1, shape (n + 1,); NaN if all is dark."""

    @property
    def gini(self) -> float:
        """One less twice the area below the curve: the Gini of `geo.inequality`."""
        return float(1 - np.sum((self.light[1:] + self.light[:-1]) * np.diff(self.units)))


def lorenz_curve(light: ArrayLike) -> LorenzCurve:
    """The Lorenz curve of some units' mean light.

    Parameters
    ----------
    light : array_like of float, shape (m,)
        Mean light of units; those without valid cells (NaN) are left out, as the Gini does.

    Returns
    -------
    LorenzCurve
        Of the n units that are left; both shares begin with 0 and end with 1.

    Raises
    ------
    InequalityDomainError
        No unit has light, or the light of one is negative or infinite.
    """
    values = np.asarray(light, dtype=np.float64).ravel()
    values = np.sort(values[~np.isnan(values)])
    if values.size == 0 or values[0] < 0 or np.isinf(values[-1]):
        raise InequalityDomainError(
            "light of units",
            expected="one unit or more, with light that is finite and not negative",
            found="no unit" if values.size == 0 else f"{values[0]:g} to {values[-1]:g}",
            hint="leave the city-year out, or correct the light",
        )
    summed = np.concatenate([[0.0], np.cumsum(values)])
    total = summed[-1]
    shares = summed / total if total > 0 else np.full_like(summed, np.nan)
    return LorenzCurve(np.linspace(0.0, 1.0, values.size + 1), shares)

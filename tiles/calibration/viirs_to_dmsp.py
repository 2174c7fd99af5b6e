"""From VIIRS radiance to DMSP-like DN: cleaning, kernel average, logarithm, fitted logistic curve.

The recipe of Wu et al. (2021, IEEE TGRS 60, 4407714): noise and outliers are removed, radiance is
averaged to the DMSP grid through a kernel, its logarithm is mapped to DN by a logistic curve that
was fitted where both exist.
"""

import math
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from geo.errors import CalibrationError
from geo.grid import Grid
from tiles.calibration.kernel_average import area_average, blurred, sigma_in_cells
from tiles.calibration.logistic_curve import LogisticCurve
from tiles.calibration.region_mask import with_mask
from tiles.calibration.window_around import around_tile
from tiles.lazy import lazy_layer
from tiles.tile import Tile

CEILING = 63.0
"""DN of saturation."""


@dataclass(frozen=True, slots=True)
class Cleaning:
    """What is removed from radiance first."""

    floor: float = 0.0
    """Radiance under which a cell is dark, noise; negative radiance always is."""
    cap: float | None = None
    """Radiance above which a cell is an outlier and gets this value; None for none."""

    def __post_init__(self) -> None:
        cap = self.floor + 1.0 if self.cap is None else self.cap
        if not 0.0 <= self.floor < cap < math.inf:
            shown = "none" if self.cap is None else f"{self.cap:g}"
            raise CalibrationError(
                "cleaning",
                expected="a floor from 0 on and a cap above it",
                found=f"floor {self.floor:g} and cap {shown}",
                hint="correct --floor or --cap, in the unit of the radiance",
            )

    def __call__(self, light: NDArray[np.floating]) -> NDArray[np.float64]:
        """Clean radiance; NaN stays NaN."""
        found = np.where(light < self.floor, 0.0, light).astype(np.float64)
        return found if self.cap is None else np.minimum(found, self.cap)


@dataclass(frozen=True, slots=True)
class Conversion:
    """Everything that turns a year of radiance into DN; what the next year reuses."""

    curve: LogisticCurve
    """The fitted curve."""
    cleaning: Cleaning
    """What is removed first."""
    sigma_km: float
    """Width of the kernel, a standard deviation in kilometres."""
    threshold: float
    """Smallest DN above zero; what the curve gives below it is dark, as in the product."""
    ceiling: float = CEILING
    """Largest DN."""

    def dn(self, averaged: NDArray[np.float64], grid: Grid) -> NDArray[np.float64]:
        """DN of cleaned radiance that was averaged to the cells of a DMSP grid.

        Parameters
        ----------
        averaged : array (rows, columns of the grid)
        grid : Grid

        Returns
        -------
        float64 array of the same shape
            0, or from ``threshold`` to ``ceiling``; NaN where ``averaged`` is.
        """
        return self.dn_of_log(log_radiance(averaged, grid, sigma_km=self.sigma_km))

    def dn_of_log(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """DN of log radiance that was seen through the kernel; as `dn`."""
        found = np.minimum(self.curve(x), self.ceiling)
        return np.where(found < self.threshold, np.where(np.isnan(found), np.nan, 0.0), found)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Cells that both sensors saw in a year."""

    year: int
    """The year."""
    radiance: NDArray[np.float64]
    """(rows, columns) cleaned radiance averaged to the DMSP grid; NaN where not observed."""
    dn: NDArray[np.float64]
    """(rows, columns) DN; NaN where not observed."""
    grid: Grid
    """The part of the DMSP grid around the radiance."""

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Cells that both have."""
        return ~(np.isnan(self.radiance) | np.isnan(self.dn))


def overlap(
    viirs: Tile, dmsp: Tile, cleaning: Cleaning, *, region: gpd.GeoDataFrame | None = None
) -> Overlap:
    """Read a year of both sensors around the radiance, on the DMSP grid.

    Parameters
    ----------
    viirs, dmsp : Tile
        Of the same year.
    cleaning : Cleaning
    region : GeoDataFrame, optional
        Polygons outside which radiance is no observation, as in a file that was clipped to a city
        and is zero around it.

    Returns
    -------
    Overlap

    Raises
    ------
    CalibrationError
        If they are of different years.
    NoOverlapError
        If they show different places.
    ContractError
        If a value breaks the contract of its tile's product.
    """
    if viirs.year != dmsp.year:
        raise CalibrationError(
            f"{viirs.where} and {dmsp.where}",
            expected="two files of the same year",
            found=f"{viirs.year} and {dmsp.year}",
            hint="name an overlap: a year that both sensors saw",
        )
    target, dn = around_tile(dmsp, viirs.grid)
    radiance = cleaned_average(viirs, target, cleaning, region=region)
    return Overlap(viirs.year, radiance, dn, target)


def cleaned_average(
    viirs: Tile, onto: Grid, cleaning: Cleaning, *, region: gpd.GeoDataFrame | None = None
) -> NDArray[np.float64]:
    """Radiance of a tile, cleaned cell by cell and averaged to the cells of another grid.

    Parameters
    ----------
    viirs : Tile
    onto : Grid
    cleaning : Cleaning
    region : GeoDataFrame, optional
        As for `overlap`.

    Returns
    -------
    float64 array (rows, columns of ``onto``)
        NaN where nothing was observed.

    Raises
    ------
    ContractError
        If a value, wherever it lies, breaks the contract of the tile's product: negative radiance
        too, unless the product has it.
    NoOverlapError
        If no cell of ``onto`` has light.
    """
    light = lazy_layer(viirs, checked=True).compute()
    if region is not None:
        light = with_mask(light, region, where="outside", to="fill").compute()
    return area_average(light.copy(data=cleaning(light.to_numpy())), onto)


def log_radiance(
    averaged: NDArray[np.float64], grid: Grid, *, sigma_km: float
) -> NDArray[np.float64]:
    """log(1 + radiance) of averaged radiance seen through a kernel."""
    return np.log1p(blurred(averaged, sigma=sigma_in_cells(grid, sigma_km)))

"""From VIIRS radiance to DMSP-like DN: cleaning, kernel average, logarithm, fitted logistic curve.

The recipe of Wu et al. (2021, IEEE TGRS 60, 4407714): noise and outliers are removed, radiance is
averaged to the DMSP grid through a kernel, its logarithm is mapped to DN by a logistic curve that
was fitted where both exist. What the curve is worth is told by blocks of cells that its fit did not
see.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from geo.errors import CalibrationError
from geo.grid import Grid
from tiles.calibration.blockwise import blockwise
from tiles.calibration.kernel_average import area_average, blurred, sigma_in_cells
from tiles.calibration.logistic_curve import LogisticCurve, fit_logistic
from tiles.calibration.region_mask import with_mask
from tiles.calibration.window_around import around_tile
from tiles.lazy import lazy_layer
from tiles.tile import Tile

CEILING = 63.0
BLOCK_CELLS = 16
"""Cells on a side of the blocks that are held out together."""
FOLDS = 5
SIGMAS_KM = (0.0, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0)
"""Widths of the kernel that are tried where none is given."""


@dataclass(frozen=True, slots=True)
class Cleaning:
    """What is removed from radiance first."""

    floor: float = 0.0
    """Radiance under which a cell is dark, noise; negative radiance always is."""
    cap: float | None = None
    """Radiance above which a cell is an outlier and gets this value; None for none."""

    def __call__(self, light: NDArray[np.floating]) -> NDArray[np.float64]:
        """Clean radiance; NaN stays NaN."""
        found = np.where(light < max(self.floor, 0.0), 0.0, light).astype(np.float64)
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
        x = log_radiance(averaged, grid, sigma_km=self.sigma_km)
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


@dataclass(frozen=True, slots=True)
class Fitted:
    """A conversion with what it was tried on."""

    conversion: Conversion
    """Fitted on all cells."""
    overlaps: tuple[Overlap, ...]
    """The cells."""
    in_sample: tuple[NDArray[np.float64], ...]
    """(rows, columns) DN that it gives, by overlap."""
    held_out: tuple[NDArray[np.float64], ...]
    """(rows, columns) DN for cells whose block the fit did not see, by overlap."""
    tried_km: dict[float, float]
    """Held-out root mean square error, in DN, by the width of the kernel."""


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
    """Radiance of a tile, cleaned cell by cell and averaged to the cells of another grid."""
    light = lazy_layer(viirs)
    if region is not None:
        light = with_mask(light, region, where="outside", to="fill")
    cleaned = blockwise(cleaning, light, dtype=np.float64)
    return area_average(cleaned.compute(), onto)


def log_radiance(
    averaged: NDArray[np.float64], grid: Grid, *, sigma_km: float
) -> NDArray[np.float64]:
    """log(1 + radiance) of averaged radiance seen through a kernel."""
    return np.log1p(blurred(averaged, sigma=sigma_in_cells(grid, sigma_km)))


def fit_conversion(
    overlaps: Sequence[Overlap],
    *,
    cleaning: Cleaning,
    sigma_km: float | None = None,
    ceiling: float = CEILING,
) -> Fitted:
    """Fit the curve, and the width of the kernel unless it is given.

    The width is the one with the smallest error on held-out blocks.

    Parameters
    ----------
    overlaps : sequence of Overlap
    cleaning : Cleaning
        What the overlaps were cleaned with.
    sigma_km : float, optional
        Width of the kernel, a standard deviation in kilometres.
    ceiling : float
        DN of saturation.

    Returns
    -------
    Fitted

    Raises
    ------
    CalibrationError
        If too few cells are neither dark nor saturated.
    """
    lit = np.concatenate([one.dn[one.seen & (one.dn > 0.0)] for one in overlaps])
    if not lit.size:
        raise CalibrationError(
            "overlap",
            expected="cells with a DN above zero that both sensors saw",
            found="none",
            hint="name files of the same place and year",
        )
    threshold = float(lit.min())
    widths = SIGMAS_KM if sigma_km is None else (sigma_km,)
    tried = {
        width: _held_out(overlaps, width, ceiling=ceiling, threshold=threshold) for width in widths
    }
    errors = {width: rmse(overlaps, found) for width, found in tried.items()}
    best = min(errors, key=lambda width: errors[width])
    everything = [np.ones(one.dn.shape, dtype=np.bool_) for one in overlaps]
    curve = _fit(overlaps, everything, best, ceiling=ceiling, threshold=threshold)
    conversion = Conversion(curve, cleaning, best, threshold, ceiling)
    return Fitted(
        conversion=conversion,
        overlaps=tuple(overlaps),
        in_sample=tuple(conversion.dn(one.radiance, one.grid) for one in overlaps),
        held_out=tuple(tried[best]),
        tried_km=errors,
    )


def rmse(overlaps: Sequence[Overlap], found: Sequence[NDArray[np.float64]]) -> float:
    """Root mean square of found minus observed DN, over the cells that both have."""
    off = np.concatenate([(dn - one.dn)[one.seen] for one, dn in zip(overlaps, found, strict=True)])
    return float(np.sqrt(np.mean(off**2)))


def _held_out(
    overlaps: Sequence[Overlap], sigma_km: float, *, ceiling: float, threshold: float
) -> list[NDArray[np.float64]]:
    """DN of every cell by a curve that was fitted without its block."""
    folds = [_block_folds(one.dn.shape) for one in overlaps]
    found = [np.full(one.dn.shape, np.nan) for one in overlaps]
    for fold in range(FOLDS):
        used = [of_overlap != fold for of_overlap in folds]
        curve = _fit(overlaps, used, sigma_km, ceiling=ceiling, threshold=threshold)
        conversion = Conversion(curve, Cleaning(), sigma_km, threshold, ceiling)
        for one, use, into in zip(overlaps, used, found, strict=True):
            into[~use] = conversion.dn(one.radiance, one.grid)[~use]
    return found


def _fit(
    overlaps: Sequence[Overlap],
    used: Sequence[NDArray[np.bool_]],
    sigma_km: float,
    *,
    ceiling: float,
    threshold: float,
) -> LogisticCurve:
    x, dn = [], []
    for one, use in zip(overlaps, used, strict=True):
        chosen = one.seen & use
        x.append(log_radiance(one.radiance, one.grid, sigma_km=sigma_km)[chosen])
        dn.append(one.dn[chosen])
    return fit_logistic(np.concatenate(x), np.concatenate(dn), ceiling=ceiling, threshold=threshold)


def _block_folds(shape: tuple[int, int]) -> NDArray[np.int64]:
    """The fold of each cell: blocks side by side are in different folds."""
    row = np.arange(shape[0]) // BLOCK_CELLS
    col = np.arange(shape[1]) // BLOCK_CELLS
    return (2 * row[:, None] + col[None, :]) % FOLDS

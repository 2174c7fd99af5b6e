"""Intercalibration by a pseudo-invariant region: a place whose light is taken not to have changed.

Each layer is fitted to a reference layer over the region's cells, DN_reference = c0 + c1 DN + c2
DN^2, as Elvidge et al. (2009) did with Sicily and Wu et al. (2013) with several places. The user
names the region and answers for it: what changed there is taken for the sensor's doing.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from geo.errors import CalibrationError
from tiles.calibration.intercalibration import CEILING, Coefficients, CoefficientTable
from tiles.calibration.region_mask import around, inside_regions

FEWEST_CELLS = 100
"""Cells below which a fit of three coefficients is refused."""

TUKEY = 4.685
"""Robust standard deviations beyond which a cell does not count, Tukey's own."""

SMALLEST_SCALE = 0.1
"""Robust standard deviation, in DN, below which none is told from rounding."""

REWEIGHTINGS = 30


@dataclass(frozen=True, slots=True)
class InvariantFit:
    """Coefficients for every layer, and how well they fit."""

    table: CoefficientTable
    """The coefficients."""
    cells: dict[tuple[str, int], int]
    """Cells that each fit rests on."""
    rmse: dict[tuple[str, int], float]
    """Root mean square of the residuals, in DN."""


def fit_invariant(
    light: xr.DataArray,
    regions: gpd.GeoDataFrame,
    *,
    reference: tuple[str, int],
    ceiling: float = CEILING,
) -> InvariantFit:
    """Fit every layer to a reference layer over a region.

    Only cells that are lit and not saturated in both layers count. Cells are weighed by
    Tukey's function, so that a quarter that was built meanwhile does not bend the curve.

    Parameters
    ----------
    light : DataArray
        Dimensions ``year``, ``y``, ``x``; ``satellite`` is a coordinate along ``year``. What lies
        around the region is read, two layers at a time.
    regions : GeoDataFrame
        Polygons of the region.
    reference : (str, int)
        Satellite and year of the layer onto which the others are put.
    ceiling : float
        The value of saturation.

    Returns
    -------
    InvariantFit

    Raises
    ------
    CalibrationError
        If the reference is not among the layers, or fewer than 100 cells can be compared.
    """
    names = [str(name) for name in light.coords["satellite"].to_numpy()]
    years = [int(year) for year in light.coords["year"].to_numpy()]
    keys = list(zip(names, years, strict=True))
    if reference not in keys:
        raise CalibrationError(
            "pseudo-invariant region",
            expected=f"a layer of {reference[0]} {reference[1]}, the reference",
            found=", ".join(f"{name} {year}" for name, year in keys),
            hint="name a satellite and year that the tiles have",
        )
    light = around(light, regions)
    inside = inside_regions(light, regions)
    target = _cells(light.isel(year=keys.index(reference)), inside)
    rows: dict[tuple[str, int], Coefficients] = {}
    cells: dict[tuple[str, int], int] = {}
    rmse: dict[tuple[str, int], float] = {}
    for k, key in enumerate(keys):
        found = _cells(light.isel(year=k), inside)
        usable = (found > 0.0) & (found < ceiling) & (target > 0.0) & (target < ceiling)
        cells[key] = int(np.count_nonzero(usable))
        if cells[key] < FEWEST_CELLS:
            raise CalibrationError(
                f"pseudo-invariant region, {key[0]} {key[1]}",
                expected=f"at least {FEWEST_CELLS} cells lit and not saturated in both layers",
                found=f"{cells[key]}",
                hint="name a larger region, or one with more light",
            )
        rows[key], rmse[key] = _fit(found[usable], target[usable])
    citation = f"fitted over the study's region to {reference[0]} {reference[1]}"
    return InvariantFit(CoefficientTable("pseudo-invariant region", citation, rows), cells, rmse)


def _cells(layer: xr.DataArray, inside: xr.DataArray) -> NDArray[np.float64]:
    values, chosen = layer.to_numpy(), inside.to_numpy()
    return np.asarray(values[chosen], dtype=np.float64)


def _fit(light: NDArray[np.float64], target: NDArray[np.float64]) -> tuple[Coefficients, float]:
    """A polynomial by least squares with Tukey's weights, and the rmse over what they kept."""
    design = np.stack([np.ones_like(light), light, light**2], axis=1)
    weights = np.ones_like(light)
    found = np.zeros(3)
    for _ in range(REWEIGHTINGS):
        root = np.sqrt(weights)
        found, *_ = np.linalg.lstsq(design * root[:, None], target * root, rcond=None)
        off = np.abs(design @ found - target)
        scale = max(float(np.median(off)) / 0.6745, SMALLEST_SCALE)
        weights = np.where(off < TUKEY * scale, (1.0 - (off / (TUKEY * scale)) ** 2) ** 2, 0.0)
    kept = weights > 0.0
    c0, c1, c2 = (float(value) for value in found)
    return (c0, c1, c2), float(np.sqrt(np.mean((design[kept] @ found - target[kept]) ** 2)))

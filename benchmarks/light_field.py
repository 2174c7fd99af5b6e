"""Made-up light: skewed, clustered and noisy like the real products, and about as compressible.

Settlements of log-normal brightness are drawn where a smooth density says, and blurred at three
scales. A float year has noise in every cell of the land, as unmasked VIIRS radiances do; an integer
year is a logarithmic scale from 0 to 63 that is dark outside settlements, as DMSP's is.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, zoom

Floats32 = npt.NDArray[np.float32]

COARSE = 20
"""Cells of the grid to a side of the smooth fields' cells."""

SETTLEMENTS = 8000
GLOW = ((10.0, 1.5), (20.0, 5.0), (40.0, 18.0))
"""Weight, and scale in cells of a 4,200-row grid, of the blurs that make a settlement's light."""

FIRST_YEAR = 2012
GROWTH = 1.03


@dataclass(frozen=True, slots=True)
class LightField:
    """What the years of one grid have in common."""

    light: Floats32
    """(rows, columns) light of the first year, 0 at sea."""
    land: npt.NDArray[np.bool_]
    """(rows, columns) whether a cell is land."""
    seed: int
    """Seed of the years' noise."""


def light_field(shape: tuple[int, int], *, seed: int) -> LightField:
    """The light that all years share.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns, multiples of 20.
    seed : int

    Returns
    -------
    LightField
    """
    rng = np.random.default_rng(seed)
    coarse = shape[0] // COARSE, shape[1] // COARSE
    smooth = gaussian_filter(rng.standard_normal(coarse), coarse[0] / 17)
    smooth /= smooth.std()
    y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in coarse), indexing="ij")
    height = 0.9 - np.hypot(x, y) + 0.25 * smooth
    settled = np.exp(1.5 * smooth) * (height > 0)
    land = zoom(height, COARSE, order=1) > 0
    points = _settlements(settled, shape, rng)
    scale = shape[0] / 4200
    light = sum(weight * gaussian_filter(points, blur * scale) for weight, blur in GLOW)
    texture = np.exp(0.3 * rng.standard_normal(shape, dtype=np.float32))
    return LightField(light=(light * land * texture).astype(np.float32), land=land, seed=seed)


def float_year(field: LightField, year: int) -> Floats32:
    """One year's radiances, float32 (rows, columns), noisy on land and 0 at sea."""
    noise = _noise(field, year)
    radiance = (field.light * _level(year) + 0.25) + 0.08 * noise
    return np.asarray(np.where(field.land, np.maximum(radiance, 0), 0), dtype=np.float32)


def integer_year(field: LightField, year: int) -> npt.NDArray[np.int8]:
    """One year's digital numbers, int8 (rows, columns), from 0 to 63."""
    light = field.light * _level(year)
    numbers = 8 * np.log2(1 + light) + 2 * _noise(field, year)
    return np.where(light > 0.7, np.clip(np.rint(numbers), 0, 63), 0).astype(np.int8)


def _settlements(
    settled: npt.NDArray[np.float64], shape: tuple[int, int], rng: np.random.Generator
) -> Floats32:
    """Brightness at the settlements' cells, 0 elsewhere."""
    share = settled.ravel() / settled.sum()
    row, column = np.divmod(rng.choice(share.size, SETTLEMENTS, p=share), settled.shape[1])
    row = row * COARSE + rng.integers(0, COARSE, SETTLEMENTS)
    column = column * COARSE + rng.integers(0, COARSE, SETTLEMENTS)
    points = np.zeros(shape, dtype=np.float32)
    scale = (shape[0] / 4200) ** 2
    np.add.at(points, (row, column), scale * rng.lognormal(3, 1.4, SETTLEMENTS))
    return points


def _level(year: int) -> float:
    return float(GROWTH ** (year - FIRST_YEAR))


def _noise(field: LightField, year: int) -> Floats32:
    rng = np.random.default_rng([field.seed, year])
    return rng.standard_normal(field.light.shape, dtype=np.float32)

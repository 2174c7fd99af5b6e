"""Light shift: whether boundaries fit light better in another datum, or shifted freely.

Units differ in light. Where their borders lie right, cells of a kind fall into the same unit, and
the light inside units varies least. The variance inside units is therefore compared between the
candidate datums, city by city, and between free shifts. Real borders seldom run along a change of
light, and cells are as large as the shift: expect an answer only for many small units and fine
cells (`docs/boundaries.md` has figures). No answer is the usual one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from geo.boundaries import Units
from geo.coverage import coverage
from geo.datum import METRES_PER_DEGREE, Datum, to_wgs84
from geo.datum_shift import DATUMS
from geo.errors import DatumError
from geo.grid import Grid
from geo.reproject import rings_in_grid
from geo.rings import Floats, Rings, subset

BEYOND_DOUBT = 4.0
"""Standard errors by which a candidate must be ahead: four candidates or more are tried."""

FEWEST_GROUPS = 8
MOST_UNITS = 3_000
STEPS = (-1, 0, 1)
STEP_M = 600.0


@dataclass(frozen=True, slots=True)
class LightShift:
    """How units lie against light."""

    datum: Datum
    """The datum in which light varies least inside units."""
    ahead: Mapping[Datum, float]
    """By how many standard errors each fits better than the coordinates as they stand."""
    east_m: float
    """The free shift of the units that fits best, to the east, in steps of 600 metres."""
    north_m: float
    """And to the north."""
    free_ahead: float
    """By how many standard errors that shift fits better than none."""

    @property
    def is_clear(self) -> bool:
        """Whether some other datum than the coordinates' own fits better beyond doubt."""
        return self.ahead[self.datum] > BEYOND_DOUBT


def compare_with_light(units: Units, light: NDArray[np.floating], grid: Grid) -> LightShift:
    """Try every datum, and free shifts, for units whose coordinates are taken as WGS84.

    Parameters
    ----------
    units : Units
        In longitude and latitude; of more than 3,000 every second, third, ... is taken.
    light : float array, (rows, columns)
        Light >= 0; NaN where there is none.
    grid : Grid
        Of the light.

    Returns
    -------
    LightShift
        Standard errors are those of a mean over cities, or over units where there are fewer than
        eight cities.

    Raises
    ------
    DatumError
        If the units are not in longitude and latitude.
    NightpanelError
        As `geo.reproject.rings_in_grid` and `geo.coverage.coverage`.
    """
    if not units.crs.is_geographic:
        raise DatumError(
            f"{units.source}, datum",
            expected="longitude and latitude, for which other datums are defined",
            found=f"coordinates in {units.crs.name}",
            hint="bring the file back to longitude and latitude first (EPSG:4326)",
        )
    count = len(units.attributes)
    chosen = np.arange(0, count, -(-count // MOST_UNITS))
    rings = subset(units.polygons.rings, chosen)
    cities = units.attributes["city_id"].to_numpy()[chosen]
    names, city = np.unique(cities, return_inverse=True)
    group = city if len(names) >= FEWEST_GROUPS else np.arange(len(chosen))
    within = _Within(np.log1p(np.asarray(light, dtype=np.float64)), grid, units.crs)
    here = within(rings)
    found = {datum: within(replace(rings, xy=to_wgs84(rings.xy, datum))) for datum in DATUMS[1:]}
    ahead = {DATUMS[0]: 0.0} | {datum: _ahead(here - one, group) for datum, one in found.items()}
    total = {datum: float(one.sum()) for datum, one in {DATUMS[0]: here, **found}.items()}
    east, north, free = _free(within, rings, here)
    return LightShift(
        datum=min(total, key=total.__getitem__),
        ahead=MappingProxyType(ahead),
        east_m=east,
        north_m=north,
        free_ahead=_ahead(here - free, group),
    )


@dataclass(frozen=True, slots=True)
class _Within:
    """Sums of squares of light inside units."""

    light: Floats
    grid: Grid
    crs: CRS

    def __call__(self, rings: Rings, shift_m: tuple[float, float] = (0.0, 0.0)) -> Floats:
        """(n_units,) share-weighted squares around each unit's mean."""
        n_units = len(rings.unit_starts) - 1
        moved = rings_in_grid(rings, self.crs, self.grid, names=range(n_units))
        if shift_m != (0.0, 0.0):
            moved = replace(moved, xy=moved.xy + _in_plane(shift_m, moved, self.grid))
        indptr, cells, weights = coverage(moved, self.grid).csr()
        values = self.light.ravel()[cells]
        unit = np.repeat(np.arange(n_units), np.diff(indptr))
        seen = np.isfinite(values)
        unit, values, weights = unit[seen], values[seen], weights[seen]
        area, total, squares = (
            np.bincount(unit, weights=weights * values**power, minlength=n_units)
            for power in (0, 1, 2)
        )
        some = area > 0.0
        return np.asarray(np.where(some, squares - total**2 / np.where(some, area, 1.0), 0.0))


def _in_plane(shift_m: tuple[float, float], rings: Rings, grid: Grid) -> Floats:
    """A shift in metres in the plane's units."""
    if grid.is_geographic:
        latitude = np.radians(np.median(rings.xy[:, 1]))
        per_metre = np.array([1.0 / np.cos(latitude), 1.0]) / METRES_PER_DEGREE
    else:
        per_metre = np.full(2, 1.0 / grid.crs.axis_info[0].unit_conversion_factor)
    return np.asarray(np.multiply(shift_m, per_metre), dtype=np.float64)


def _free(within: _Within, rings: Rings, here: Floats) -> tuple[float, float, Floats]:
    """The shift that fits best: metres by which units lie east and north, and what is left."""
    best = (0.0, 0.0, here)
    for column in STEPS:
        for row in STEPS:
            back = (-STEP_M * column, -STEP_M * row)
            left = within(rings, back)
            if left.sum() < best[2].sum():
                best = (-back[0], -back[1], left)
    return best


def _ahead(gain: Floats, group: NDArray[np.int64]) -> float:
    """Standard errors by which the sum of gains over groups exceeds zero."""
    sums = np.bincount(group, weights=gain)
    spread = sums.std(ddof=1) * np.sqrt(len(sums)) if len(sums) > 1 else 0.0
    return float(sums.sum() / spread) if spread > 0.0 else 0.0

"""The geometry of units as rings: taken apart once, and only if somebody needs it."""

import hashlib
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from geo._rings import Rings, rings_of
from geo.area import geodesic_area_km2
from geo.boundaries import Units
from geo.grid import Grid
from geo.reproject import rings_in_grid


class UnitGeometry:
    """Units, with what is derived from their geometry alone.

    Parameters
    ----------
    units : Units
    digest : str, optional
        Their digest, if it is known.
    """

    def __init__(self, units: Units, digest: str | None = None) -> None:
        self.units, self._known = units, digest

    @cached_property
    def rings(self) -> Rings:
        """In the units' own CRS."""
        return rings_of(self.units.table.geometry.array)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of CRS and rings, in their order."""
        if self._known is not None:
            return self._known
        rings = self.rings
        digest = hashlib.sha256(str(self.units.table.crs.to_wkt()).encode())
        for array in (rings.xy, rings.ring_starts, rings.part_starts, rings.unit_starts):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def area_km2(self) -> NDArray[np.float64]:
        """(n_units,) as `geo.area.geodesic_area_km2`."""
        return geodesic_area_km2(self.units.table, rings=self.rings)

    def in_grid(self, grid: Grid) -> Rings:
        """As `geo.reproject.rings_in_grid`."""
        return rings_in_grid(self.units.table, grid, rings=self.rings)

"""What is derived from the geometry of units alone."""

import hashlib
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from geo.area import rings_area_km2
from geo.boundaries import Units
from geo.grid import Grid
from geo.reproject import rings_in_grid
from geo.rings import Rings


class UnitGeometry:
    """Units, with their digest, their area and their place on a grid.

    Parameters
    ----------
    units : Units
    digest : str, optional
        Their digest, if it is known.
    """

    def __init__(self, units: Units, digest: str | None = None) -> None:
        self.units, self._known = units, digest

    @cached_property
    def digest(self) -> str:
        """SHA-256 of CRS, rings in their order, and which units are a Polygon."""
        if self._known is not None:
            return self._known
        rings = self.units.polygons.rings
        digest = hashlib.sha256(str(self.units.crs.to_wkt()).encode())
        starts = (rings.ring_starts, rings.part_starts, rings.unit_starts)
        for array in (rings.xy, *starts, self.units.polygons.single):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def area_km2(self) -> NDArray[np.float64]:
        """(n_units,) as `geo.area.geodesic_area_km2`."""
        return rings_area_km2(self.units.polygons.rings, self.units.crs)

    def in_grid(self, grid: Grid) -> Rings:
        """As `geo.reproject.rings_in_grid`."""
        units = self.units
        names = units.attributes["unit_id"]
        return rings_in_grid(units.polygons.rings, units.crs, grid, names=names)

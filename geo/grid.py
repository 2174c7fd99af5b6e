"""Grid: the coordinate reference system, affine transform and shape of a tile.

Two tiles share a grid only if all three are equal, to the bit: a shift by a fraction of a cell is
another grid, with another coverage.
"""

import hashlib
import math
from dataclasses import dataclass, field
from operator import index
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from geo.errors import GridError
from geo.window import Window

if TYPE_CHECKING:
    # A grid gets its CRS from whoever reads it: names are all that is needed of pyproj here.
    from pyproj import CRS

Transform = tuple[float, float, float, float, float, float]

LATTICE_TOLERANCE = 1e-3
"""How far, in cells, cells may lie off a common lattice: rounding of coordinates."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A regular grid of cells in the plane of a coordinate reference system.

    Rows may run south or north and columns east or west; rotated grids are refused with a
    ``GridError``. Equality and hash use the CRS's WKT2 text, the transform and the shape.
    """

    crs: "CRS" = field(compare=False)
    """The coordinate reference system of the plane; coordinates are in the order x, y."""
    transform: Transform
    """(a, b, c, d, e, f) with x = a col + b row + c and y = d col + e row + f; b = d = 0."""
    shape: tuple[int, int]
    """Rows and columns, both positive."""
    crs_wkt: str = field(init=False, repr=False)
    """The CRS as WKT2:2019 text, what equality compares."""
    grid_id: str = field(init=False, compare=False)
    """The first 12 hexadecimal digits of the SHA-256 of WKT2, transform and shape."""

    def __post_init__(self) -> None:
        transform, shape = _checked(self.transform, self.shape, where="grid")
        wkt = str(self.crs.to_wkt("WKT2_2019"))
        digest = hashlib.sha256(f"{wkt}\n{transform!r}\n{shape!r}".encode()).hexdigest()
        object.__setattr__(self, "transform", transform)
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "crs_wkt", wkt)
        object.__setattr__(self, "grid_id", digest[:12])

    @classmethod
    def checked(
        cls, *, crs: "CRS", transform: Transform, shape: tuple[int, int], where: str
    ) -> Self:
        """Build a grid whose errors name the tile it came from.

        Parameters
        ----------
        crs : pyproj.CRS
        transform : tuple of 6 floats
            (a, b, c, d, e, f), the order of rasterio's ``Affine``.
        shape : tuple of 2 ints
            Rows and columns.
        where : str
            The tile's path, for the error.

        Raises
        ------
        GridError
            If the grid is rotated, has a cell without extent, is not finite or is empty.
        """
        kept, size = _checked(transform, shape, where=where)
        return cls(crs=crs, transform=kept, shape=size)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(x_min, y_min, x_max, y_max) of the grid's outer edge, in CRS units."""
        a, _, c, _, e, f = self.transform
        rows, cols = self.shape
        x, y = sorted((c, c + a * cols)), sorted((f, f + e * rows))
        return x[0], y[0], x[1], y[1]

    @property
    def cell_size(self) -> tuple[float, float]:
        """(width, height) of a cell, in CRS units, both positive."""
        return abs(self.transform[0]), abs(self.transform[4])

    @property
    def is_geographic(self) -> bool:
        """Whether the plane is longitude and latitude."""
        return bool(self.crs.is_geographic)

    def to_cells(
        self, x: npt.ArrayLike, y: npt.ArrayLike
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Turn plane coordinates into cell coordinates.

        Parameters
        ----------
        x, y : array_like of float
            Coordinates in the grid's CRS, of any one shape.

        Returns
        -------
        col, row : float64 arrays
            Of the same shape; cell (i, j) covers ``i <= row < i + 1`` and ``j <= col < j + 1``.
        """
        a, _, c, _, e, f = self.transform
        col = (np.asarray(x, dtype=np.float64) - c) / a
        row = (np.asarray(y, dtype=np.float64) - f) / e
        return col, row

    def part(self, window: Window) -> "Grid":
        """The grid of a window's cells alone."""
        a, _, c, _, e, f = self.transform
        corner = (a, 0.0, c + a * window.first_col, 0.0, e, f + e * window.first_row)
        return Grid(crs=self.crs, transform=corner, shape=window.shape)

    def offset_from(self, other: "Grid") -> tuple[float, float] | None:
        """How far this grid's first corner lies from that of another one, in cells.

        Parameters
        ----------
        other : Grid

        Returns
        -------
        tuple of 2 floats, or None
            Columns to the right and rows down, counted in the cells of ``other``; None if the two
            have other cells or another CRS, so that no offset brings one onto the other.
        """
        a, _, c, _, e, f = other.transform
        wide, high = abs(self.transform[0] / a - 1.0), abs(self.transform[4] / e - 1.0)
        rows, cols = self.shape
        if self.crs_wkt != other.crs_wkt or max(wide * cols, high * rows) > LATTICE_TOLERANCE:
            return None
        return (self.transform[2] - c) / a, (self.transform[5] - f) / e

    def around(self, bounds: tuple[float, float, float, float]) -> Window | None:
        """The cells that a rectangle touches.

        Parameters
        ----------
        bounds : tuple of 4 floats
            (x_min, y_min, x_max, y_max) in the grid's CRS.

        Returns
        -------
        Window or None
            None if the rectangle lies off the grid.
        """
        x_low, y_low, x_high, y_high = bounds
        col, row = self.to_cells([x_low, x_high], [y_low, y_high])
        rows, cols = self.shape
        first_row, first_col = max(math.floor(row.min()), 0), max(math.floor(col.min()), 0)
        end_row, end_col = min(math.ceil(row.max()), rows), min(math.ceil(col.max()), cols)
        if first_row >= end_row or first_col >= end_col:
            return None
        return Window(first_row, end_row, first_col, end_col)


def _checked(
    transform: Transform, shape: tuple[int, int], *, where: str
) -> tuple[Transform, tuple[int, int]]:
    """Transform as six floats and shape as two ints, or a GridError that names ``where``."""
    # Adding zero turns -0.0 into 0.0: equal transforms then have equal texts and digests.
    a, b, c, d, e, f = (float(value) + 0.0 for value in tuple(transform)[:6])
    rows, cols = (index(value) for value in shape)
    if not all(math.isfinite(value) for value in (a, b, c, d, e, f)):
        raise GridError(
            where,
            expected="a finite affine transform",
            found=f"{(a, b, c, d, e, f)}",
            hint="rewrite the tile with a proper geotransform",
        )
    if b != 0.0 or d != 0.0:
        raise GridError(
            where,
            expected="a grid whose rows and columns follow the axes (b = d = 0)",
            found=f"a rotated grid with b = {b!r}, d = {d!r}",
            hint="warp the tile to an unrotated grid first, for example with gdalwarp",
        )
    if a == 0.0 or e == 0.0 or rows < 1 or cols < 1:
        raise GridError(
            where,
            expected="cells with an extent, and at least one row and one column",
            found=f"cell width {a!r}, cell height {e!r}, {rows} rows, {cols} columns",
            hint="check how the tile was written",
        )
    return (a, b, c, d, e, f), (rows, cols)

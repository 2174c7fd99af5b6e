"""The part of a tile that lies around another grid."""

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from geo.errors import NoOverlapError
from geo.grid import Grid
from geo.window import Window
from tiles.lazy import light_in
from tiles.tile import Tile

EDGE_POINTS = 50
"""Points along each edge that are brought into the other plane."""


def around_tile(tile: Tile, other: Grid) -> tuple[Grid, NDArray[np.float64]]:
    """Read a tile around another grid.

    Parameters
    ----------
    tile : Tile
    other : Grid

    Returns
    -------
    Grid
        That of the part.
    float64 array
        Its values, NaN where there is fill.

    Raises
    ------
    NoOverlapError
        If the two grids show different places.
    ContractError
        If a value breaks the contract of the tile's product.
    """
    window = window_around(tile.grid, other)
    if window is None:
        raise NoOverlapError(
            tile.where,
            expected="a tile around the other one",
            found="two different places",
            hint="name files of the same place",
        )
    light = light_in(tile, window, checked=True)
    return tile.grid.part(window), light.astype(np.float64)


def around_bounds(grid: Grid, other: Grid) -> Grid | None:
    """The part of a grid that lies around another one; None if they are apart."""
    window = window_around(grid, other)
    return None if window is None else grid.part(window)


def window_around(grid: Grid, other: Grid) -> Window | None:
    """The cells of a grid around another one; None if they are apart."""
    move = Transformer.from_crs(other.crs, grid.crs, always_xy=True)
    return grid.around(move.transform_bounds(*other.bounds, densify_pts=EDGE_POINTS))

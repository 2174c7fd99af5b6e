"""Where a tile of the map lies in the web's Mercator plane (EPSG:3857)."""

import math
from dataclasses import dataclass

HALF = math.pi * 6378137.0
"""Half of the plane's width, metres."""
LAST_ZOOM = 14
"""The finest zoom at which tiles are made; the map enlarges those beyond it."""
TILE_PIXELS = 512
"""Width of a vector tile on the screen."""


@dataclass(frozen=True, slots=True)
class TileBox:
    """A tile by zoom, column from the west and row from the north."""

    zoom: int
    """0 to `LAST_ZOOM`: the plane is 2**zoom tiles wide."""
    column: int
    """0 to 2**zoom - 1."""
    row: int
    """0 to 2**zoom - 1."""

    @property
    def exists(self) -> bool:
        """Whether the plane has such a tile."""
        wide = 1 << self.zoom if 0 <= self.zoom <= LAST_ZOOM else 0
        return 0 <= self.column < wide and 0 <= self.row < wide

    @property
    def size(self) -> float:
        """Width in metres."""
        return 2 * HALF / (1 << self.zoom)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top, metres."""
        left, top = -HALF + self.column * self.size, HALF - self.row * self.size
        return left, top - self.size, left + self.size, top


def pixel_metres(zoom: float) -> float:
    """Width of a pixel of the screen at the equator, metres."""
    return 2 * HALF / TILE_PIXELS / math.exp2(zoom)

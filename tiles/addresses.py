"""Addresses: digests of everything that decides a result, under which it is kept.

The address of a coverage is made of the units' geometry and CRS, the grid, and the code that
covers; that of a tile's sums of its coverage, the tile's bytes, the product's contract and the code
that adds. Code is told by `tiles.made_with`.
"""

from dataclasses import dataclass
from pathlib import Path

from geo.grid import Grid
from tiles.catalog import Tile
from tiles.digest import digest_of
from tiles.file_state import FileState
from tiles.made_with import made_with


@dataclass(frozen=True, slots=True)
class Identity:
    """What a tile's file is."""

    state: FileState
    """Its state before anything was read."""
    digest: str | None
    """SHA-256 of its bytes in hexadecimal; None if nobody asked, and then nothing is kept."""


@dataclass(frozen=True, slots=True)
class TileAddress:
    """Where the sums of a tile come from."""

    path: Path
    """The file."""
    product: str
    """Its product."""
    year: int
    """Its year."""
    digest: str | None
    """SHA-256 of its bytes, if they were digested."""
    grid_id: str
    """Its grid."""
    coverage: str
    """Address of the coverage."""
    sums: str
    """Address of its sums."""


def coverage_address(units: str, grid: Grid) -> str:
    """Address of the coverage of units, given by their digest, on a grid."""
    where = (grid.crs_wkt, grid.transform, grid.shape)
    return digest_of("coverage", made_with("tiles.grid_coverage"), units, where)


def area_address(units: str) -> str:
    """Address of the geodesic areas of units, given by their digest."""
    return digest_of("area", made_with("geo.area"), units)


def sums_address(coverage: str, tile: Tile, identity: Identity, *, geodesic: bool) -> str:
    """Address of a tile's sums.

    Where the bytes were not digested the file's path, size and time of last change stand for
    them: enough within a run and for a scheduler that outlives it, not for a store.
    """
    state = identity.state
    content = identity.digest or (str(tile.path), state.size, state.mtime_ns)
    contract = (tile.product, tile.fill_values, tile.dtype)
    return digest_of("sums", made_with("tiles.sums"), coverage, content, contract, geodesic)

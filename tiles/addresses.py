"""Addresses: digests of everything that decides a result, under which it is kept.

The address of a coverage is made of the units' geometry and CRS, the grid, and the code that
covers; that of a tile's sums of its coverage, the tile's bytes, the product's contract and the code
that adds. Code is told by `tiles.made_with`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from geo.grid import Grid
from tiles.digest import digest_of
from tiles.file_state import file_state
from tiles.made_with import made_with
from tiles.tile import Tile


@dataclass(frozen=True, slots=True)
class TileAddress:
    """Where the sums of a tile come from."""

    where: str
    """Path or address of its file, of the first if it has several."""
    product: str
    """Its label in tables."""
    year: int
    """Its year."""
    digest: str | None
    """What tells its values from all others, if its files were digested: of one file the SHA-256 of
    its bytes."""
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


def sums_address(coverage: str, tile: Tile, digest: str | None, *, geodesic: bool) -> str:
    """Address of a tile's sums.

    Where the files were not digested their paths, sizes and times of last change stand for them:
    enough within a run and for a scheduler that outlives it, not for a store.
    """
    content = digest or tile.source.content(lambda path: (str(path), file_state(path)))
    contract = (tile.product, tile.fill_values, tile.dtype)
    return digest_of(
        "sums", made_with("tiles.sums", "tiles.open_tile"), coverage, content, contract, geodesic
    )


def tile_digest(tile: Tile, of_file: Callable[[Path], str]) -> str:
    """What tells a tile's values from all others.

    Parameters
    ----------
    tile : Tile
    of_file : callable
        The digest of a file, or of a store's folder.

    Returns
    -------
    str
        For a tile of a single file what ``of_file`` gives, else a digest of all that it is made of.
    """
    content = tile.source.content(of_file)
    return content if isinstance(content, str) else digest_of(content)

"""Tiles of one product on several grids: accepted, each with its own coverage, and said."""

from collections.abc import Sequence
from itertools import groupby, pairwise

from geo.audit import AuditRow
from tiles.tile import Tile


def shift_text(tile: Tile, before: Tile) -> str:
    """Where the cells of a tile lie against those of another one; empty if they are the same.

    Parameters
    ----------
    tile, before : Tile

    Returns
    -------
    str
    """
    if tile.grid == before.grid:
        return ""
    offset = tile.grid.offset_from(before.grid)
    if offset is None:
        return f"other cells or another CRS than {before.name}"
    right, down = (cells + 0.0 for cells in offset)
    return f"cells {right:+.3f} columns and {down:+.3f} rows off those of {before.name}"


def shift_rows(tiles: Sequence[Tile]) -> list[AuditRow]:
    """A row for each tile on another grid than the one before it of its product.

    Parameters
    ----------
    tiles : sequence of Tile

    Returns
    -------
    list of AuditRow
    """
    rows = []
    in_order = sorted(tiles, key=lambda tile: (tile.product.name, tile.year, tile.where))
    for _, some in groupby(in_order, key=lambda tile: tile.product.name):
        for before, tile in pairwise(some):
            text = shift_text(tile, before)
            if text:
                rows.append(AuditRow("tiles", "grid_shift", tile.name, text))
    return rows

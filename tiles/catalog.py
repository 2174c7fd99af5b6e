"""The catalogue: which tiles there are, of which product and year, and whether they are sane.

Only names and headers are read here; values are checked where they are summed.
"""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from geo.audit import AuditRow
from geo.errors import DuplicateYearError, MissingYearError
from tiles.grid_shift import shift_rows
from tiles.products import Product
from tiles.several import REFUSE, Group, Rule, groups
from tiles.size_limits import DEFAULT_LIMITS, SizeLimits
from tiles.tile import Tile
from tiles.tile_files import stores_and_files
from tiles.tile_names import Named, left_out, named

__all__ = ["Catalog", "Tile", "read_catalog"]


@dataclass(frozen=True, slots=True)
class Catalog:
    """The tiles of a run."""

    tiles: tuple[Tile, ...]
    """Ordered by product and year; one for each, unless several are to be averaged."""
    audit: tuple[AuditRow, ...]
    """What was guessed from names and what was left out."""


def read_catalog(
    patterns: Sequence[str | Path],
    *,
    product: Product | None = None,
    years: Sequence[int] | None = None,
    user: Iterable[Product] = (),
    rule: Rule = REFUSE,
    limits: SizeLimits = DEFAULT_LIMITS,
    unpack_to: Path | None = None,
    network: bool = False,
) -> Catalog:
    """Find the tiles and read their headers.

    Parameters
    ----------
    patterns : sequence of str or Path
        Paths, patterns with ``*``, ``?``, ``[...]`` and ``**``, Zarr stores, and addresses.
    product : Product, optional
        The product of all files; by default each file's name says it.
    years : sequence of int, optional
        The years to take, all of which every product must have; by default every year found.
    user : iterable of Product
        Products of the study, beside the shipped ones, for reading names.
    rule : Rule
        What is made of several files of one year; by default they are refused.
    limits : SizeLimits
        How large tiles may be.
    unpack_to : Path, optional
        Folder for files that come packed; the user's cache folder by default.
    network : bool
        Whether addresses are allowed.

    Returns
    -------
    Catalog

    Raises
    ------
    TileMissingError
        If a file does not exist, or a pattern matches none.
    TilePathError
        If a path leads to a network without leave, or to a virtual file system.
    TileNameError
        If no product or no year can be read from a name, or a name is another product's.
    DuplicateYearError, MissingYearError
        If two files claim the same product and year, or a product has no file of a year.
    TileUnreadableError, TileSizeError, MissingCrsError, GridError, ContractError
        If a header is damaged, promises too much, says not where the tile lies, or contradicts the
        product.
    """
    from tiles.open_tile import Opening, open_store, open_tile  # rasterio comes with it

    own = tuple(user)
    stores, files = stores_and_files(patterns, network=network)
    items = [named(where, product, own) for where in files]
    in_stores = [tile for path in stores for tile in open_store(path, product, own)]
    _check_years(
        patterns,
        [
            *((item.product.name, item.facts.year) for item in items),
            *((tile.product.name, tile.year) for tile in in_stores),
        ],
        years,
    )
    wanted = [item for item in items if years is None or item.facts.year in years]
    of_years, decided = groups(wanted, rule)
    opening = Opening(limits, unpack_to)
    tiles = [open_tile(group, opening) for group in of_years]
    tiles += [tile for tile in in_stores if years is None or tile.year in years]
    tiles.sort(key=lambda tile: (*tile.key, tile.where))
    if rule.several != "average":
        _check_unique(tiles)
    left = [item for item in items if item not in wanted]
    audit = [*_guessed(of_years), *decided, *_declared(tiles), *_notes(tiles)]
    audit += [*shift_rows(tiles), *left_out(left)]
    return Catalog(tiles=tuple(tiles), audit=tuple(audit))


def _check_years(
    patterns: Sequence[str | Path],
    there: Sequence[tuple[str, int]],
    years: Sequence[int] | None,
) -> None:
    """Every product must have a tile of every year that is asked for."""
    for product in sorted({name for name, _ in there}):
        found = sorted({year for name, year in there if name == product})
        missing = sorted(set(years or ()) - set(found))
        if missing:
            raise MissingYearError(
                f"tiles {', '.join(str(pattern) for pattern in patterns)}",
                expected=f"a tile of {product} of the year {', '.join(map(str, missing))}",
                found=f"tiles of {', '.join(map(str, found))}",
                hint="add the tile, or take the year out of the years, key study.years",
            )


def _check_unique(tiles: Sequence[Tile]) -> None:
    """A store and a file may bring the same year."""
    for first, second in itertools.pairwise(tiles):
        if first.key == second.key:
            raise DuplicateYearError(
                second.where,
                expected=f"one tile of {first.product_label} for {first.year}",
                found=f"a second one, {first.where}",
                hint="name only one of the two",
            )


def _guessed(of_years: Sequence[Group]) -> list[AuditRow]:
    items: list[Named] = [item for group in of_years for item in group.files]
    return [item.audit for item in items if item.audit is not None]


def _declared(tiles: Sequence[Tile]) -> list[AuditRow]:
    """A row for each declared nodata that the product does not know; it is taken as fill."""
    rows = []
    for tile in tiles:
        known = tile.nodata is None or math.isnan(tile.nodata)
        if known or tile.nodata in tile.product.fill_values:
            continue
        detail = (
            f"{tile.nodata:g} is taken as fill, as the file declares; not in {tile.product.name}"
        )
        rows.append(AuditRow("tiles", "declared_nodata", tile.name, detail))
    return rows


def _notes(tiles: Sequence[Tile]) -> list[AuditRow]:
    """What is known of the files of some years."""
    return [
        AuditRow("tiles", "product_note", tile.name, note) for tile in tiles for note in tile.notes
    ]

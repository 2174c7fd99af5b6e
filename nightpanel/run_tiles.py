"""`nightpanel tiles`: what files of light are, and whether they keep their contracts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

from geo.errors import ContractError, NightpanelError
from nightpanel.problems import attempt
from tiles.contract import check_contract
from tiles.open_tile import Opening, open_store, open_tile
from tiles.products import Product, product_named, read_products
from tiles.several import Group, Rule, groups
from tiles.size_limits import DEFAULT_LIMITS, SizeLimits
from tiles.stac import write_stac
from tiles.tile import Tile
from tiles.tile_facts import TileFacts, tile_facts
from tiles.tile_files import stores_and_files
from tiles.tile_names import Named, named


@dataclass(frozen=True, slots=True)
class TileReport:
    """What files are."""

    facts: tuple[TileFacts, ...]
    """One for each tile that can be read, by product and year."""
    problems: tuple[NightpanelError, ...]
    """What is wrong with files, in their order."""
    stac: Path | None = None
    """The catalogue that was written."""


def tiles(
    files: Sequence[str | Path],
    *,
    product: str | None = None,
    products: Path | None = None,
    stac: Path | None = None,
    network: bool = False,
    limits: SizeLimits = DEFAULT_LIMITS,
    threads: int | None = None,
) -> TileReport:
    """Read files of light, every cell of them, and tell what they are.

    Files of one year are looked at side by side, whatever a study would make of them.

    Parameters
    ----------
    files : sequence of str or Path
        As for a study's ``lights.tiles``.
    product : str, optional
        The product of all files; by default each name says it.
    products : Path, optional
        TOML file of products of the user's own.
    stac : Path, optional
        Folder for a STAC catalogue of the tiles that keep their contracts.
    network : bool
        Whether files may be on web servers.
    limits : SizeLimits
        How large files may be.
    threads : int, optional
        Threads of this process; by default one for each processor.

    Returns
    -------
    TileReport

    Raises
    ------
    NightpanelError
        If there is no such file at all.
    """
    own = () if products is None else read_products(products)
    known = None if product is None else product_named(product, user=own)
    problems: list[NightpanelError] = []
    stores, others = stores_and_files(files, network=network)
    named_files = _named(others, known, own, problems)
    opened = _opened(stores, named_files, known, own, Opening(limits), problems)
    facts, wrong = tile_facts(opened, threads=threads)
    problems += wrong.values()
    good = []
    for one in facts:
        kept = attempt(partial(_check, one), problems)
        good += [] if kept is None else [one.tile]
    written = write_stac(good, stac) if stac is not None and good else None
    return TileReport(tuple(facts), tuple(problems), written)


def _named(
    files: Sequence[str],
    product: Product | None,
    own: Sequence[Product],
    problems: list[NightpanelError],
) -> list[Named]:
    """The files whose names can be read."""
    found = (attempt(partial(named, where, product, own), problems) for where in files)
    return [item for item in found if item is not None]


def _opened(
    stores: Sequence[Path],
    files: Sequence[Named],
    product: Product | None,
    own: Sequence[Product],
    opening: Opening,
    problems: list[NightpanelError],
) -> list[Tile]:
    """The tiles of files whose headers can be read."""
    found: list[Tile] = []
    for path in stores:
        found += attempt(partial(open_store, path, product, own), problems) or []
    for group in _groups(files, problems):
        tile = attempt(partial(open_tile, group, opening), problems)
        found += [] if tile is None else [tile]
    return sorted(found, key=lambda tile: tile.key)


def _groups(items: Sequence[Named], problems: list[NightpanelError]) -> list[Group]:
    """Files by tiles; a year with one of them twice does not hide the others."""
    rule = Rule("keep-both")

    def year(item: Named) -> tuple[str, int]:
        return item.product.name, item.facts.year

    found: list[Group] = []
    for _, some in groupby(sorted(items, key=year), key=year):
        made = attempt(partial(groups, list(some), rule), problems)
        found += [] if made is None else made[0]
    return found


def _check(facts: TileFacts) -> bool:
    """Refuse values outside the contract, and a year that shows nothing."""
    tile, counts = facts.tile, facts.counts
    check_contract([tile], [counts.breaches])
    if not counts.valid:
        raise ContractError(
            tile.where,
            expected="cells with an observation",
            found=f"{counts.cells} cells of fill",
            hint="fetch the file again",
        )
    if counts.low == counts.high:
        raise ContractError(
            tile.where,
            expected="light that differs from cell to cell",
            found=f"{counts.low:g} in all {counts.valid} cells",
            hint="fetch the file again",
        )
    return True

"""`nightpanel crosswalk`: weights between two vintages of boundaries, by area or by light."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import geopandas as gpd
import pandas as pd

from geo.audit import AuditRow, audit_table
from geo.boundaries import make_units, read_units
from geo.errors import CrosswalkError, MissingYearError
from geo.pieces import SLIVER, Pieces, pieces
from nightpanel.exports.whole_file import whole_file
from nightpanel.outputs import write_csv
from panels.cities.crosswalks import Crosswalk
from panels.cities.piece_weights import crosswalk_of_pieces
from tiles.catalog import Catalog, read_catalog
from tiles.products import product_named, read_products
from tiles.zonal import zonal

By = Literal["area", "light"]
COVER_TOLERANCE = 0.05
"""Share of an old division that may lie in no new one: two drawings of a coast differ by less."""


@dataclass(frozen=True, slots=True)
class CrosswalkResult:
    """Weights between two vintages."""

    crosswalk: Crosswalk
    """Old division, new division, weight, year."""
    pieces: gpd.GeoDataFrame
    """The pieces with ``area_km2``, ``light`` where it was measured, and their polygons."""
    audit: tuple[AuditRow, ...]
    """Repairs, slivers, divisions that are covered in part, dark ones weighed by area."""


def crosswalk(
    old: Path,
    new: Path,
    *,
    old_id: str,
    new_id: str,
    year: int,
    to: Path | None = None,
    by: By = "area",
    tiles: Sequence[str | Path] = (),
    product: str | None = None,
    products: Path | None = None,
    old_layer: str | None = None,
    new_layer: str | None = None,
    sliver: float = SLIVER,
    cover_tolerance: float = COVER_TOLERANCE,
    threads: int | None = None,
) -> CrosswalkResult:
    """Weigh what each old division has in each new one.

    Parameters
    ----------
    old, new : Path
        Vector files of the two vintages.
    old_id, new_id : str
        Their columns of ids, each of which occurs once.
    year : int
        First year of the new divisions; tables are moved in the years before.
    to : Path, optional
        csv to write: ``old``, ``new``, ``weight``, ``year``, what was weighed, and ``covered``, the
        share of the old division that lies in new ones. The audit is written beside it, as
        ``NAME.audit.csv``.
    by : {"area", "light"}
        Geodesic area, or the sum of light of a tile.
    tiles : sequence of str or Path
        One tile of light, for ``by = "light"``.
    product : str, optional
        Its product; its name says it otherwise.
    products : Path, optional
        TOML file of products of the user's own.
    old_layer, new_layer : str, optional
        Layers of the files.
    sliver : float
        As `geo.pieces.pieces`.
    cover_tolerance : float
        Share of an old division's area that may lie in no new one, or in several; its weights are
        of what is covered.
    threads : int, optional

    Returns
    -------
    CrosswalkResult

    Raises
    ------
    NightpanelError
        A file cannot be read or written, an old division meets no new one or lies in new ones in
        part alone, there is not one tile.
    """
    catalog = _one_tile(tiles, product, products) if by == "light" else None
    if by == "area" and tiles:
        raise CrosswalkError(
            "crosswalk --tiles",
            expected="tiles for weights by light alone",
            found="weights by area",
            hint="add --by light, or leave the tiles out",
        )
    before = read_units(old, unit_id=old_id, city_id=old_id, layer=old_layer)
    after = read_units(new, unit_id=new_id, city_id=new_id, layer=new_layer)
    cut = pieces(before, after, sliver=sliver)
    _refuse_uncovered(cut.covered, cover_tolerance, f"{old.name} in {new.name}")
    table = cut.table if catalog is None else _with_light(cut, catalog, threads)
    source = f"{old.name} in {new.name}"
    made, weighed = crosswalk_of_pieces(
        pd.DataFrame(table.drop(columns="geometry")),
        measure="area_km2" if by == "area" else "light",
        year=year,
        instead=None if by == "area" else "area_km2",
        source=source,
    )
    audit = (*before.audit, *after.audit, *cut.audit, *weighed)
    if to is not None:
        _write(made, cut.covered, table, audit, to)
    return CrosswalkResult(made, table, audit)


def _refuse_uncovered(covered: pd.Series, tolerance: float, where: str) -> None:
    off = covered[(covered - 1.0).abs() > tolerance]
    if len(off):
        raise CrosswalkError(
            where,
            expected=f"each old division once in the new ones, within {tolerance:g} of its area",
            found=f"{off.iloc[0]:.4f} of {off.index[0]} ({len(off)} divisions in all)",
            hint="compare the two files, or allow it with --cover-tolerance: weights are then "
            "of what is covered",
        )


def _one_tile(tiles: Sequence[str | Path], product: str | None, products: Path | None) -> Catalog:
    own = () if products is None else read_products(products)
    known = None if product is None else product_named(product, user=own)
    if not tiles:
        raise MissingYearError(
            "crosswalk --tiles",
            expected="a tile of light to weigh by",
            found="none",
            hint="name one with --tiles, or weigh by area",
        )
    catalog = read_catalog(tiles, product=known, user=own)
    if len(catalog.tiles) != 1:
        years = ", ".join(str(tile.year) for tile in catalog.tiles)
        raise MissingYearError(
            "crosswalk --tiles",
            expected="light of one year",
            found=f"the years {years}",
            hint="name one tile, best the last year of the old divisions",
        )
    return catalog


def _with_light(cut: Pieces, catalog: Catalog, threads: int | None) -> gpd.GeoDataFrame:
    """The pieces with the sum of light in them."""
    named = cut.table.assign(piece=[f"{at:07d}" for at in range(len(cut.table))])
    units = make_units(named, unit_id="piece", city_id="old", source="pieces")
    (tile,) = catalog.tiles
    result = zonal(
        units,
        catalog,
        cell_area="geodesic" if tile.grid.crs.is_geographic else "planar",
        threads=threads,
    )
    light = result.unit_years.set_index("unit_id")["sum"].reindex(named["piece"])
    return cut.table.assign(light=light.fillna(0.0).to_numpy())


def _write(
    made: Crosswalk,
    covered: pd.Series,
    table: gpd.GeoDataFrame,
    audit: Sequence[AuditRow],
    to: Path,
) -> None:
    measured = pd.DataFrame(table.drop(columns="geometry"))
    rows = made.table.merge(measured, on=["old", "new"], how="left")
    rows = rows.assign(covered=rows["old"].map(covered))
    with whole_file(audit_file(to)) as draft:
        write_csv(audit_table(audit), draft)
    with whole_file(to) as draft:
        rows.to_csv(draft, index=False)  # not neutralised: the ids are read again as they are


def audit_file(to: Path) -> Path:
    """Where the audit of a crosswalk is: beside its file."""
    return to.with_name(f"{to.stem}.audit.csv")

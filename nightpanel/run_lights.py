"""From tiles and polygons to the unit-year and the city-year table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import geopandas as gpd
import pandas as pd

from geo.audit import AuditRow
from geo.boundaries import Units
from geo.inequality import city_year_inequality
from nightpanel.geopackage import write_townships
from nightpanel.outputs import write_table
from panels.codes import apply_crosswalk, crosswalk_named
from tiles.catalog import Catalog
from tiles.zonal import zonal


@dataclass(frozen=True, slots=True)
class Lights:
    """Light and inequality of every unit, city and year."""

    units: gpd.GeoDataFrame
    """The polygons: ``unit_id``, ``city_id``, ``name``, geometry."""
    unit_years: pd.DataFrame
    """The unit-year table, columns of ``units.parquet``."""
    city_years: pd.DataFrame
    """The city-year table, columns of ``cities.parquet``."""
    audit: tuple[AuditRow, ...]
    """What was repaired, guessed, left out or flagged."""
    tiles: tuple[Path, ...]
    """The tiles that were read."""


def lights(
    units: Units,
    catalog: Catalog,
    *,
    crosswalk: str | None = None,
    cell_area: Literal["planar", "geodesic"] = "planar",
    bootstrap_draws: int = 500,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Lights:
    """Mean light of every unit and the inequality of every city, for every tile of a catalogue.

    Parameters
    ----------
    units : Units
        From `geo.boundaries.read_units` or `make_units`.
    catalog : Catalog
        From `tiles.catalog.read_catalog`.
    crosswalk : str, optional
        Named crosswalk applied to the units' city ids, for example ``china-municipalities``.
    cell_area : {"planar", "geodesic"}
        Weight of a cell: its covered share, or that share times its geodesic area.
    bootstrap_draws : int
        Draws of the bootstrap over units; 0 for no intervals.
    threads : int, optional
        Threads that read; all cores when left out.
    progress : callable, optional
        Called with (blocks done, blocks in total).

    Returns
    -------
    Lights

    Raises
    ------
    NightpanelError
        A tile, boundary or grid is not usable; see `tiles.zonal.zonal`.
    """
    units, mapped = with_crosswalk(units, crosswalk)
    result = zonal(units, catalog, cell_area=cell_area, threads=threads, progress=progress)
    city_years = city_year_inequality(result.unit_years, draws=bootstrap_draws)
    return Lights(
        units=units.table,
        unit_years=result.unit_years,
        city_years=city_years,
        audit=(*units.audit, *mapped, *catalog.audit, *result.audit, *_city_flags(city_years)),
        tiles=tuple(tile.path for tile in catalog.tiles),
    )


def write_lights(result: Lights, folder: Path) -> None:
    """Write ``units.parquet``, ``cities.parquet``, ``townships.gpkg`` and its GeoParquet twin.

    Parameters
    ----------
    result : Lights
    folder : Path
        An existing folder, normally a staging one.
    """
    write_table(result.unit_years, folder / "units.parquet")
    write_table(result.city_years, folder / "cities.parquet")
    write_townships(
        units=result.units,
        unit_years=result.unit_years,
        city_years=result.city_years,
        folder=folder,
    )


def with_crosswalk(units: Units, name: str | None) -> tuple[Units, tuple[AuditRow, ...]]:
    """Units with their city ids mapped by a named crosswalk, and one audit row a pair of codes."""
    if name is None:
        return units, ()
    table = units.table
    mapped = apply_crosswalk(table["city_id"], crosswalk_named(name))
    changed = mapped != table["city_id"]
    pairs = (table["city_id"] + " to " + mapped)[changed]
    rows = tuple(
        AuditRow("boundaries", "crosswalk", units.source, f"city {pair} by {name}", int(count))
        for pair, count in pairs.value_counts().sort_index().items()
    )
    return Units(table=table.assign(city_id=mapped), audit=units.audit, source=units.source), rows


def _city_flags(city_years: pd.DataFrame) -> Sequence[AuditRow]:
    """One row for every flagged city-year; the units' flags have theirs from the zonal sums."""
    flagged = city_years[city_years["flags"] != ""]
    return tuple(
        AuditRow(
            "light", "city_flag", f"city {row.city_id} {row.year} {row.product}", str(row.flags)
        )
        for row in flagged.itertuples(index=False)
    )

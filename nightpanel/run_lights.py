"""From tiles and polygons to the unit-year and the city-year table."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from geo.audit import AuditRow
from geo.boundaries import Units
from geo.grid import Grid
from nightpanel.kept import kept_city_years
from nightpanel.store import Store
from nightpanel.unit_cities import with_crosswalk
from tiles.addresses import TileAddress
from tiles.catalog import Catalog
from tiles.contract import check_shows_light
from tiles.schedulers import Scheduler
from tiles.sums import Effort
from tiles.tile import TileKey
from tiles.zonal import Progress, zonal


@dataclass(frozen=True, slots=True)
class Kept:
    """The store, with what tells the inputs from all others."""

    store: Store
    """Where results are kept."""
    units_key: str
    """Digest of the units, before a crosswalk."""
    digests: Mapping[TileKey, str]
    """What tells the tiles' values from all others, by their keys."""


@dataclass(frozen=True, slots=True)
class Lights:
    """Light and inequality of every unit, city and year."""

    units: Units
    """The polygons with the city ids that count."""
    unit_years: pd.DataFrame
    """The unit-year table, columns of ``units.parquet``."""
    city_years: pd.DataFrame
    """The city-year table, columns of ``cities.parquet``."""
    audit: tuple[AuditRow, ...]
    """What was repaired, guessed, left out or flagged."""
    tiles: tuple[TileAddress, ...]
    """Where each tile's numbers come from."""
    grids: tuple[Grid, ...]
    """The distinct grids of the tiles."""
    coverage_keys: tuple[str, ...]
    """Addresses of the stripes of all coverages."""
    effort: Effort
    """Time spent on reading and adding, in seconds of one thread."""
    tiles_read: int
    """How many tiles were read; the others came from the store."""
    seconds: Mapping[str, float]
    """Wall time of its parts: ``coverage``, ``tiles`` and ``inequality``."""


def lights(
    units: Units,
    catalog: Catalog,
    *,
    crosswalk: str | None = None,
    cell_area: Literal["planar", "geodesic"] = "planar",
    bootstrap_draws: int = 500,
    allow_constant: bool = False,
    threads: int | None = None,
    scheduler: Scheduler | None = None,
    kept: Kept | None = None,
    progress: Progress | None = None,
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
    allow_constant : bool
        Whether a year may have the same light in every unit, as a broken file has.
    threads : int, optional
        Threads of this process; all cores when left out.
    scheduler : Scheduler, optional
        Who reads the tiles: by default the threads, or a `tiles.cluster.Cluster`.
    kept : Kept, optional
        The store with the digests of the inputs; nothing is kept without it.
    progress : callable, optional
        Called with "blocks" or "tiles", the number done and the number in all.

    Returns
    -------
    Lights

    Raises
    ------
    NightpanelError
        A tile, boundary or grid is not usable; see `tiles.zonal.zonal`.
    """
    units, mapped = with_crosswalk(units, crosswalk)
    result = zonal(
        units,
        catalog,
        cell_area=cell_area,
        threads=threads,
        scheduler=scheduler,
        store=None if kept is None else kept.store,
        units_key=None if kept is None else kept.units_key,
        digests=None if kept is None else kept.digests,
        progress=progress,
    )
    if not allow_constant:
        check_shows_light(catalog.tiles, result.unit_years)
    store = None if kept is None else kept.store
    began = time.perf_counter()
    city_years = kept_city_years(result, units, draws=bootstrap_draws, store=store, threads=threads)
    inequality = time.perf_counter() - began
    return Lights(
        units=units,
        unit_years=result.unit_years,
        city_years=city_years,
        audit=(*units.audit, *mapped, *catalog.audit, *result.audit, *_city_flags(city_years)),
        tiles=result.addresses,
        grids=result.grids,
        coverage_keys=result.coverage_keys,
        effort=result.effort,
        tiles_read=result.tiles_read,
        seconds={**result.seconds, "inequality": inequality},
    )


def _city_flags(city_years: pd.DataFrame) -> Sequence[AuditRow]:
    """One row for every flagged city-year; the units' flags have theirs from the zonal sums."""
    flagged = city_years[city_years["flags"] != ""]
    columns = (flagged[name].tolist() for name in ("city_id", "year", "product", "flags"))
    return tuple(
        AuditRow("light", "city_flag", f"city {city} {year} {product}", flags)
        for city, year, product, flags in zip(*columns, strict=True)
    )

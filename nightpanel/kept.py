"""What the light stage keeps in the store beside the tiles' sums: units and city-years."""

import json
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
from pyproj import CRS

from geo.audit import AuditRow
from geo.boundaries import Units
from geo.inequality import city_year_inequality
from geo.polygons import Polygons
from geo.rings import Rings
from geo.threads import in_threads, processors
from nightpanel.arrow_tables import ipc_bytes, ipc_table
from nightpanel.inputs import required, study_units
from nightpanel.store import Store
from nightpanel.study import Study
from tiles.digest import digest_of
from tiles.made_with import made_with
from tiles.unit_geometry import UnitGeometry
from tiles.zonal import ZonalResult

RINGS = ("xy", "ring_starts", "part_starts", "unit_starts")


def kept_units(study: Study, *, files: Mapping[str, str], store: Store) -> tuple[Units, str]:
    """The study's polygons, repaired, from the store or read and put there.

    Opening a slow format and repairing it is done once; the store holds the rings.

    Parameters
    ----------
    study : Study
    files : mapping of str to str
        Digests of the boundary's files.
    store : Store

    Returns
    -------
    units : Units
    digest : str
        As `tiles.unit_geometry.UnitGeometry.digest`.

    Raises
    ------
    NightpanelError
        See `nightpanel.inputs.study_units`.
    """
    section = required(study.units, "units").model_dump(mode="json")
    code = made_with("nightpanel.kept")
    key = digest_of("units", code, sorted(section.items()), sorted(files.values()))
    known = store.get("units", key)
    if known is not None:
        about = json.loads(known["about"].tobytes())
        kept = Units(
            attributes=ipc_table(known["attributes"]).to_pandas(),
            drawn=lambda: _kept_polygons(study, store, about["digest"]),
            crs=CRS.from_json(about["crs"]),
            audit=tuple(AuditRow(**row) for row in about["audit"]),
            source=about["source"],
        )
        return kept, about["digest"]
    units = study_units(study)
    digest = UnitGeometry(units).digest
    _keep_polygons(units.polygons, store, digest)
    about = {
        "audit": [{name: getattr(row, name) for name in AuditRow.__slots__} for row in units.audit],
        "source": units.source,
        "crs": units.crs.to_json(),
        "digest": digest,
    }
    columns = pa.Table.from_pandas(units.attributes, preserve_index=False)
    text = np.frombuffer(json.dumps(about).encode(), dtype=np.uint8)
    store.put("units", key, {"attributes": ipc_bytes(columns), "about": text})
    return units, digest


def _keep_polygons(polygons: Polygons, store: Store, digest: str) -> None:
    rings = {name: getattr(polygons.rings, name) for name in RINGS}
    store.put("polygons", digest, rings | {"single": polygons.single})


def _kept_polygons(study: Study, store: Store, digest: str) -> Polygons:
    """The polygons from the store, or read again if it has lost them."""
    known = store.get("polygons", digest)
    if known is None:
        polygons = study_units(study).polygons
        _keep_polygons(polygons, store, digest)
        return polygons
    return Polygons(Rings(**{name: known[name] for name in RINGS}), known["single"])


def kept_city_years(
    zonal: ZonalResult, units: Units, *, draws: int, store: Store | None, threads: int | None = None
) -> pd.DataFrame:
    """The city-year table, tile by tile, from the store or computed and put there.

    Parameters
    ----------
    zonal : ZonalResult
        Its unit-year table holds the tiles' rows in the order of its addresses.
    units : Units
        With the city ids that count.
    draws : int
        Draws of the bootstrap.
    store : Store, optional
        Nothing is kept without one.
    threads : int, optional
        All cores when left out.

    Returns
    -------
    DataFrame
        The columns of ``cities.parquet``, ordered by product, city and year.
    """
    cities = digest_of(*(units.attributes[name].tolist() for name in ("unit_id", "city_id")))
    code, n_units = made_with("nightpanel.kept"), len(units.attributes)

    def of_tile(position: int) -> pd.DataFrame:
        address = zonal.addresses[position]
        key = digest_of("cities", code, address.sums, address.year, cities, draws)
        known = None if store is None else store.get("cities", key)
        if known is not None:
            kept: pd.DataFrame = ipc_table(known["table"]).to_pandas()
            return kept
        rows = slice(position * n_units, (position + 1) * n_units)
        table = city_year_inequality(zonal.unit_years.iloc[rows], draws=draws, threads=threads)
        if store is not None:
            columns = pa.Table.from_pandas(table, preserve_index=False)
            store.put("cities", key, {"table": ipc_bytes(columns)})
        return table

    # Two at a time: while one sorts and joins, the other's draws keep the processors busy.
    tables = in_threads(of_tile, range(len(zonal.addresses)), min(2, threads or processors()))
    order = ["product", "city_id", "year"]
    joined: pd.DataFrame = pd.concat(tables, ignore_index=True)
    return joined.sort_values(order, ignore_index=True)

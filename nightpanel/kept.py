"""What the light stage keeps in the store beside the tiles' sums: units and city-years."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyproj import CRS

from geo._polygons import Polygons
from geo._rings import Rings
from geo.audit import AuditRow
from geo.boundaries import BOUNDARY_VERSION, Units
from geo.inequality import INEQUALITY_VERSION, city_year_inequality
from nightpanel.arrow_tables import ipc_bytes, ipc_table
from nightpanel.inputs import study_units
from nightpanel.store import Store
from nightpanel.study import Study
from tiles.digest import digest_of
from tiles.unit_geometry import UnitGeometry
from tiles.zonal import ZonalResult

KEPT_VERSION = 1
"""Part of the address of kept units and city-years: raised when they are kept in another form."""
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
    section = study.units.model_dump(mode="json")
    made_by = (KEPT_VERSION, BOUNDARY_VERSION)
    key = digest_of("units", *made_by, sorted(section.items()), sorted(files.values()))
    known = store.get("units", key)
    if known is not None:
        return _units_of(known)
    units = study_units(study)
    digest = UnitGeometry(units).digest
    store.put("units", key, _arrays_of(units, digest))
    return units, digest


def _arrays_of(units: Units, digest: str) -> dict[str, NDArray[Any]]:
    """Units as the store takes them."""
    about = {
        "audit": [{name: getattr(row, name) for name in AuditRow.__slots__} for row in units.audit],
        "source": units.source,
        "crs": units.crs.to_json(),
        "digest": digest,
    }
    attributes = pa.Table.from_pandas(units.attributes, preserve_index=False)
    rings = {name: getattr(units.polygons.rings, name) for name in RINGS}
    return rings | {
        "single": units.polygons.single,
        "attributes": ipc_bytes(attributes),
        "about": np.frombuffer(json.dumps(about).encode(), dtype=np.uint8),
    }


def _units_of(known: Mapping[str, NDArray[Any]]) -> tuple[Units, str]:
    """Units as the store gives them, and their digest."""
    about = json.loads(known["about"].tobytes())
    rings = Rings(**{name: known[name] for name in RINGS})
    units = Units(
        attributes=ipc_table(known["attributes"]).to_pandas(),
        polygons=Polygons(rings, known["single"]),
        crs=CRS.from_json(about["crs"]),
        audit=tuple(AuditRow(**row) for row in about["audit"]),
        source=about["source"],
    )
    return units, about["digest"]


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
    n_units = len(units.attributes)
    ids = units.attributes
    cities = digest_of(ids["unit_id"].tolist(), ids["city_id"].tolist())
    tables: list[pd.DataFrame] = []
    for position, address in enumerate(zonal.addresses):
        made_by = (KEPT_VERSION, INEQUALITY_VERSION)
        key = digest_of("cities", *made_by, address.sums, address.year, cities, draws)
        known = None if store is None else store.get("cities", key)
        if known is not None:
            tables.append(ipc_table(known["table"]).to_pandas())
            continue
        rows = slice(position * n_units, (position + 1) * n_units)
        table = city_year_inequality(zonal.unit_years.iloc[rows], draws=draws, threads=threads)
        if store is not None:
            rows_kept = pa.Table.from_pandas(table, preserve_index=False)
            store.put("cities", key, {"table": ipc_bytes(rows_kept)})
        tables.append(table)
    order = ["product", "city_id", "year"]
    joined: pd.DataFrame = pd.concat(tables, ignore_index=True)
    return joined.sort_values(order, ignore_index=True)

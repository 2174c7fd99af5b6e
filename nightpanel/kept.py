"""What the light stage keeps in the store beside the tiles' sums: units and city-years."""

import io
import json
from collections.abc import Mapping

import numpy as np
import pandas as pd

from geo._vector_file import read_geoparquet
from geo.audit import AuditRow
from geo.boundaries import BOUNDARY_VERSION, Units
from geo.inequality import INEQUALITY_VERSION, city_year_inequality
from nightpanel.inputs import study_units
from nightpanel.store import Store
from nightpanel.study import Study
from tiles.digest import digest_of
from tiles.unit_geometry import UnitGeometry
from tiles.zonal import ZonalResult


def kept_units(study: Study, *, files: Mapping[str, str], store: Store) -> tuple[Units, str]:
    """The study's polygons, repaired, from the store or read and put there.

    Opening a slow format and repairing it is done once; the store holds a GeoParquet twin.

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
    key = digest_of("units", BOUNDARY_VERSION, sorted(section.items()), sorted(files.values()))
    known = store.get("units", key)
    if known is not None:
        about = json.loads(known["about"].tobytes())
        # The threaded reader of boundary files: what it reads here was checked when it was kept.
        table = read_geoparquet(io.BytesIO(known["table"].data), pick=list)
        audit = tuple(AuditRow(**row) for row in about["audit"])
        return Units(table=table, audit=audit, source=about["source"]), about["digest"]
    units = study_units(study)
    digest = UnitGeometry(units).digest
    audit_rows = [{name: getattr(row, name) for name in AuditRow.__slots__} for row in units.audit]
    about = {"audit": audit_rows, "source": units.source, "digest": digest}
    buffer = io.BytesIO()
    units.table.to_parquet(buffer, compression=None, index=False)
    store.put(
        "units",
        key,
        {
            "table": np.frombuffer(buffer.getbuffer(), dtype=np.uint8),
            "about": np.frombuffer(json.dumps(about).encode(), dtype=np.uint8),
        },
    )
    return units, digest


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
    n_units = len(units.table)
    ids = units.table[["unit_id", "city_id"]]
    cities = digest_of(ids["unit_id"].tolist(), ids["city_id"].tolist())
    tables = []
    for position, address in enumerate(zonal.addresses):
        key = digest_of("cities", INEQUALITY_VERSION, address.sums, address.year, cities, draws)
        known = None if store is None else store.get_bytes("cities", key)
        if known is not None:
            tables.append(pd.read_parquet(io.BytesIO(known)))
            continue
        rows = slice(position * n_units, (position + 1) * n_units)
        table = city_year_inequality(zonal.unit_years.iloc[rows], draws=draws, threads=threads)
        if store is not None:
            buffer = io.BytesIO()
            table.to_parquet(buffer, index=False)
            store.put_bytes("cities", key, buffer.getvalue())
        tables.append(table)
    order = ["product", "city_id", "year"]
    return pd.concat(tables, ignore_index=True).sort_values(order, ignore_index=True)

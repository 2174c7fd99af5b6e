"""Shapes: the part of a layer that no year changes, in a form that files and the store can take.

An Arrow table with one row for each unit or city and geometry as WKB. The schema's metadata keeps
what is derived from coordinates and CRS: who has the shapes writes layers without any geometry.
"""

import hashlib
import io

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from geo.boundaries import Units
from geo.outlines import outlines
from nightpanel.arrow_tables import array_digest, arrow_table, ipc_bytes, ipc_table
from nightpanel.store import Store
from tiles.made_with import made_with

GEOMETRY = "geometry"
CRS = b"crs"
"""Metadata: the CRS as OGR takes it, by its EPSG code where it has one."""
GEOPARQUET = b"geo"
"""Metadata: what a GeoParquet file says of its geometry: CRS, bounds, types."""
KIND = "shapes"
"""Kind of the store's entries."""


def kept_shapes(
    units: Units,
    *,
    store: Store | None = None,
    units_key: str | None = None,
    threads: int | None = None,
) -> tuple[pa.Table, pa.Table]:
    """Shapes of units and of their cities, from the store or made and put there.

    Parameters
    ----------
    units : Units
        Their geometry is not touched if the store has the shapes.
    store : Store, optional
    units_key : str, optional
        Digest of geometry and CRS; nothing is kept without it.
    threads : int, optional
        As in `geo.outlines.outlines`.

    Returns
    -------
    units, cities : pyarrow.Table

    Raises
    ------
    CacheError
        As the store raises it.
    """
    if store is None or units_key is None:
        return _made(units, threads)
    columns = arrow_table(units.attributes).combine_chunks()
    parts = [(name, array_digest(columns[name].chunk(0))) for name in columns.column_names]
    key = hashlib.sha256(repr((made_with(__name__), units_key, parts)).encode()).hexdigest()
    known = store.get(KIND, key)
    if known is None:
        made = _made(units, threads)
        store.put(KIND, key, dict(zip(("units", "cities"), map(ipc_bytes, made), strict=True)))
        return made
    return ipc_table(known["units"]), ipc_table(known["cities"])


def _made(units: Units, threads: int | None) -> tuple[pa.Table, pa.Table]:
    table = units.table
    return unit_shapes(table), city_shapes(table, threads=threads)


def unit_shapes(units: gpd.GeoDataFrame) -> pa.Table:
    """Units as shapes.

    Parameters
    ----------
    units : geopandas.GeoDataFrame
        Polygons or multipolygons in a column ``geometry``; a CRS; other columns as they may be.

    Returns
    -------
    pyarrow.Table
        Rows and columns of ``units``.
    """
    columns = arrow_table(pd.DataFrame(units.drop(columns=GEOMETRY)))
    wkb = pa.array(shapely.to_wkb(units.geometry.to_numpy(), byte_order=1), pa.large_binary())
    table = columns.add_column(units.columns.get_loc(GEOMETRY), GEOMETRY, wkb)
    return table.replace_schema_metadata(_metadata(units))


def city_shapes(units: gpd.GeoDataFrame, *, threads: int | None = None) -> pa.Table:
    """Cities dissolved from their units, as shapes.

    Parameters
    ----------
    units : geopandas.GeoDataFrame
        With the columns ``city_id`` and ``geometry``.
    threads : int, optional
        As in `geo.outlines.outlines`.

    Returns
    -------
    pyarrow.Table
        Columns ``city_id``, ``geometry`` and ``n_units``, ordered by city.
    """
    groups, cities = pd.factorize(units["city_id"], sort=True)
    cut = outlines(units.geometry.to_numpy(), groups, threads=threads)
    columns = {"city_id": cities, GEOMETRY: cut, "n_units": np.bincount(groups)}
    return unit_shapes(gpd.GeoDataFrame(columns, crs=units.crs))


def _metadata(table: gpd.GeoDataFrame) -> dict[bytes, bytes]:
    """Metadata of shapes; of GeoParquet what geopandas says of boxes like them in all it tells."""
    box = shapely.box(*table.total_bounds)
    of_kind = {"Polygon": box, "MultiPolygon": shapely.multipolygons([box])}
    like = gpd.GeoDataFrame(
        geometry=[of_kind[kind] for kind in sorted(set(table.geom_type))], crs=table.crs
    )
    with io.BytesIO() as file:
        like.to_parquet(file)
        geoparquet = pq.read_metadata(file).metadata[GEOPARQUET]
    code = table.crs.to_epsg()
    crs = f"EPSG:{code}" if code else table.crs.to_wkt("WKT1_GDAL")
    return {CRS: crs.encode(), GEOPARQUET: geoparquet}

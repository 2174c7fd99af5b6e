"""GeoParquet 1.1: geometry as WKB with a column of boxes, by which readers pick rows."""

import io
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from nightpanel.exports.columns import with_metadata
from nightpanel.exports.read_again import require_same
from nightpanel.exports.tables import ExportTable
from nightpanel.shapes import CRS, GEOMETRY, GEOPARQUET

VERSION = "1.1.0"
BOX = "bbox"
SIDES = ("xmin", "ymin", "xmax", "ymax")
ROW_GROUP = 8192
"""Rows of which a reader must take all if it needs one."""


def write_geoparquet(table: ExportTable, path: Path) -> None:
    """Write a table with geometry. Fields carry label, unit and description as metadata.

    Parameters
    ----------
    table : ExportTable
    path : Path

    Raises
    ------
    OutputError
        What was read back is not what was written.
    """
    shapes = shapely.from_wkb(table.rows[GEOMETRY].to_numpy())
    sides = dict(zip(SIDES, np.asarray(shapely.bounds(shapes)).T, strict=True))
    boxes = pa.StructArray.from_arrays(
        [pa.array(np.ascontiguousarray(side)) for side in sides.values()], names=list(sides)
    )
    rows = with_metadata(table.rows, table.columns).append_column(BOX, boxes)
    like = gpd.GeoDataFrame(geometry=shapes, crs=table.rows.schema.metadata[CRS].decode())
    rows = rows.replace_schema_metadata({GEOPARQUET: _geo(like)})
    pq.write_table(rows, path, row_group_size=ROW_GROUP)
    require_same(path, pq.read_table(path), rows)


def _geo(shapes: gpd.GeoDataFrame) -> bytes:
    """What geopandas says of a file of such shapes."""
    kinds = sorted(set(shapes.geom_type))
    box = shapely.box(*shapes.total_bounds)
    of_kind = {"Polygon": box, "MultiPolygon": shapely.multipolygons([box])}
    few = gpd.GeoDataFrame(geometry=[of_kind[kind] for kind in kinds], crs=shapes.crs)
    with io.BytesIO() as file:
        few.to_parquet(file, schema_version=VERSION, write_covering_bbox=True)
        return bytes(pq.read_metadata(file).metadata[GEOPARQUET])

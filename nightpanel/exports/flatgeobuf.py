"""FlatGeobuf: one layer with a spatial index, whose rows therefore lie as they do in space."""

from pathlib import Path

import pyarrow as pa
import pyogrio

from nightpanel.exports.geopackage import as_layer
from nightpanel.exports.read_again import in_order, require_same
from nightpanel.exports.tables import ExportTable
from nightpanel.shapes import CRS, GEOMETRY


def write_flatgeobuf(table: ExportTable, path: Path, *, key: str) -> None:
    """Write a table with geometry; polygons become multipolygons.

    Parameters
    ----------
    table : ExportTable
    path : Path
    key : str
        A column that tells the rows apart, by which they are compared when read back.

    Raises
    ------
    OutputError
        What was read back is not what was written.
    """
    rows = as_layer(table.rows)
    pyogrio.write_arrow(
        rows,
        path,
        layer=table.name,
        driver="FlatGeobuf",
        geometry_name=GEOMETRY,
        geometry_type="MultiPolygon",
        crs=rows.schema.metadata[CRS].decode(),
        SPATIAL_INDEX="YES",
    )
    require_same(path, in_order(_read(path), [key]), in_order(rows, [key]))


def _read(path: Path) -> pa.Table:
    info, back = pyogrio.read_arrow(path)
    names = {info["geometry_name"] or "wkb_geometry": GEOMETRY}
    return back.rename_columns([names.get(name, name) for name in back.column_names])

"""The tables of an output folder that can be exported, as Arrow columns with what they hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from geo.errors import OutputError
from nightpanel.arrow_tables import arrow_table
from nightpanel.exports.columns import Column, described
from nightpanel.exports.kinds import SHAPES, What
from nightpanel.manifest import read_manifest
from nightpanel.outputs import output_path, read_output
from nightpanel.shapes import CRS, GEOMETRY
from nightpanel.year_blocks import Block, year_blocks

FILES: dict[What, str] = {
    "panel": "panel.parquet",
    "unit_years": "units.parquet",
    "city_years": "cities.parquet",
}
LONG: dict[What, What] = {"townships": "unit_years", "cities": "city_years"}
"""The long table that belongs to a layer."""


@dataclass(frozen=True, slots=True)
class ExportTable:
    """A table as it is exported."""

    name: What
    """Its name."""
    rows: pa.Table
    """Its columns; geometry, where there is one, as WKB in ``geometry`` with the CRS as metadata
    of the schema, as in `nightpanel.shapes`."""
    columns: tuple[Column, ...]
    """What its columns hold, without the geometry."""

    @property
    def plain(self) -> pa.Table:
        """The columns without geometry."""
        return self.rows.select([column.name for column in self.columns])


def read_table(out: Path, what: What) -> ExportTable:
    """A table of an output folder.

    Parameters
    ----------
    out : Path
        Output folder of an earlier run.
    what : {"townships", "cities", "panel", "unit_years", "city_years"}

    Returns
    -------
    ExportTable

    Raises
    ------
    OutputError
        The folder lacks it, or it cannot be read.
    """
    rows = _layer(out, what) if what in SHAPES else arrow_table(read_output(out, FILES[what]))
    names = [name for name in rows.column_names if name != GEOMETRY]
    units = _panel_units(out) if what == "panel" else {}
    return ExportTable(what, rows, described(names, products=_products(out, rows), units=units))


def read_years(out: Path, what: What) -> tuple[Block, ...]:
    """The long table that belongs to a layer, in blocks of years."""
    return year_blocks(read_output(out, FILES[LONG[what]]))


def _products(out: Path, rows: pa.Table) -> Sequence[str]:
    if "product" in rows.column_names:
        return [str(name) for name in rows["product"].unique().to_pylist()]
    tiles = read_manifest(out).get("stages", {}).get("lights", {}).get("tiles", [])
    return sorted({tile["product"] for tile in tiles})


def _panel_units(out: Path) -> Mapping[str, str]:
    """Units of the panel's columns, as the study declares them or its files say them."""
    stages = read_manifest(out).get("stages", {})
    units: Mapping[str, str] = stages.get("panel", {}).get("units", {})
    return units


def _layer(out: Path, layer: str) -> pa.Table:
    path = output_path(out, "townships.gpkg")
    try:
        info, rows = pyogrio.read_arrow(path, layer=layer)
    except (DataSourceError, DataLayerError) as error:
        raise OutputError(
            str(path), expected="a GeoPackage", found=str(error), hint="run the lights stage again"
        ) from error
    names = {info["geometry_name"] or "wkb_geometry": GEOMETRY}
    rows = rows.rename_columns([names.get(name, name) for name in rows.column_names])
    texts = [
        field.with_type(pa.large_string()) if pa.types.is_string(field.type) else field
        for field in (field.remove_metadata() for field in rows.schema)
    ]
    # Geometry last, as geopandas has it.
    order = [name for name in rows.column_names if name != GEOMETRY] + [GEOMETRY]
    return rows.cast(pa.schema(texts)).select(order).replace_schema_metadata({CRS: info["crs"]})

"""What makes a GeoPackage open as a map: styles for QGIS, and its years for the temporal slider.

No geometry is copied. A view joins the shapes with their long table, and QGIS shows the rows whose
year its slider is at. SQLite needs a column's declared type for that, hence the years' start and
end are columns of a small table ``years``, which also knows where the rows of a year lie in the
long table: so a year is found without an index, which would have to grow with every year.
"""

import errno
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nightpanel.exports.class_breaks import class_breaks
from nightpanel.exports.geopackage import FIXED_TIME
from nightpanel.exports.qgis_style import INEQUALITY, LIGHT, Graduated, Rgb, qml
from nightpanel.year_blocks import Block

START, END = "year_start", "year_end"
STYLES = """
CREATE TABLE "layer_styles" ("id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
"f_table_catalog" TEXT(256), "f_table_schema" TEXT(256), "f_table_name" TEXT(256),
"f_geometry_column" TEXT(256), "styleName" TEXT(30), "styleQML" TEXT, "styleSLD" TEXT,
"useAsDefault" BOOLEAN, "description" TEXT, "owner" TEXT(30), "ui" TEXT(30),
"update_time" DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))
"""
YEARS = """
CREATE TABLE "years" ("fid" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "year" INTEGER,
"product" TEXT, "year_start" DATETIME, "year_end" DATETIME, "first_fid" INTEGER,
"last_fid" INTEGER)
"""


@dataclass(frozen=True, slots=True)
class MapLayer:
    """A layer of shapes and the long table of its years; both are in the file."""

    layer: str
    """The shapes' layer, whose wide columns are ``WIDE_YEAR`` or ``WIDE_PRODUCT_YEAR``."""
    key: str
    """The column that shapes and long table share."""
    table: str
    """The long table."""
    value: str
    """The long table's column that is shown."""
    wide: str
    """Prefix of the wide columns with the same values."""
    more: tuple[str, ...]
    """Columns of the shapes that the view has beside those of the long table."""
    in_blocks: bool
    """Whether the long table's rows lie block after block."""
    classes: int
    """Classes of the map."""
    ramp: Sequence[Rgb]
    """Colours of the map."""
    outlined: bool
    """Whether polygons have outlines."""


TOWNSHIPS = MapLayer(
    "townships", "unit_id", "unit_years", "mean", "light", ("name",), True, 7, LIGHT, False
)
CITIES = MapLayer("cities", "city_id", "city_years", "gini", "gini", (), False, 5, INEQUALITY, True)


def add_map(path: Path, layers: Mapping[MapLayer, Sequence[Block]]) -> None:
    """Add styles, years and views to a GeoPackage that holds layers and their long tables.

    Parameters
    ----------
    path : Path
        As `nightpanel.exports.geopackage.add_layers` and `write_blocks` leave it.
    layers : mapping of MapLayer to sequence of Block
        The layers and their long tables. Those of a table that lies block after block are in the
        order of its file.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    with _changing(path) as database:
        database.execute(YEARS)
        database.execute(STYLES)
        for name, text in (("years", "years of the long tables"), ("layer_styles", "QGIS styles")):
            database.execute(
                "INSERT INTO gpkg_contents (table_name, data_type, identifier, description,"
                " last_change) VALUES (?, 'attributes', ?, ?, ?)",
                (name, name, text, FIXED_TIME),
            )
        _insert_years(database, layers)
        for layer, blocks in layers.items():
            database.execute(
                f'CREATE UNIQUE INDEX "{layer.layer}_{layer.key}"'
                f' ON "{layer.layer}" ("{layer.key}")'
            )
            products = sorted({block.product for block in blocks})
            _insert_style(database, layer.layer, _latest(layer, blocks, len(products) > 1))
            for product in products:
                several = f"_{product}" if len(products) > 1 else ""
                view = f"{layer.layer}_by_year{several}"
                of_product = [block for block in blocks if block.product == product]
                _add_view(database, view, layer, of_product[0])
                _insert_style(database, view, _sliding(layer, of_product))


@contextmanager
def _changing(path: Path) -> Iterator[sqlite3.Connection]:
    """A file that nobody else opens and that is of no use if unfinished."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            for pragma in ("journal_mode = OFF", "synchronous = OFF"):
                database.execute(f"PRAGMA {pragma}").fetchall()
            database.execute("BEGIN")
            yield database
            database.execute("COMMIT")
    except sqlite3.Error as error:
        full = getattr(error, "sqlite_errorname", "") == "SQLITE_FULL"
        raise OSError(errno.ENOSPC if full else errno.EIO, str(error)) from error


def _insert_years(database: sqlite3.Connection, layers: Mapping[MapLayer, Sequence[Block]]) -> None:
    """One row for each year and product; where its rows are in the table of blocks, if any."""
    rows: dict[tuple[int, str], tuple[int | None, int | None]] = {}
    for layer, blocks in layers.items():
        ends = accumulate(block.rows.num_rows for block in blocks)
        for block, end in zip(blocks, ends, strict=True):
            place = (end - block.rows.num_rows + 1, end) if layer.in_blocks else (None, None)
            rows.setdefault((block.year, block.product), place)
    database.executemany(
        "INSERT INTO years (year, product, year_start, year_end, first_fid, last_fid)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (year, product, f"{year:04}-01-01T00:00:00Z", f"{year:04}-12-31T23:59:59Z", *place)
            for (year, product), place in sorted(rows.items())
        ],
    )


def _add_view(database: sqlite3.Connection, view: str, layer: MapLayer, example: Block) -> None:
    """A layer without geometry of its own: each year's rows with their shapes."""
    columns = [f'y."{name}"' for name in example.rows.column_names]
    there = {row[1] for row in database.execute(f'PRAGMA table_info("{layer.layer}")')}
    columns += [f's."{name}"' for name in layer.more if name in there]
    # CROSS JOIN keeps SQLite from starting elsewhere than at the years.
    rows = (
        f'CROSS JOIN "{layer.table}" y ON y.fid BETWEEN d.first_fid AND d.last_fid'
        if layer.in_blocks
        else f'CROSS JOIN "{layer.table}" y ON y.year = d.year AND y.product = d.product'
    )
    product = example.product.replace("'", "''")
    shown = f'SELECT y.fid AS "OGC_FID", s.geom AS "geom", {", ".join(columns)}, d."{START}"'
    database.execute(
        f'CREATE VIEW {_quoted(view)} AS {shown}, d."{END}" FROM years d {rows}'
        f' CROSS JOIN "{layer.layer}" s ON s."{layer.key}" = y."{layer.key}"'
        f" WHERE d.product = '{product}'"
    )
    database.execute(
        "INSERT INTO gpkg_contents SELECT ?, data_type, ?, ?, last_change, min_x, min_y, max_x,"
        " max_y, srs_id FROM gpkg_contents WHERE table_name = ?",
        (view, view, f"{layer.table} with the geometry of {layer.layer}", layer.layer),
    )
    database.execute(
        "INSERT INTO gpkg_geometry_columns SELECT ?, column_name, geometry_type_name, srs_id, z, m"
        " FROM gpkg_geometry_columns WHERE table_name = ?",
        (view, layer.layer),
    )


def _insert_style(database: sqlite3.Connection, layer: str, style: Graduated) -> None:
    database.execute(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name,"
        " f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner,"
        " update_time) VALUES ('', '', ?, 'geom', ?, ?, '', 1, ?, '', ?)",
        (layer, style.column[:30], qml(style), f"{layer} by {style.column}", FIXED_TIME),
    )


def _latest(layer: MapLayer, blocks: Sequence[Block], several: bool) -> Graduated:
    """The wide column of the last year that has a value."""
    known = [block for block in blocks if np.isfinite(_values(layer, block)).any()]
    block = max(known or blocks, key=lambda block: (block.year, block.product))
    year = f"{block.product}_{block.year}" if several else str(block.year)
    breaks = class_breaks(_values(layer, block), layer.classes)
    return Graduated(f"{layer.wide}_{year}", breaks, layer.ramp, layer.outlined)


def _sliding(layer: MapLayer, blocks: Sequence[Block]) -> Graduated:
    """One set of classes for all years, so that colours can be compared."""
    breaks = class_breaks(
        np.concatenate([_values(layer, block) for block in blocks]), layer.classes
    )
    return Graduated(layer.value, breaks, layer.ramp, layer.outlined, (START, END))


def _values(layer: MapLayer, block: Block) -> NDArray[np.float64]:
    column: pa.ChunkedArray = block.rows[layer.value]
    return np.asarray(column.to_numpy(), dtype=np.float64)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

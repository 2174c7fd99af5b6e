"""Boundaries: the units of a study as repaired, coded polygons, read from any vector file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from geo._misread_texts import misread_rows
from geo._repair import repair
from geo._restored import in_wgs84
from geo._unit_codes import choose_columns, city_ids, names, unit_ids
from geo._vector_file import VectorFile, read_vector
from geo.audit import AuditRow
from geo.datum import Datum
from geo.errors import BoundaryFileError, MissingCrsError
from geo.polygons import Polygons


@dataclass(frozen=True)
class Units:
    """The units of a study, one row each."""

    attributes: pd.DataFrame
    """Columns ``unit_id``, ``city_id`` and ``name`` (text, ``""`` if there is none); RangeIndex in
    file order."""
    drawn: Callable[[], Polygons]
    """Gives ``polygons``, when they are first asked for."""
    crs: CRS
    """Of their coordinates."""
    audit: tuple[AuditRow, ...]
    """What was repaired, dropped or guessed."""
    source: str
    """The file the units came from, or the name of the table."""

    @cached_property
    def polygons(self) -> Polygons:
        """(n_units) valid, two-dimensional, with area."""
        return self.drawn()

    @property
    def table(self) -> gpd.GeoDataFrame:
        """The attributes with a column ``geometry``, which is built whenever it is asked for."""
        geometry = self.polygons.geometries()
        return gpd.GeoDataFrame(self.attributes, geometry=geometry, crs=self.crs)


def read_units(
    path: str | Path,
    *,
    unit_id: str,
    city_id: str,
    name: str | None = None,
    layer: str | None = None,
    encoding: str | None = None,
    datum: Datum = "WGS84",
) -> Units:
    """Read units from a boundary file.

    Parameters
    ----------
    path : str or pathlib.Path
        Any vector file that OGR reads (GeoPackage, GeoJSON, shapefile, FlatGeobuf, KML, ...) or a
        GeoParquet file (``.parquet``); or a zip archive with one of them, or ``ARCHIVE/NAME``.
    unit_id : str
        Column of unit ids: text, whole numbers, or floats whose values are all whole.
    city_id : str
        ``COLUMN`` or ``COLUMN:DIGITS``: the city id is the whole value or its first DIGITS
        characters.
    name : str, optional
        Column of names.
    layer : str, optional
        Layer to read; needed only if several layers have geometry.
    encoding : str, optional
        Of the file's text. By default what the file states, else UTF-8, else GB18030, verified by
        the bytes themselves.
    datum : {"WGS84", "GCJ-02", "BD-09"}
        In which the coordinates are, whatever the file says; they are restored to WGS84.

    Returns
    -------
    Units

    Raises
    ------
    BoundaryFileError
        The file is missing, unreadable or empty, its layer is not clear, its text is in another
        encoding than is stated, or its archive is hostile.
    BoundaryColumnError
        A column is missing, or its values are no codes, missing (city) or too short.
    MissingCrsError
        The file does not state its CRS.
    DuplicateUnitError
        A unit id is missing, blank or occurs more than once.
    GeometryError
        A geometry is missing, empty, not polygonal, out of range or beyond repair.
    DatumError
        Coordinates in GCJ-02 or BD-09 are not longitude and latitude.

    Notes
    -----
    Guesses, repairs, texts that were read wrongly before they were stored and every warning of the
    reader are in the audit.
    """
    source = str(path)

    def needed(available: Sequence[str]) -> list[str]:
        columns = choose_columns(
            available, unit_id=unit_id, city_id=city_id, name=name, source=source
        )
        return columns.needed

    read = read_vector(Path(path), layer=layer, pick=needed, encoding=encoding)
    return _checked(read, unit_id=unit_id, city_id=city_id, name=name, source=source, datum=datum)


def make_units(
    table: gpd.GeoDataFrame,
    *,
    unit_id: str,
    city_id: str,
    name: str | None = None,
    source: str = "table",
    datum: Datum = "WGS84",
) -> Units:
    """Check and repair a table of polygons in memory; ``table`` itself is left as it is.

    Parameters
    ----------
    table : geopandas.GeoDataFrame
        One row per unit, with its CRS set.
    unit_id, city_id, name : str
        As in `read_units`.
    source : str, optional
        What errors and audit rows call the table.
    datum : {"WGS84", "GCJ-02", "BD-09"}
        As in `read_units`.

    Returns
    -------
    Units

    Raises
    ------
    BoundaryFileError
        The table has no rows or no geometry.
    BoundaryColumnError, MissingCrsError, DuplicateUnitError, GeometryError, DatumError
        As in `read_units`.
    """
    geometry = crs = None
    if isinstance(table, gpd.GeoDataFrame) and table.active_geometry_name is not None:
        geometry, crs = table.geometry.to_numpy(), table.crs
        table = pd.DataFrame(table.drop(columns=table.active_geometry_name))
    drawn = VectorFile(table, geometry, crs, audit=())
    return _checked(drawn, unit_id=unit_id, city_id=city_id, name=name, source=source, datum=datum)


def _checked(
    read: VectorFile, *, unit_id: str, city_id: str, name: str | None, source: str, datum: Datum
) -> Units:
    """Units of what a file holds."""
    table = read.table
    if read.geometry is None or len(table) == 0:
        raise BoundaryFileError(
            source,
            expected="polygons, one row per unit",
            found="a table without geometry" if read.geometry is None else "no rows",
            hint="name a file or layer of polygons",
        )
    columns = choose_columns(
        table.columns, unit_id=unit_id, city_id=city_id, name=name, source=source
    )
    if read.crs is None:
        raise MissingCrsError(
            f"{source}, crs",
            expected="a coordinate reference system",
            found="none",
            hint="declare it in the file (a shapefile keeps it in its .prj)",
        )
    units, unit_audit = unit_ids(table, columns, source=source)
    cities, city_audit = city_ids(table, columns, units, source=source)
    labels, name_audit = names(table, columns, source=source)
    # Before the repair: what the way back to WGS84 might break is mended like the rest.
    geometry, restored = in_wgs84(read.geometry, datum, units, read.crs, source=source)
    polygons, repairs = repair(geometry, units, read.crs, source=source)
    texts = {"unit_id": units, "city_id": cities, "name": labels}
    return Units(
        attributes=pd.DataFrame(texts, dtype="str"),
        drawn=lambda: polygons,
        crs=read.crs,
        audit=(
            *read.audit,
            *unit_audit,
            *city_audit,
            *name_audit,
            *misread_rows(texts, source=source),
            *restored,
            *repairs,
        ),
        source=source,
    )

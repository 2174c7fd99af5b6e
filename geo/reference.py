"""Reference polygons: other people's boundaries, to which units are compared."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
from pyproj import CRS

from geo._repair import repair
from geo._unit_codes import CodeColumns, choose_columns, city_ids
from geo._vector_file import read_vector
from geo.audit import AuditRow
from geo.errors import BoundaryFileError, MissingCrsError
from geo.outlines import outlines
from geo.polygons import Polygons
from geo.rings import Geometries


@dataclass(frozen=True, slots=True)
class Reference:
    """Polygons with or without ids."""

    polygons: Polygons
    """(n) valid."""
    ids: tuple[str, ...] | None
    """(n) ids, which polygons may share; None if no column of ids was named."""
    crs: CRS
    """Of their coordinates."""
    audit: tuple[AuditRow, ...]
    """What was guessed or repaired."""
    source: str
    """The file."""

    def shapes_in(self, crs: CRS) -> Geometries:
        """(n) the polygons in another CRS."""
        shapes = self.polygons.geometries()
        if crs.equals(self.crs, ignore_axis_order=True):
            return shapes
        moved = gpd.GeoSeries(shapes, crs=self.crs).to_crs(crs).to_numpy()
        names = [str(number) for number in range(1, len(shapes) + 1)]
        return repair(moved, names, crs, source=self.source)[0].geometries()

    def dissolved(self, crs: CRS) -> tuple[list[str], Geometries]:
        """The ids, each once, and the union of each one's polygons in another CRS."""
        if self.ids is None:
            raise ValueError("the reference has no ids")
        names, group = np.unique(np.asarray(self.ids), return_inverse=True)
        return names.tolist(), outlines(self.shapes_in(crs), group)


def read_reference(path: str | Path, *, ids: str | None = None) -> Reference:
    """Read polygons of any format that `geo.boundaries.read_units` reads.

    Parameters
    ----------
    path : str or pathlib.Path
    ids : str, optional
        Column of ids, text or whole numbers, as ``COLUMN`` or ``COLUMN:DIGITS`` for the first
        digits of a code. Polygons of one id are parts of one.

    Returns
    -------
    Reference

    Raises
    ------
    BoundaryFileError, BoundaryColumnError, MissingCrsError, GeometryError
        As `geo.boundaries.read_units`.
    """
    source = str(path)

    def columns(available: Sequence[str]) -> list[str]:
        return [] if ids is None else _id_columns(available, ids, source).needed

    read = read_vector(Path(path), layer=None, pick=columns)
    n = 0 if read.geometry is None else _length(read.geometry)
    if read.geometry is None or n == 0:
        raise BoundaryFileError(
            source, expected="polygons", found="none", hint="name a file of polygons"
        )
    if read.crs is None:
        raise MissingCrsError(
            f"{source}, crs",
            expected="a coordinate reference system",
            found="none",
            hint="declare it in the file (a shapefile keeps it in its .prj)",
        )
    names = [str(number) for number in range(1, n + 1)]
    told: list[AuditRow] = []
    if ids is not None:
        columns_read = _id_columns(read.table, ids, source)
        names, told = city_ids(read.table, columns_read, names, source=source)
    polygons, repairs = repair(read.geometry, names, read.crs, source=source)
    return Reference(
        polygons=polygons,
        ids=None if ids is None else tuple(names),
        crs=read.crs,
        audit=(*read.audit, *told, *repairs),
        source=source,
    )


def _id_columns(available: Iterable[object], ids: str, source: str) -> CodeColumns:
    columns = [str(column) for column in available]
    column = ids if ids in columns else ids.rpartition(":")[0] or ids
    return choose_columns(columns, unit_id=column, city_id=ids, name=None, source=source)


def _length(geometry: Geometries | Polygons) -> int:
    return len(geometry.single) if isinstance(geometry, Polygons) else len(geometry)

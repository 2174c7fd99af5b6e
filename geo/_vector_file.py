"""Vector files: whatever OGR reads, and GeoParquet, as a table with geometry."""

import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyogrio
from pyproj import CRS

from geo._arrow_table import table_of_arrow
from geo.audit import AuditRow
from geo.compiled import load
from geo.errors import BoundaryFileError
from geo.polygons import Polygons
from geo.rings import Geometries

PARQUET = (".parquet", ".geoparquet", ".pq")
# What OGR assumes for a shapefile that does not state its encoding; as single bytes it loses none.
UNSTATED = "ISO-8859-1"
# What the readers raise for a damaged file; GEOS, Arrow and decoding errors are among them.
READ_ERRORS = (OSError, RuntimeError, ValueError, TypeError, KeyError)
# The drivers that fill Arrow's arrays themselves, in batches and threads of their own.
ARROW_DRIVERS = ("GPKG", "FlatGeobuf")
ARROW_BATCH = 4096
WKB_NAME = "wkb_geometry"

Pick = Callable[[Sequence[str]], Sequence[str]]
Parts = tuple[pd.DataFrame, Geometries | Polygons | None, CRS | None]
"""The first three fields of `VectorFile`."""


@dataclass(frozen=True, slots=True)
class VectorFile:
    """What a vector file holds."""

    table: pd.DataFrame
    """The picked columns in file order, without geometry."""
    geometry: Geometries | Polygons | None
    """(n_rows) what the rows look like, if the file has geometry; polygons if all of it is plain"""
    crs: CRS | None
    """The CRS, if the file states one."""
    audit: tuple[AuditRow, ...]
    """What was guessed, and every warning of the reader."""


def read_vector(path: Path, *, layer: str | None, pick: Pick) -> VectorFile:
    """Read one layer of a vector file.

    Parameters
    ----------
    path : pathlib.Path
        A file or folder that OGR reads, or a GeoParquet file.
    layer : str or None
        The layer to read; may be None if only one layer has geometry.
    pick : callable
        Takes the column names of the layer and returns those to read; it may raise.

    Returns
    -------
    VectorFile

    Raises
    ------
    BoundaryFileError
        The file is missing or unreadable, has no layer with geometry, no layer of the given name,
        or several layers with geometry and none was named.
    """
    if not path.exists():
        raise BoundaryFileError(
            f"{path}",
            expected="a file of polygons",
            found="no such file",
            hint="check the path of the units",
        )
    audit: list[AuditRow] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            if path.suffix.lower() in PARQUET:
                parts = _read_parquet(path, layer=layer, pick=pick)
            else:
                parts, audit = _read_ogr(path, layer=layer, pick=pick)
        except READ_ERRORS as error:
            raise BoundaryFileError(
                f"{path}",
                expected="a vector file that OGR or GeoParquet readers can read",
                found=f"{type(error).__name__}: {error}",
                hint="check that the file is whole and of a format named by its suffix",
            ) from error
    told = dict.fromkeys(str(warning.message) for warning in caught)
    audit += [AuditRow("boundaries", "reader_warning", f"{path}", text) for text in told]
    return VectorFile(*parts, audit=tuple(audit))


def _read_parquet(path: Path, *, layer: str | None, pick: Pick) -> Parts:
    if layer is not None:
        raise BoundaryFileError(
            f"{path}, layer = {layer!r}",
            expected="no layer for a GeoParquet file",
            found=f"layer {layer!r}",
            hint="leave the layer out",
        )
    # No rows, but the columns, the geometry's name and the CRS.
    head = gpd.read_parquet(path, filters=pc.scalar(False))
    geometry = head.geometry.name
    wanted = list(pick([str(column) for column in head.columns if column != geometry]))
    read = pq.read_table(path, columns=[*wanted, geometry])
    if sorted(read.column_names) == sorted([*wanted, geometry]):
        plain = table_of_arrow(read, geometry=geometry)
        if plain is not None:
            table, polygons = plain
            return table[wanted], polygons, head.crs
    return _taken_apart(gpd.read_parquet(path), wanted)


def _taken_apart(table: pd.DataFrame, columns: Sequence[str]) -> Parts:
    """What the readers that know every kind of column and geometry give."""
    if not isinstance(table, gpd.GeoDataFrame):
        return table[columns], None, None
    return pd.DataFrame(table[columns]), table.geometry.to_numpy(), table.crs


def _read_ogr(path: Path, *, layer: str | None, pick: Pick) -> tuple[Parts, list[AuditRow]]:
    chosen = _choose_layer(path, layer)
    encoding, audit = _guess_encoding(path, chosen)
    wanted = list(pick(_fields(path, chosen, encoding)))
    plain = _read_ogr_arrow(path, chosen, wanted)
    if plain is not None:
        return plain, audit
    table = pyogrio.read_dataframe(
        path,
        layer=chosen,
        columns=wanted,
        encoding=encoding,
        use_arrow=False,
        # Malformed rings come back as missing geometry, which the repair refuses by unit.
        on_invalid="ignore",
    )
    return _taken_apart(table, wanted), audit


def _read_ogr_arrow(path: Path, layer: str, wanted: list[str]) -> Parts | None:
    """The same, if the file's driver gives Arrow quickly and all of it is plain."""
    info = pyogrio.read_info(path, layer=layer)
    if info["driver"] not in ARROW_DRIVERS:
        return None
    try:
        # OGR needs no interpreter meanwhile.
        with ThreadPoolExecutor(1) as pool:
            loading = pool.submit(load)
            meta, read = pyogrio.read_arrow(
                path, layer=layer, columns=wanted, batch_size=ARROW_BATCH
            )
            loading.result()
        # A file that is damaged halfway may end early instead of failing. More rows than stated
        # are no damage: tools that write SQLite forget the count.
        if read.num_rows < info["features"]:
            return None
        plain = table_of_arrow(read, geometry=meta["geometry_name"] or WKB_NAME)
        crs = None if meta["crs"] is None else CRS.from_user_input(meta["crs"])
    except READ_ERRORS:
        return None
    return None if plain is None else (plain[0][wanted], plain[1], crs)


def _choose_layer(path: Path, layer: str | None) -> str:
    kinds = {str(name): kind for name, kind in pyogrio.list_layers(path)}
    spatial = [name for name, kind in kinds.items() if kind is not None]
    listed = ", ".join(f"{name!r} ({kinds[name]})" for name in spatial)
    where = f"{path}" if layer is None else f"{path}, layer = {layer!r}"
    if not spatial:
        raise BoundaryFileError(
            where,
            expected="a layer with geometry",
            found=f"none among {', '.join(map(repr, kinds)) or 'no layers'}",
            hint="name a file of polygons",
        )
    if layer is None:
        if len(spatial) > 1:
            raise BoundaryFileError(
                where,
                expected="one layer with geometry or the name of one",
                found=f"{len(spatial)} layers: {listed}",
                hint="name the layer of units",
            )
        return spatial[0]
    if layer not in spatial:
        close = get_close_matches(layer, spatial, n=1)
        raise BoundaryFileError(
            where,
            expected="a layer with geometry",
            found=f"{listed}",
            hint=f"did you mean {close[0]!r}?" if close else "name one of these layers",
        )
    return layer


def _fields(path: Path, layer: str, encoding: str | None) -> list[str]:
    info = pyogrio.read_info(path, layer=layer, encoding=encoding)
    return [str(name) for name in info["fields"]]


def _guess_encoding(path: Path, layer: str) -> tuple[str | None, list[AuditRow]]:
    """The encoding of a shapefile that states none, told in the audit unless all is ASCII.

    UTF-8 if everything decodes as UTF-8, else GB18030 if everything decodes and most runs of bytes
    over 127 have even length (Chinese text does, accented Latin letters stand alone), else what
    OGR assumes.
    """
    info = pyogrio.read_info(path, layer=layer)
    stated = any(path.with_suffix(suffix).exists() for suffix in (".cpg", ".CPG"))
    if info["driver"] != "ESRI Shapefile" or info["encoding"] != UNSTATED or stated:
        return None, []
    texts = sorted(_byte_texts(path, layer))
    if not texts:
        return None, []
    if _decodes(texts, "utf-8"):
        encoding = "UTF-8"
    elif _decodes(texts, "gb18030") and _mostly_even_runs(texts):
        encoding = "GB18030"
    else:
        encoding = UNSTATED
    codec = encoding.lower()
    detail = f"the file states no encoding; read as {encoding}, such as {texts[0].decode(codec)!r}"
    return encoding, [AuditRow("boundaries", "guessed_encoding", f"{path}", detail, len(texts))]


def _byte_texts(path: Path, layer: str) -> set[bytes]:
    """The distinct texts and column names of a shapefile that are not plain ASCII, as bytes."""
    table = pyogrio.read_dataframe(path, layer=layer, encoding=UNSTATED, read_geometry=False)
    texts: set[object] = set(_fields(path, layer, UNSTATED))
    for column in table.columns:
        values = table[column]
        if not pd.api.types.is_numeric_dtype(values):
            texts.update(values.dropna())
    return {text.encode(UNSTATED) for text in texts if isinstance(text, str) and not text.isascii()}


def _decodes(texts: Iterable[bytes], codec: str) -> bool:
    try:
        for text in texts:
            text.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _mostly_even_runs(texts: Iterable[bytes]) -> bool:
    runs = [len(run) for text in texts for run in re.findall(rb"[\x80-\xff]+", text)]
    return 2 * sum(length % 2 == 0 for length in runs) > len(runs)

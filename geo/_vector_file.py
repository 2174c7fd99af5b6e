"""Vector files: whatever OGR reads, and GeoParquet, as a table with geometry."""

import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import get_close_matches
from io import BytesIO
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyogrio
from pyproj import CRS

from geo._arrow_table import table_of_arrow
from geo._dataset import Dataset, dataset_of
from geo._stated_encoding import XML, XML_ENCODING, Stated, stated_encoding
from geo._text_columns import LayerInfo, Pick, layer_info, read_decoding, refuse
from geo.audit import AuditRow
from geo.compiled import load
from geo.errors import BoundaryFileError
from geo.polygons import Polygons
from geo.rings import Geometries
from geo.text_encoding import UTF8, likely

PARQUET = (".parquet", ".geoparquet", ".pq")
# What the readers raise for a damaged file; GEOS, Arrow and decoding errors are among them.
READ_ERRORS = (OSError, RuntimeError, ValueError, TypeError, KeyError)
# The drivers that fill Arrow's arrays themselves, in batches and threads of their own.
ARROW_DRIVERS = ("GPKG", "FlatGeobuf")
ARROW_BATCH = 4096
WKB_NAME = "wkb_geometry"
SHAPEFILE = "ESRI Shapefile"
# Formats that are text as a whole: one encoding for names, values and structure.
TEXT = (".geojson", ".json", *XML)
READ_AS_TOLD = (None, UTF8, "ascii")
LONGEST_SAMPLE = 30

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


def read_vector(
    path: Path, *, layer: str | None, pick: Pick, encoding: str | None = None
) -> VectorFile:
    """Read one layer of a vector file.

    Parameters
    ----------
    path : pathlib.Path
        A file or folder that OGR reads, a GeoParquet file, or either in a zip archive: the archive
        if it holds one dataset, else ``ARCHIVE/NAME``.
    layer : str or None
        The layer to read; may be None if only one layer has geometry.
    pick : callable
        Takes the column names of the layer and returns those to read; it may raise.
    encoding : str, optional
        Of the text. By default what the file states, else UTF-8, else GB18030.

    Returns
    -------
    VectorFile

    Raises
    ------
    BoundaryFileError
        The file is missing or unreadable, has no layer with geometry, no layer of the given name,
        or several layers with geometry and none was named; its archive is hostile; its text is in
        another encoding than is stated.
    """
    dataset = dataset_of(path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            stated, audit = stated_encoding(dataset, encoding)
            if dataset.suffix in PARQUET:
                parts = _read_parquet(dataset, layer=layer, pick=pick, stated=stated)
                rows: list[AuditRow] = []
            else:
                parts, rows = _read_ogr(dataset, layer=layer, pick=pick, stated=stated)
        except READ_ERRORS as error:
            raise BoundaryFileError(
                dataset.where,
                expected="a vector file that OGR or GeoParquet readers can read",
                found=f"{type(error).__name__}: {error}",
                hint="check that the file is whole and of a format named by its suffix",
            ) from error
    told = dict.fromkeys(str(warning.message) for warning in caught)
    warned = [AuditRow("boundaries", "reader_warning", dataset.where, text) for text in told]
    return VectorFile(*parts, audit=(*audit, *rows, *warned))


def _read_parquet(
    dataset: Dataset, *, layer: str | None, pick: Pick, stated: Stated | None
) -> Parts:
    if layer is not None:
        raise BoundaryFileError(
            f"{dataset.where}, layer = {layer!r}",
            expected="no layer for a GeoParquet file",
            found=f"layer {layer!r}",
            hint="leave the layer out",
        )
    if stated is not None and stated.codec != UTF8:
        raise BoundaryFileError(
            f"{dataset.where}, encoding = {stated.name!r}",
            expected="UTF-8, in which GeoParquet keeps all text",
            found=repr(stated.name),
            hint="leave the encoding out",
        )
    content = dataset.content() if dataset.zipped else None

    def source() -> BytesIO | str:
        return dataset.opens if content is None else BytesIO(content)

    # No rows, but the columns, the geometry's name and the CRS.
    head = gpd.read_parquet(source(), filters=pc.scalar(False))
    geometry = head.geometry.name
    wanted = list(pick([str(column) for column in head.columns if column != geometry]))
    read = pq.read_table(source(), columns=[*wanted, geometry])
    if sorted(read.column_names) == sorted([*wanted, geometry]):
        plain = table_of_arrow(read, geometry=geometry)
        if plain is not None:
            table, polygons = plain
            return table[wanted], polygons, head.crs
    return _taken_apart(gpd.read_parquet(source()), wanted)


def _taken_apart(table: pd.DataFrame, columns: Sequence[str]) -> Parts:
    """What the readers that know every kind of column and geometry give."""
    if not isinstance(table, gpd.GeoDataFrame):
        return table[columns], None, None
    return pd.DataFrame(table[columns]), table.geometry.to_numpy(), table.crs


def _read_ogr(
    dataset: Dataset, *, layer: str | None, pick: Pick, stated: Stated | None
) -> tuple[Parts, list[AuditRow]]:
    codec = None if stated is None else stated.codec
    if dataset.suffix in TEXT:
        recoded = _recoded(dataset, stated)
        if recoded is not None:
            text, audit = recoded
            return _read_recoded(dataset, text, layer=layer, pick=pick), audit
        codec = None
    chosen = _choose_layer(dataset, dataset.opens, layer)
    info = layer_info(dataset, chosen)
    if info.driver != SHAPEFILE and codec in READ_AS_TOLD:
        try:
            wanted = list(pick([raw.decode(UTF8) for raw in info.fields]))
            plain = _read_ogr_arrow(dataset.opens, chosen, wanted, info)
            return plain or _read_ogr_thoroughly(dataset.opens, chosen, wanted), []
        except UnicodeDecodeError:
            pass  # text that is not the UTF-8 of its format is looked at byte by byte
    must_be = None if info.driver == SHAPEFILE else UTF8
    table, wanted, audit = read_decoding(dataset, chosen, pick, stated=stated, must_be=must_be)
    return _taken_apart(table, wanted), audit


def _recoded(dataset: Dataset, stated: Stated | None) -> tuple[bytes, list[AuditRow]] | None:
    """A file that is text as a whole, in UTF-8; None if it is so anyway."""
    if stated is None or stated.codec in READ_AS_TOLD:
        content = dataset.content()
        if _is_utf8(content):
            return None
    else:
        content = dataset.content()
    audit: list[AuditRow] = []
    told = stated
    if told is None:
        found = likely([content])
        told = Stated(found or UTF8, "UTF-8", "the format has it", by_user=False)
        if found is not None:
            detail = f"the text is no UTF-8; read as {found.upper()}"
            audit = [AuditRow("boundaries", "guessed_encoding", dataset.where, detail)]
    try:
        text = content.decode(told.codec).encode(UTF8)
    except UnicodeDecodeError as error:
        sample = content[max(error.start - LONGEST_SAMPLE, 0) : error.start + LONGEST_SAMPLE]
        refuse(dataset, told, sample, likely([content]))
    if dataset.suffix in XML:
        text = XML_ENCODING.sub(b'<?xml version="1.0"', text, count=1)
    return text, audit


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode(UTF8)
    except UnicodeDecodeError:
        return False
    return True


def _read_recoded(dataset: Dataset, text: bytes, *, layer: str | None, pick: Pick) -> Parts:
    names = [str(name) for name, _ in pyogrio.list_layers(text)]
    # A layer without a name of its own gets a new one whenever the bytes are opened.
    chosen = names.index(_choose_layer(dataset, text, layer)) if len(names) > 1 else 0
    fields = [str(name) for name in pyogrio.read_info(text, layer=chosen)["fields"]]
    return _read_ogr_thoroughly(text, chosen, list(pick(fields)))


def _read_ogr_thoroughly(opens: str | bytes, layer: str | int, wanted: list[str]) -> Parts:
    """With the reader that knows every kind of column and geometry."""
    table = pyogrio.read_dataframe(
        opens,
        layer=layer,
        columns=wanted,
        use_arrow=False,
        # Malformed rings come back as missing geometry, which the repair refuses by unit.
        on_invalid="ignore",
    )
    return _taken_apart(table, wanted)


def _read_ogr_arrow(opens: str, layer: str, wanted: list[str], info: LayerInfo) -> Parts | None:
    """The same, if the file's driver gives Arrow quickly and all of it is plain."""
    if info.driver not in ARROW_DRIVERS:
        return None
    try:
        # OGR needs no interpreter meanwhile.
        with ThreadPoolExecutor(1) as pool:
            loading = pool.submit(load)
            meta, read = pyogrio.read_arrow(
                opens, layer=layer, columns=wanted, batch_size=ARROW_BATCH
            )
            loading.result()
        # A file that is damaged halfway may end early instead of failing. More rows than stated
        # are no damage: tools that write SQLite forget the count.
        if read.num_rows < info.features:
            return None
        plain = table_of_arrow(read, geometry=meta["geometry_name"] or WKB_NAME)
        crs = None if meta["crs"] is None else CRS.from_user_input(meta["crs"])
    except READ_ERRORS:
        return None
    return None if plain is None else (plain[0][wanted], plain[1], crs)


def _choose_layer(dataset: Dataset, opens: str | bytes, layer: str | None) -> str:
    kinds = {str(name): kind for name, kind in pyogrio.list_layers(opens)}
    spatial = [name for name, kind in kinds.items() if kind is not None]
    listed = ", ".join(f"{name!r} ({kinds[name]})" for name in spatial)
    where = dataset.where if layer is None else f"{dataset.where}, layer = {layer!r}"
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

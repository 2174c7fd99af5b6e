"""The only place where a tile's bytes are read: its header, and its rows.

Nothing here is shared: every call opens the file by itself and closes it, so that any thread or
process may read any tile at any time, and a tile is handed around as its path.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window as RasterWindow

from geo.errors import GridError, MissingCrsError, TileMissingError, TileUnreadableError
from geo.grid import Grid
from geo.window import Window

BLOCK_CACHE_MIB = 64
"""Memory of GDAL's block cache, which all open files share: every block is wanted once."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a tile says about itself before a value is read."""

    grid: Grid
    """Where its cells are."""
    dtype: str
    """NumPy name of its values' type."""
    nodata: float | None
    """The value that it declares to be no data, if it declares one."""


def read_header(path: Path) -> Header:
    """Read a tile's header.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Header

    Raises
    ------
    TileMissingError, TileUnreadableError
        If there is no such file, or it is no raster of one band in plain numbers.
    MissingCrsError, GridError
        If the tile does not say where it lies, or its grid is rotated.
    """
    with warnings.catch_warnings():
        # A tile without a geotransform is refused below by name: the warning adds nothing. Not in
        # `_opened`, because threads share the filters.
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with _opened(path) as tile:
            _check_band(path, tile)
            return Header(
                grid=_grid(path, tile),
                dtype=str(tile.dtypes[0]),
                nodata=None if tile.nodata is None else float(tile.nodata),
            )


def read_rows(
    path: Path,
    window: Window,
    *,
    shape: tuple[int, int],
    spans: Sequence[tuple[int, int]] | None = None,
    rows_at_once: int | None = None,
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Values of a window of a tile, a few rows at a time, from the first row down.

    Parameters
    ----------
    path : Path
    window : Window
    shape : tuple of int
        Rows and columns that the tile had when its header was read.
    spans : sequence of (int, int), optional
        First and end columns, counted from the tile's first, that are wanted; what lies between
        them is not read and holds nothing that means anything. The whole window by default.
    rows_at_once : int, optional
        Rows to read at a time; all by default.

    Yields
    ------
    first_row : int
        First row of the piece.
    values : array (rows, columns of the window)
        In the tile's own type.

    Raises
    ------
    TileMissingError, TileUnreadableError
        If the file is gone, has changed its shape, or a row cannot be read.
    """
    step = rows_at_once or window.shape[0]
    with _opened(path) as tile:
        if tile.shape != shape:
            raise TileUnreadableError(
                str(path),
                expected=f"{shape[0]} x {shape[1]} cells, as when the run began",
                found=f"{tile.shape[0]} x {tile.shape[1]} cells",
                hint="do not change the tiles during a run; run again",
            )
        for first in range(window.first_row, window.end_row, step):
            end = min(first + step, window.end_row)
            # Where the system gives memory page by page, what is never written to is never taken.
            values = np.empty((end - first, window.shape[1]), dtype=tile.dtypes[0])
            for start, stop in spans or ((window.first_col, window.end_col),):
                of_span = values[:, start - window.first_col : stop - window.first_col]
                _read(path, tile, Window(first, end, start, stop), of_span)
            yield first, values


def _read(path: Path, tile: Any, part: Window, values: NDArray[Any]) -> None:
    rows, cols = part.shape
    try:
        tile.read(1, window=RasterWindow(part.first_col, part.first_row, cols, rows), out=values)
    except RasterioError as error:
        raise TileUnreadableError(
            f"{path}, rows {part.first_row} to {part.end_row - 1}",
            expected="rows that can be read",
            found=str(error.__cause__ or error),
            hint="the file is truncated or damaged: fetch it again",
        ) from error


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        there = path.is_file()
    except OSError as error:
        raise TileUnreadableError(
            str(path),
            expected="a raster file that can be read",
            found=error.strerror or str(error),
            hint="mend the permissions of its folder",
        ) from error
    if not there:
        raise TileMissingError(
            str(path), expected="a raster file", found="no such file", hint="correct the path"
        )
    try:
        with rasterio.Env(GDAL_CACHEMAX=BLOCK_CACHE_MIB):
            tile = rasterio.open(path)
    except RasterioError as error:
        packed = path.suffix == ".gz"
        raise TileUnreadableError(
            str(path),
            expected="a raster file",
            found="a packed file" if packed else str(error),
            hint="unpack it first"
            if packed
            else "the file is damaged or no raster: fetch it again",
        ) from error
    with tile:
        yield tile


def _check_band(path: Path, tile: Any) -> None:
    if tile.count != 1:
        raise TileUnreadableError(
            str(path),
            expected="a raster of one band",
            found=f"{tile.count} bands",
            hint="write the light band to a file of its own",
        )
    if tile.dtypes[0] not in _NUMBERS:
        raise TileUnreadableError(
            str(path),
            expected="values in whole or floating-point numbers",
            found=f"values of type {tile.dtypes[0]}",
            hint="convert the band to a plain number type",
        )
    if (tile.scales[0], tile.offsets[0]) != (1.0, 0.0):
        raise TileUnreadableError(
            str(path),
            expected="values in the product's unit",
            found=f"a declared scale of {tile.scales[0]:g} and offset of {tile.offsets[0]:g}",
            hint="apply the scale and offset and write the file again",
        )


def _grid(path: Path, tile: Any) -> Grid:
    crs = _crs(path, tile)
    if tile.transform.is_identity:
        raise GridError(
            str(path),
            expected="a georeferenced raster",
            found="no geotransform",
            hint="georeference the file first",
        )
    transform = tuple(tile.transform)[:6]
    return Grid.checked(crs=crs, transform=transform, shape=tile.shape, where=str(path))


def _crs(path: Path, tile: Any) -> CRS:
    try:
        if tile.crs is not None:
            return _crs_of(tile.crs.to_wkt(version="WKT2_2019"))
        found = "none"
    except (RasterioError, CRSError) as error:
        found = str(error)
    raise MissingCrsError(
        str(path),
        expected="a coordinate reference system",
        found=found,
        hint="declare it in the file, for example with gdal_edit.py -a_srs EPSG:4326",
    )


@cache
def _crs_of(wkt: str) -> CRS:
    """The CRS of a text; the tiles of a product have the same, and each takes milliseconds."""
    return CRS.from_wkt(wkt)


_NUMBERS = frozenset(
    ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]
)

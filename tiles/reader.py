"""The only place where GDAL reads a tile: its header, and its rows.

Nothing here is shared: every call opens the file by itself and closes it, so that any thread or
process may read any tile at any time, and a tile is handed around as its path.
"""

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from rasterio.enums import MaskFlags
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window as RasterWindow

from geo.errors import GridError, MissingCrsError, TileMissingError, TileUnreadableError
from geo.grid import Grid
from geo.window import Window
from tiles.size_limits import DEFAULT_LIMITS, SizeLimits, check_size
from tiles.source import Spans, pieces_of_rows
from tiles.tiff_layout import check_blocks

BLOCK_CACHE_MIB = 64
"""Memory of GDAL's block cache, which all open files share: every block is wanted once."""

DRIVER = "GTiff"
"""The only format that a tile's file may have: others, as VRT, lead to further files."""

ON_THE_WEB: dict[str, Any] = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_HTTP_TIMEOUT": 60,
    "GDAL_HTTP_CONNECTTIMEOUT": 10,
    "GDAL_HTTP_MAX_RETRY": 3,
    "GDAL_HTTP_RETRY_DELAY": 1,
}
"""What GDAL is told of tiles on a web server: ask for no other file, wait so long, try again."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a tile says about itself before a value is read."""

    grid: Grid
    """Where its cells are."""
    dtype: str
    """NumPy name of its stored numbers' type."""
    nodata: float | None
    """The stored number that it declares to be no data, if it declares one."""
    scale: float = 1.0
    """What stored numbers are multiplied by."""
    offset: float = 0.0
    """What is added to the product."""
    has_empty_blocks: bool = False
    """Whether the file does not hold all of its blocks."""


def read_header(
    path: Path | str, *, file: str | Path | None = None, limits: SizeLimits = DEFAULT_LIMITS
) -> Header:
    """Read a tile's header.

    Parameters
    ----------
    path : Path or str
        The tile, for errors, and its file unless that is another.
    file : str or Path, optional
        The file, where the tile came packed or is on a web server.
    limits : SizeLimits

    Returns
    -------
    Header

    Raises
    ------
    TileMissingError, TileUnreadableError
        If there is no such file, or it is no GeoTIFF of one band in plain numbers.
    TileSizeError
        If it promises more than the limits allow.
    MissingCrsError, GridError
        If the tile does not say where it lies, its grid is rotated, or its axes are swapped.
    """
    with warnings.catch_warnings():
        # A tile without a geotransform is refused below by name: the warning adds nothing. Not in
        # `_opened`, because threads share the filters.
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with _opened(path, file) as tile:
            _check_band(path, tile)
            dtype = str(tile.dtypes[0])
            check_size(
                str(path), shape=tile.shape, blocks=tile.block_shapes, dtype=dtype, limits=limits
            )
            if isinstance(path, Path):
                check_blocks(path, Path(file or path))
            return Header(
                grid=_grid(path, tile),
                dtype=dtype,
                nodata=None if tile.nodata is None else float(tile.nodata),
                scale=float(tile.scales[0]),
                offset=float(tile.offsets[0]),
                has_empty_blocks=next(_empty_blocks(tile, _whole(tile)), None) is not None,
            )


def read_rows(
    path: Path | str,
    window: Window,
    *,
    shape: tuple[int, int],
    file: str | Path | None = None,
    spans: Spans | None = None,
    rows_at_once: int | None = None,
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Stored numbers of a window of a tile, a few rows at a time, from the first row down.

    Parameters
    ----------
    path : Path or str
        The tile, as for `read_header`.
    window : Window
    shape : tuple of int
        Rows and columns that the tile had when its header was read.
    file : str or Path, optional
        As for `read_header`.
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
        In the file's own type.

    Raises
    ------
    TileMissingError, TileUnreadableError
        If the file is gone, has changed its shape, or a row cannot be read.
    """
    with _opened(path, file) as tile:
        if tile.shape != shape:
            raise TileUnreadableError(
                str(path),
                expected=f"{shape[0]} x {shape[1]} cells, as when the run began",
                found=f"{tile.shape[0]} x {tile.shape[1]} cells",
                hint="do not change the tiles during a run; run again",
            )
        for part in pieces_of_rows(window, rows_at_once):
            # Where the system gives memory page by page, what is never written to is never taken.
            values = np.empty(part.shape, dtype=tile.dtypes[0])
            for start, stop in spans or ((part.first_col, part.end_col),):
                of_span = values[:, start - part.first_col : stop - part.first_col]
                _read(path, tile, Window(part.first_row, part.end_row, start, stop), of_span)
            yield part.first_row, values


def empty_blocks(
    path: Path | str, window: Window, *, file: str | Path | None = None
) -> list[Window]:
    """Where a sparse file holds nothing.

    Parameters
    ----------
    path : Path or str
        The tile, as for `read_header`.
    window : Window
    file : str or Path, optional
        As for `read_header`.

    Returns
    -------
    list of Window
        The parts of blocks inside ``window`` that are not in the file.
    """
    with _opened(path, file) as tile:
        return list(_empty_blocks(tile, window))


def _empty_blocks(tile: Any, window: Window) -> Iterator[Window]:
    high, wide = tile.block_shapes[0]
    for row in range(window.first_row // high, -(-window.end_row // high)):
        for col in range(window.first_col // wide, -(-window.end_col // wide)):
            if tile.get_tag_item(f"BLOCK_OFFSET_{col}_{row}", "TIFF", bidx=1) is None:
                yield Window(
                    max(row * high, window.first_row),
                    min((row + 1) * high, window.end_row),
                    max(col * wide, window.first_col),
                    min((col + 1) * wide, window.end_col),
                )


def _whole(tile: Any) -> Window:
    return Window(0, tile.shape[0], 0, tile.shape[1])


def _read(path: Path | str, tile: Any, part: Window, values: NDArray[Any]) -> None:
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
def _opened(path: Path | str, file: str | Path | None) -> Iterator[Any]:
    options = {} if isinstance(path, Path) else ON_THE_WEB
    if isinstance(path, Path):
        _require_there(path, Path(file or path))
    try:
        with rasterio.Env(GDAL_CACHEMAX=BLOCK_CACHE_MIB, **options):
            tile = rasterio.open(file or path, driver=DRIVER)
    except (RasterioError, UnicodeDecodeError) as error:  # the latter from damaged texts in it
        raise TileUnreadableError(
            str(path),
            expected="a GeoTIFF file",
            found=str(error),
            hint="the file is damaged or no raster of that format: fetch or convert it again",
        ) from error
    with tile:
        yield tile


def _require_there(path: Path, file: Path) -> None:
    try:
        there = file.is_file()
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


def _check_band(path: Path | str, tile: Any) -> None:
    if tile.count != 1:
        raise TileUnreadableError(
            str(path),
            expected="a raster of one band",
            found=f"{tile.count} bands",
            hint="write the light band to a file of its own",
        )
    if {MaskFlags.per_dataset, MaskFlags.alpha} & set(tile.mask_flag_enums[0]):
        raise TileUnreadableError(
            str(path),
            expected="fill that is marked by its value",
            found="a mask of its own, in the file or beside it",
            hint="write the mask into the light as nodata, for example with gdalwarp -dstnodata",
        )
    if tile.dtypes[0] not in _NUMBERS:
        raise TileUnreadableError(
            str(path),
            expected="values in whole or floating-point numbers",
            found=f"values of type {tile.dtypes[0]}",
            hint="convert the band to a plain number type",
        )


def _grid(path: Path | str, tile: Any) -> Grid:
    crs = _crs(path, tile)
    if tile.transform.is_identity:
        raise GridError(
            str(path),
            expected="a georeferenced raster",
            found="no geotransform",
            hint="georeference the file first",
        )
    transform = tuple(tile.transform)[:6]
    grid = Grid.checked(crs=crs, transform=transform, shape=tile.shape, where=str(path))
    check_axes(path, grid)
    return grid


def check_axes(path: Path | str, grid: Grid) -> None:
    """Refuse a grid with swapped axes: a latitude beyond the poles is a longitude.

    Raises
    ------
    GridError
    """
    if not grid.is_geographic:
        return
    low, high = grid.bounds[1], grid.bounds[3]
    pole = math.pi / 2 / grid.crs.axis_info[0].unit_conversion_factor + grid.cell_size[1]
    if low < -pole or high > pole:
        raise GridError(
            str(path),
            expected="latitudes from -90 to 90 along the rows",
            found=f"{low:g} to {high:g}",
            hint="the axes are swapped: write the raster again with longitude along the columns",
        )


def _crs(path: Path | str, tile: Any) -> CRS:
    try:
        if tile.crs is not None:
            return _crs_of(tile.crs.to_wkt(version="WKT2_2019"))
        found = "none"
    except (RasterioError, ProjError, UnicodeDecodeError) as error:
        found = f"one that cannot be used, {error}"
    raise MissingCrsError(
        str(path),
        expected="a coordinate reference system",
        found=found,
        hint="declare it in the file, for example with gdal_edit.py -a_srs EPSG:4326",
    )


@cache
def _crs_of(wkt: str) -> CRS:
    """The CRS of a text; the tiles of a product have the same, and each takes milliseconds."""
    crs = CRS.from_wkt(wkt)
    # A damaged projection may be parsed and still lead nowhere.
    if crs.geodetic_crs is not None:
        Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True)
    return crs


_NUMBERS = frozenset(
    ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]
)

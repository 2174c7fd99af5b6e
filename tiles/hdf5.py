"""Tiles in HDF5 files of the Black Marble kind: light, its scale and fill, and its quality.

A file holds one of the 36 x 18 tiles of ten degrees into which the globe is cut. Its grid follows
from its place, hXXvYY: the western edge lies at -180 + 10 h, the northern at 90 - 10 v degrees
(Black Marble User Guide). Scale, offset and fill are attributes of the dataset.
"""

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from geo.errors import GridError, TileMissingError, TileUnreadableError
from geo.grid import Grid
from geo.window import Window
from tiles.decoding import Decoding
from tiles.products import Product
from tiles.size_limits import SizeLimits, check_size
from tiles.source import Spans, pieces_of_rows
from tiles.tile_file import TileFile

PLACE = re.compile(r"h(?P<h>\d{2})v(?P<v>\d{2})")
DEGREES = 10.0
"""Width and height of a tile."""
COLUMNS, ROWS = 36, 18
"""Tiles of the globe."""
DAMAGED = (OSError, RuntimeError, KeyError, ValueError, TypeError)
"""What h5py raises at an attribute that cannot be read, or is of another kind."""


@dataclass(frozen=True, slots=True)
class HdfHeader:
    """What an HDF5 tile says about itself."""

    grid: Grid
    """Where its cells are."""
    dtype: str
    """NumPy name of its stored numbers' type."""
    decoding: Decoding
    """From stored numbers to values."""
    light: str
    """Path of the light in the file."""
    quality: str | None
    """Path of its quality in the file; None if the product has none."""


def read_hdf_header(
    path: Path, product: Product, *, part: str, limits: SizeLimits, file: Path | None = None
) -> HdfHeader:
    """Read the header of an HDF5 tile.

    Parameters
    ----------
    path : Path
        The tile, for errors, and its file unless that is another.
    product : Product
        With the names of the datasets.
    part : str
        The tile's place as its name says it, as ``h28v06``; empty if it does not.
    limits : SizeLimits
    file : Path, optional
        The file, where the tile came packed.

    Returns
    -------
    HdfHeader

    Raises
    ------
    TileMissingError, TileUnreadableError
        If there is no such file, or it does not hold the product's datasets.
    TileSizeError
        If it promises more than the limits allow.
    GridError
        If its place is not known, or its name and its attributes differ in it.
    """
    if product.layer is None:
        raise TileUnreadableError(
            str(path),
            expected="the name of the dataset with the light, key layer of the product",
            found=f"none in {product.name}",
            hint="declare a product with a layer",
        )
    with _opened(path, file or path) as opened:
        light = _dataset(path, opened, product.layer)
        quality = None
        if product.quality_layer is not None:
            quality = _dataset(path, opened, product.quality_layer)
            if quality.shape != light.shape:
                raise _unlike(path, product.quality_layer, light.shape, quality.shape)
        shape = (int(light.shape[0]), int(light.shape[1]))
        dtype = str(light.dtype)
        chunks = [light.chunks] if light.chunks else []
        check_size(str(path), shape=shape, blocks=chunks, dtype=dtype, limits=limits)
        return HdfHeader(
            grid=_grid(path, opened, part, shape),
            dtype=dtype,
            decoding=_decoding(path, light, product),
            light=light.name,
            quality=None if quality is None else quality.name,
        )


@dataclass(frozen=True, slots=True)
class HdfSource:
    """A dataset of an HDF5 file; a `tiles.source.Source` of floating point, fill is NaN."""

    file: TileFile
    """The file."""
    header: HdfHeader
    """Where the light is, and how it is stored."""
    accepted: tuple[int, ...]
    """Quality values that count as an observation."""

    @property
    def files(self) -> tuple[Path, ...]:
        """As `tiles.source.Source.files`."""
        return (self.file.path,)

    def pieces(
        self,
        window: Window,
        *,
        spans: Spans | None = None,  # noqa: ARG002 - what is stored in chunks is read whole
        rows_at_once: int | None = None,
    ) -> Iterator[tuple[int, NDArray[Any]]]:
        """As `tiles.source.Source.pieces`; the whole width is read."""
        with _opened(self.file.where, self.file.raster) as file:
            for part in pieces_of_rows(window, rows_at_once):
                yield part.first_row, self._values(file, part)
        self.require_unchanged()

    def content(self, of_file: Callable[[Path], object]) -> object:
        """As `tiles.source.Source.content`: the accepted quality makes other values of a file."""
        own = self.file.content(of_file)
        return ("hdf5", own, self.header.light, self.header.quality, self.accepted)

    def require_unchanged(self) -> None:
        """As `tiles.source.Source.require_unchanged`."""
        self.file.require_unchanged()

    def _values(self, file: Any, part: Window) -> NDArray[Any]:
        cells = np.s_[part.first_row : part.end_row, part.first_col : part.end_col]
        try:
            values = self.header.decoding.values(file[self.header.light][cells])
            if self.header.quality is not None:
                values[~np.isin(file[self.header.quality][cells], self.accepted)] = np.nan
        except (OSError, KeyError) as error:
            self.require_unchanged()
            raise TileUnreadableError(
                f"{self.file.where}, rows {part.first_row} to {part.end_row - 1}",
                expected="rows that can be read",
                found=str(error),
                hint="the file is truncated or damaged: fetch it again",
            ) from error
        return values


@contextmanager
def _opened(path: Path, raster: Path) -> Iterator[Any]:
    import h5py  # not for those who have no HDF5 file

    if not raster.is_file():
        raise TileMissingError(
            str(path), expected="an HDF5 file", found="no such file", hint="correct the path"
        )
    try:
        file = h5py.File(raster, "r")
    except OSError as error:
        raise TileUnreadableError(
            str(path),
            expected="an HDF5 file",
            found=str(error),
            hint="the file is truncated or no HDF5: fetch it again",
        ) from error
    with file:
        yield file


def _dataset(path: Path, file: Any, name: str) -> Any:
    """The dataset of that name, in whatever group it is."""
    import h5py

    found: list[Any] = []

    def look(_: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.name.rsplit("/", 1)[-1] == name:
            found.append(item)

    try:
        file.visititems(look)  # follows no link to another file
    except (OSError, RuntimeError, KeyError) as error:
        raise _unreadable_dataset(path, name, str(error)) from error
    if len(found) != 1 or len(found[0].shape) != 2 or found[0].dtype.kind not in "iuf":
        what = "none" if not found else f"{len(found)} of shape {found[0].shape}"
        raise _unreadable_dataset(path, name, what)
    if found[0].is_virtual or found[0].external:
        raise _unreadable_dataset(path, name, "one whose numbers are in other files")
    return found[0]


def _unreadable_dataset(path: Path, name: str, found: str) -> TileUnreadableError:
    return TileUnreadableError(
        str(path),
        expected=f"one dataset {name} of rows and columns in numbers, in this file",
        found=found,
        hint="name the right product, or declare one with this file's dataset as layer",
    )


def _unlike(
    path: Path, name: str, expected: tuple[int, ...], found: tuple[int, ...]
) -> TileUnreadableError:
    return TileUnreadableError(
        f"{path}, {name}",
        expected=f"as many cells as the light has, {expected}",
        found=f"{found}",
        hint="the file is damaged: fetch it again",
    )


def _decoding(path: Path, light: Any, product: Product) -> Decoding:
    """Scale, offset and fill as the file declares them; the product's fill beside."""
    fill = _numbers(path, light, "_FillValue") or ()
    scale = _number(path, light, "scale_factor", 1.0)
    if scale == 0.0:
        raise _bad_attribute(path, light, "scale_factor", "0")
    return Decoding(
        scale=scale,
        offset=_number(path, light, "add_offset", _number(path, light, "offset", 0.0)),
        fill=tuple(dict.fromkeys((*fill, *product.fill_values))),
    )


def _number(path: Path, item: Any, name: str, default: float) -> float:
    """An attribute that is one finite number; the default if there is none of that name."""
    found = _numbers(path, item, name)
    if found is None:
        return default
    if len(found) != 1 or not math.isfinite(found[0]):
        raise _bad_attribute(path, item, name, f"{list(found)}")
    return found[0]


def _numbers(path: Path, item: Any, name: str) -> tuple[float, ...] | None:
    """The numbers of an attribute; None if there is no such attribute."""
    try:
        if name not in item.attrs:
            return None
        found = np.ravel(item.attrs[name])
        if found.dtype.kind not in "iuf":
            raise TypeError(f"values of type {found.dtype}")
        return tuple(float(value) for value in found)
    except DAMAGED as error:
        raise _bad_attribute(path, item, name, str(error)) from error


def _place(path: Path, file: Any) -> tuple[int, int] | None:
    """The place that the file says it has, column and row; None if it says none."""
    found = []
    for name in ("HorizontalTileNumber", "VerticalTileNumber"):
        try:
            if name not in file.attrs:
                return None
            (value,) = np.ravel(file.attrs[name])
            found.append(int(value.decode("ascii") if isinstance(value, bytes) else value))
        except DAMAGED as error:
            raise _bad_attribute(path, file, name, str(error)) from error
    return found[0], found[1]


def _bad_attribute(path: Path, item: Any, name: str, found: str) -> TileUnreadableError:
    return TileUnreadableError(
        f"{path}, {item.name}, attribute {name}",
        expected="a number",
        found=found,
        hint="the file is damaged: fetch it again",
    )


def _grid(path: Path, file: Any, part: str, shape: tuple[int, int]) -> Grid:
    """The grid of the tile's place."""
    named = PLACE.fullmatch(part)
    in_name = (int(named["h"]), int(named["v"])) if named else None
    in_file = _place(path, file)
    places = {place for place in (in_name, in_file) if place is not None}
    if len(places) != 1 or not all(0 <= h < COLUMNS and 0 <= v < ROWS for h, v in places):
        raise GridError(
            str(path),
            expected="one place hXXvYY, in its name or as TileNumber in the file",
            found=f"{in_name} in the name, {in_file} in the file (columns, rows of ten degrees)",
            hint="give the file its own name back, or fetch it again",
        )
    ((h, v),) = places
    rows, cols = shape
    west, north = DEGREES * h - 180.0, 90.0 - DEGREES * v
    transform = (DEGREES / cols, 0.0, west, 0.0, -DEGREES / rows, north)
    return Grid.checked(crs=CRS.from_epsg(4326), transform=transform, shape=shape, where=str(path))

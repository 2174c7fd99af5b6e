"""A tile in one GeoTIFF file of this machine, packed or not, and what GeoTIFFs share."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from geo.errors import TileUnreadableError
from geo.window import Window
from tiles.decoding import PLAIN, Decoding
from tiles.reader import empty_blocks, read_rows
from tiles.source import Spans
from tiles.tile_file import TileFile

Piece = TypeVar("Piece")


@dataclass(frozen=True, slots=True)
class Raster:
    """A GeoTIFF as its header describes it."""

    where: Path | str
    """The tile, as for `tiles.reader.read_header`."""
    shape: tuple[int, int]
    """Rows and columns."""
    decoding: Decoding = PLAIN
    """From stored numbers to values."""
    empty_value: float | None = None
    """What cells of blocks are that the file does not hold; None if it holds all, or says so."""
    file: Path | None = None
    """The raster, if the tile came packed."""

    def pieces(
        self, window: Window, *, spans: Spans | None, rows_at_once: int | None
    ) -> Iterator[tuple[int, NDArray[Any]]]:
        """As `tiles.source.Source.pieces`, whatever became of the file meanwhile."""
        for first_row, stored in read_rows(
            self.where,
            window,
            shape=self.shape,
            file=self.file,
            spans=spans,
            rows_at_once=rows_at_once,
        ):
            end_row = first_row + stored.shape[0]
            part = Window(first_row, end_row, window.first_col, window.end_col)
            yield first_row, self._values(stored, part)

    def content(self, of_file: object) -> object:
        """What tells the values from all others, by what tells those of the file.

        Scale, offset and fill may stand in a file beside it.
        """
        if (self.decoding, self.empty_value) == (PLAIN, None):
            return of_file
        return ("decoded", of_file, self.decoding, repr(self.empty_value))

    def _values(self, stored: NDArray[Any], part: Window) -> NDArray[Any]:
        """Values of a part; the same array where stored numbers are the values."""
        is_plain = self.decoding.is_plain and not self.decoding.fill
        values = stored if is_plain else self.decoding.values(stored)
        if self.empty_value is None:
            return values
        if np.isnan(self.empty_value) and values.dtype.kind != "f":
            values = PLAIN.values(stored)
        for empty in empty_blocks(self.where, part, file=self.file):
            rows = slice(empty.first_row - part.first_row, empty.end_row - part.first_row)
            cols = slice(empty.first_col - part.first_col, empty.end_col - part.first_col)
            values[rows, cols] = self.empty_value
        return values


@dataclass(frozen=True, slots=True)
class RasterSource:
    """A file on this machine; a `tiles.source.Source`."""

    file: TileFile
    """The file."""
    raster: Raster
    """What is in it."""

    @property
    def files(self) -> tuple[Path, ...]:
        """As `tiles.source.Source.files`."""
        return (self.file.path,)

    def pieces(
        self, window: Window, *, spans: Spans | None = None, rows_at_once: int | None = None
    ) -> Iterator[tuple[int, NDArray[Any]]]:
        """As `tiles.source.Source.pieces`."""
        return watched(
            self.raster.pieces(window, spans=spans, rows_at_once=rows_at_once),
            self.require_unchanged,
        )

    def content(self, of_file: Callable[[Path], object]) -> object:
        """As `tiles.source.Source.content`."""
        return self.raster.content(self.file.content(of_file))

    def require_unchanged(self) -> None:
        """As `tiles.source.Source.require_unchanged`."""
        self.file.require_unchanged()


def watched(pieces: Iterator[Piece], require_unchanged: Callable[[], None]) -> Iterator[Piece]:
    """Pieces of a file that must be the same to their end.

    Parameters
    ----------
    pieces : iterator
    require_unchanged : callable
        Raises `TileChangedError`, the better name for what made a file unreadable.

    Yields
    ------
    object
        The pieces.
    """
    try:
        yield from pieces
    except TileUnreadableError:
        require_unchanged()
        raise
    require_unchanged()

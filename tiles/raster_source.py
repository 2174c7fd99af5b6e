"""A tile in one GeoTIFF file: here, packed, or on a web server."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import TileUnreadableError
from geo.window import Window
from tiles.decoding import PLAIN, Decoding
from tiles.file_state import FileState, require_unchanged
from tiles.reader import empty_blocks, read_rows
from tiles.source import Spans


@dataclass(frozen=True, slots=True)
class RasterSource:
    """A file on this machine; a `tiles.source.Source`."""

    path: Path
    """The file that the user has."""
    state: FileState
    """Its state when its header was read."""
    shape: tuple[int, int]
    """Rows and columns."""
    decoding: Decoding = PLAIN
    """From stored numbers to values."""
    empty_value: float | None = None
    """What cells of blocks are that the file does not hold; None if it holds all, or says so."""
    unpacked: Path | None = None
    """The raster, if the user's file is packed."""

    @property
    def files(self) -> tuple[Path, ...]:
        """As `tiles.source.Source.files`."""
        return (self.path,)

    def pieces(
        self, window: Window, *, spans: Spans | None = None, rows_at_once: int | None = None
    ) -> Iterator[tuple[int, NDArray[Any]]]:
        """As `tiles.source.Source.pieces`."""
        try:
            for first_row, stored in read_rows(
                self.path,
                window,
                shape=self.shape,
                file=self.unpacked,
                spans=spans,
                rows_at_once=rows_at_once,
            ):
                yield first_row, self._values(stored, first_row, window)
        except TileUnreadableError:
            self.require_unchanged()  # the better name for what went wrong
            raise
        self.require_unchanged()

    def content(self, of_file: Callable[[Path], object]) -> object:
        """As `tiles.source.Source.content`."""
        return of_file(self.path)

    def require_unchanged(self) -> None:
        """As `tiles.source.Source.require_unchanged`."""
        require_unchanged(self.path, self.state)

    def _values(self, stored: NDArray[Any], first_row: int, window: Window) -> NDArray[Any]:
        return decoded(
            stored,
            Window(first_row, first_row + stored.shape[0], window.first_col, window.end_col),
            path=self.path,
            file=self.unpacked,
            decoding=self.decoding,
            empty_value=self.empty_value,
        )


def decoded(
    stored: NDArray[Any],
    part: Window,
    *,
    path: Path | str,
    file: str | Path | None,
    decoding: Decoding,
    empty_value: float | None,
) -> NDArray[Any]:
    """Values of a part of a raster.

    Parameters
    ----------
    stored : array
        The numbers in the file.
    part : Window
        Where they are.
    path, file
        The tile, as for `tiles.reader.read_header`.
    decoding : Decoding
    empty_value : float, optional
        What cells of blocks are that the file does not hold; None if that needs no care.

    Returns
    -------
    array of the same shape
        The same array where stored numbers are the values.
    """
    if decoding.is_plain and not decoding.fill and empty_value is None:
        return stored
    values = stored if decoding.is_plain and not decoding.fill else decoding.values(stored)
    if empty_value is None:
        return values
    if np.isnan(empty_value) and values.dtype.kind != "f":
        values = PLAIN.values(stored)
    for empty in empty_blocks(path, part, file=file):
        rows = slice(empty.first_row - part.first_row, empty.end_row - part.first_row)
        cols = slice(empty.first_col - part.first_col, empty.end_col - part.first_col)
        values[rows, cols] = empty_value
    return values

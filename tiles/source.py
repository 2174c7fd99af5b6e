"""Where a tile's values come from, whatever holds them: what the pipeline asks of it."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from geo.window import Window

Spans = Sequence[tuple[int, int]]
"""First and end columns, counted from the tile's first."""


class Source(Protocol):
    """Holds a tile's values. Reading is pure: any thread or process may do it at any time."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The files behind it, which are digested and watched."""
        ...

    def pieces(
        self, window: Window, *, spans: Spans | None = None, rows_at_once: int | None = None
    ) -> Iterator[tuple[int, NDArray[Any]]]:
        """Values of a window, a few rows at a time, from the first row down.

        Parameters
        ----------
        window : Window
        spans : sequence of (int, int), optional
            Columns that are wanted; what lies between them need not be read and holds nothing that
            means anything. The whole window by default.
        rows_at_once : int, optional
            Rows to read at a time; all by default.

        Yields
        ------
        first_row : int
            First row of the piece.
        values : array (rows, columns of the window)
            In the tile's type.

        Raises
        ------
        TileMissingError, TileUnreadableError
            If a file is gone, has changed its shape, or a row cannot be read.
        TileChangedError
            If a file is another than when its header was read.
        """
        ...

    def content(self, of_file: Callable[[Path], object]) -> object:
        """What tells the values from all others.

        Parameters
        ----------
        of_file : callable
            Gives what tells a file's bytes from others: a digest, or the file's state.

        Returns
        -------
        object
            With a ``repr`` that says all of it; of a single file what ``of_file`` gives.
        """
        ...

    def require_unchanged(self) -> None:
        """Refuse files that are not what they were when the header was read.

        Raises
        ------
        TileChangedError
            If one is another.
        TileMissingError
            If one is gone.
        """
        ...


def pieces_of_rows(window: Window, rows_at_once: int | None) -> Iterator[Window]:
    """A window in pieces of so many rows, from the first row down."""
    step = rows_at_once or window.shape[0]
    for first in range(window.first_row, window.end_row, step):
        end = min(first + step, window.end_row)
        yield Window(first, end, window.first_col, window.end_col)

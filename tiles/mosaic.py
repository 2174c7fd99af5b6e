"""One year in many files: parts of one lattice, read as one tile.

A cell that several parts hold is counted once: the first part, in the order of their names, that
observed it gives its value. A cell that none holds is fill.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import GridError, TileSizeError
from geo.grid import LATTICE_TOLERANCE, Grid
from geo.window import Window
from tiles.decoding import is_fill
from tiles.size_limits import DEFAULT_LIMITS, SizeLimits, check_size
from tiles.source import Source, Spans, pieces_of_rows

LEAST_FILLED = 1e-3
"""Share of a mosaic that its parts fill at least; two of the globe's 648 tiles fill 0.003."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of several."""

    source: Source
    """Its values."""
    grid: Grid
    """Its own grid."""
    fill: tuple[float, ...]
    """Values that mark a cell without an observation, beside NaN."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A part and the cell of the whole where it begins."""

    part: Part
    row: int
    col: int


@dataclass(frozen=True, slots=True)
class Mosaic:
    """Parts as one source, in floating point, NaN where there is fill; a `tiles.source.Source`."""

    placed: tuple[_Placed, ...]
    """The parts with their places."""
    dtype: str
    """NumPy name of the values' type."""

    @property
    def files(self) -> tuple[Path, ...]:
        """As `tiles.source.Source.files`."""
        return tuple(file for one in self.placed for file in one.part.source.files)

    def pieces(
        self, window: Window, *, spans: Spans | None = None, rows_at_once: int | None = None
    ) -> Iterator[tuple[int, NDArray[Any]]]:
        """As `tiles.source.Source.pieces`; only parts that the spans touch are read."""
        for piece in pieces_of_rows(window, rows_at_once):
            values = np.full(piece.shape, np.nan, dtype=self.dtype)
            for first, end in spans or ((window.first_col, window.end_col),):
                wanted = Window(piece.first_row, piece.end_row, first, end)
                left = first - window.first_col
                self._fill(values[:, left : left + end - first], wanted)
            yield piece.first_row, values

    def content(self, of_file: Callable[[Path], object]) -> object:
        """As `tiles.source.Source.content`."""
        return (
            "mosaic",
            *((one.part.source.content(of_file), one.row, one.col) for one in self.placed),
        )

    def require_unchanged(self) -> None:
        """As `tiles.source.Source.require_unchanged`."""
        for one in self.placed:
            one.part.source.require_unchanged()

    def _fill(self, values: NDArray[Any], wanted: Window) -> None:
        """Write what the parts hold of a window into an array that is NaN so far."""
        for one in self.placed:
            rows, cols = one.part.grid.shape
            first_row, end_row = max(wanted.first_row, one.row), min(wanted.end_row, one.row + rows)
            first_col, end_col = max(wanted.first_col, one.col), min(wanted.end_col, one.col + cols)
            if first_row >= end_row or first_col >= end_col:
                continue
            inside = Window(
                first_row - one.row, end_row - one.row, first_col - one.col, end_col - one.col
            )
            ((_, found),) = one.part.source.pieces(inside)
            seen = ~is_fill(found, one.part.fill)
            there = values[
                first_row - wanted.first_row : end_row - wanted.first_row,
                first_col - wanted.first_col : end_col - wanted.first_col,
            ]
            np.copyto(there, found, where=seen & np.isnan(there))


def mosaic(
    parts: Sequence[Part], *, dtype: str, where: str, limits: SizeLimits = DEFAULT_LIMITS
) -> tuple[Mosaic, Grid]:
    """Put parts together.

    Parameters
    ----------
    parts : sequence of Part
        In the order of their names.
    dtype : str
        NumPy name of the floating-point type of the whole.
    where : str
        The year, for errors.
    limits : SizeLimits
        How large the whole may be, what lies between the parts included.

    Returns
    -------
    Mosaic
    Grid
        The smallest grid that holds all parts.

    Raises
    ------
    GridError
        If the parts do not lie on one lattice of cells.
    TileSizeError
        If the whole is larger than the limits, or nearly empty.
    """
    first = parts[0].grid
    a, _, c, _, e, f = first.transform
    corners = []
    for part in parts:
        offset = part.grid.offset_from(first)
        off = 0.0 if offset is None else max(abs(cells - round(cells)) for cells in offset)
        if offset is None or off > LATTICE_TOLERANCE:
            how = "of other cells or CRS" if offset is None else f"{off:.3g} of a cell off it"
            raise GridError(
                where,
                expected=f"parts on one lattice of cells, as {_name(parts[0])} has",
                found=f"{_name(part)}, {how}",
                hint="name only parts of one grid, or warp them to one first",
            )
        corners.append((round(offset[1]), round(offset[0])))
    top, left = min(row for row, _ in corners), min(col for _, col in corners)
    placed = tuple(
        _Placed(part, row - top, col - left)
        for part, (row, col) in zip(parts, corners, strict=True)
    )
    shape = (
        max(one.row + one.part.grid.shape[0] for one in placed),
        max(one.col + one.part.grid.shape[1] for one in placed),
    )
    check_size(where, shape=shape, blocks=(), dtype=dtype, limits=limits)
    filled = sum(math.prod(part.grid.shape) for part in parts) / math.prod(shape)
    if filled < LEAST_FILLED:
        raise TileSizeError(
            where,
            expected=f"parts that fill at least {LEAST_FILLED:g} of the rectangle around them",
            found=f"{filled:.2g}, for they lie far apart",
            hint="name parts of one place, or correct their georeference",
        )
    transform = (a, 0.0, c + a * left, 0.0, e, f + e * top)
    grid = Grid.checked(crs=first.crs, transform=transform, shape=shape, where=where)
    return Mosaic(placed, dtype), grid


def _name(part: Part) -> str:
    return str(part.source.files[0]) if part.source.files else "a part"

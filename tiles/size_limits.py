"""How large a tile may be, checked against its header before anything is decoded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from geo.errors import TileSizeError
from geo.stripes import STRIPE_ROWS


@dataclass(frozen=True, slots=True)
class SizeLimits:
    """What a header may promise; a damaged or hostile one may promise anything."""

    cells: int = 10**10
    """Cells of a tile; the globe at 15 arc seconds has 3.7e9."""
    bytes_at_once: int = 2 * 2**30
    """Bytes of one block of the file, or of one stripe of rows, when decoded."""
    unpacked_bytes: int = 32 * 2**30
    """Bytes of a file that comes packed; the globe at 15 arc seconds has 15 GB."""

    @classmethod
    def of(cls, *, cells: float, mb_at_once: float, unpacked_gb: float) -> Self:
        """The limits as a study or an option states them, in millions and billions of bytes."""
        return cls(int(cells), int(mb_at_once * 2**20), int(unpacked_gb * 1e9))


DEFAULT_LIMITS = SizeLimits()


def check_size(
    where: str,
    *,
    shape: tuple[int, int],
    blocks: Sequence[tuple[int, int]],
    dtype: str,
    limits: SizeLimits,
) -> None:
    """Refuse a tile that is larger than the limits.

    Parameters
    ----------
    where : str
        The tile, for the error.
    shape : tuple of int
        Rows and columns.
    blocks : sequence of (int, int)
        Rows and columns of the file's blocks.
    dtype : str
        NumPy name of its values' type.
    limits : SizeLimits

    Raises
    ------
    TileSizeError
        If it has too many cells, or a block or stripe of it needs too much memory.
    """
    rows, cols = shape
    if rows * cols > limits.cells:
        raise TileSizeError(
            where,
            expected=f"at most {limits.cells:.3g} cells",
            found=f"a header that promises {rows} x {cols}, {rows * cols:.3g}",
            hint="fetch the file again; if it is that large, raise lights.max_cells or --max-cells",
        )
    stripe = (min(rows, STRIPE_ROWS), cols)
    largest = max(rows * cols for rows, cols in (*blocks, stripe)) * np.dtype(dtype).itemsize
    if largest > limits.bytes_at_once:
        raise TileSizeError(
            where,
            expected=f"at most {limits.bytes_at_once / 2**20:.0f} MiB to decode at once",
            found=f"a header that promises {largest / 2**20:.0f} MiB a block or stripe",
            hint="fetch the file again; if it is made so, raise "
            "lights.max_mb_at_once or --max-mb-at-once",
        )

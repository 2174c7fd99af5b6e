"""A product's contract in the terms of a tile's own type, as the loops over cells need it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiles._sum_kernels import count_outside_real, count_outside_whole
from tiles.tile import Tile


@dataclass(frozen=True, slots=True)
class Limits:
    """What the values of a tile may be, and what they mean."""

    low: float
    high: float
    """Valid values lie from ``low`` to ``high``."""
    levels: tuple[float, float]
    """Above the first a cell is lit, from the second on it is saturated."""
    fill: NDArray[np.float64]
    """Values that stand for no observation, beside NaN."""

    def any_outside(self, values: NDArray[Any]) -> bool:
        """Whether some value is fill or breaks the contract."""
        if values.dtype.kind == "f":
            low, high = values.dtype.type(self.low), values.dtype.type(self.high)
            return bool(count_outside_real(values, low, high))
        known = np.iinfo(values.dtype)
        low, high = max(math.ceil(self.low), known.min), min(self.high, known.max)
        kind = values.dtype.type
        return bool(count_outside_whole(values, kind(low), kind(math.floor(high))))


def limits_of(tile: Tile) -> Limits:
    """A tile's limits.

    Parameters
    ----------
    tile : Tile

    Returns
    -------
    Limits
    """
    product = tile.product
    limits = [product.valid_min, product.valid_max, product.lit_above]
    limits.append(math.inf if product.saturation is None else product.saturation)
    low, high, lit, full = (float(limit) for limit in _as_stored(limits, tile.dtype))
    return Limits(low, high, (lit, full), _as_stored(tile.fill_values, tile.dtype))


def _as_stored(values: Sequence[float], dtype: str) -> NDArray[np.float64]:
    """Limits as the tile's own type would store them: 0.1 in a float32 tile is no double 0.1."""
    limits = np.asarray(values, dtype=np.float64)
    if np.dtype(dtype).kind != "f":
        return limits
    with np.errstate(over="ignore"):
        return limits.astype(dtype).astype(np.float64)

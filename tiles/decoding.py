"""From the numbers that a file stores to values in the product's unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Decoding:
    """How stored numbers become values: value = scale x stored + offset, NaN where fill."""

    scale: float = 1.0
    """Of the file."""
    offset: float = 0.0
    """Of the file."""
    fill: tuple[float, ...] = ()
    """Stored numbers that mark a cell without an observation."""

    @property
    def is_plain(self) -> bool:
        """Whether stored numbers are the values, fill included."""
        return (self.scale, self.offset) == (1.0, 0.0)

    def values(self, stored: NDArray[Any]) -> NDArray[Any]:
        """Values of stored numbers.

        Parameters
        ----------
        stored : array

        Returns
        -------
        array of the same shape
            Floating point; computed in double and rounded once.
        """
        scaled = stored.astype(np.float64)
        scaled *= self.scale
        scaled += self.offset
        values = scaled.astype(floating(stored.dtype))
        values[is_fill(stored, self.fill)] = np.nan
        return values


def floating(*stored: str | np.dtype[Any]) -> np.dtype[Any]:
    """Type of light that is handed out in floating point.

    Parameters
    ----------
    *stored : str or dtype
        Types of the stored numbers.

    Returns
    -------
    dtype
        float32 if that holds every number of these types exactly, else float64.
    """
    return np.result_type(np.float32, *(np.result_type(kind, np.float16) for kind in stored))


def is_fill(values: NDArray[Any], fill: Sequence[float]) -> NDArray[np.bool_]:
    """Which cells are without an observation.

    Parameters
    ----------
    values : array
    fill : sequence of float
        Values that mark such a cell, beside NaN; each is compared as the type of ``values`` holds
        it, in which one beyond float32 is infinity.

    Returns
    -------
    bool array of the same shape
    """
    if values.dtype.kind != "f":
        found = np.zeros(values.shape, dtype=np.bool_)
        markers = np.asarray(fill, dtype=np.float64)
    else:
        found = np.isnan(values)
        with np.errstate(over="ignore"):
            markers = np.asarray(fill, dtype=np.float64).astype(values.dtype)
    for marker in markers:
        found |= values == marker
    return found


PLAIN = Decoding()
"""Stored numbers are the values."""

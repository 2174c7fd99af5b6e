"""From the numbers that a file stores to values in the product's unit."""

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

    def dtype(self, stored: str) -> str:
        """Type of the values: float32 if that holds every stored number exactly, else float64."""
        wide = np.result_type(np.dtype(stored), np.float16)
        return str(np.result_type(wide, np.float32))

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
        kind = self.dtype(str(stored.dtype))
        scaled = stored.astype(np.float64)
        scaled *= self.scale
        scaled += self.offset
        values = scaled.astype(kind)
        for fill in self.fill:
            marker = np.float64(fill)
            if stored.dtype.kind == "f":
                with np.errstate(over="ignore"):
                    marker = marker.astype(stored.dtype)
            values[stored == marker] = np.nan
        return values


PLAIN = Decoding()
"""Stored numbers are the values."""

"""Classes of a graduated map: quantiles, with darkness for itself."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

DIGITS = 3
"""Significant digits of the breaks between classes, which people read."""


def class_breaks(values: NDArray[np.float64], number: int) -> tuple[tuple[float, float], ...]:
    """Classes of about equally many values.

    Parameters
    ----------
    values : float64 array
        NaN is left out.
    number : int
        How many classes there are at most, beside that of zeros.

    Returns
    -------
    tuple of (float, float)
        Lower and upper ends, ascending, from the least to the greatest value: every value is in a
        class, one between two belongs to the first. Where zero is the least value, the first class
        holds zeros alone. Empty if there are no values.
    """
    known = values[np.isfinite(values)]
    if not known.size:
        return ()
    dark = known.min() == 0.0
    rest = known[known > 0.0] if dark else known
    zeros = ((0.0, 0.0),) if dark else ()
    if not rest.size:
        return zeros
    low, high = 0.0 if dark else float(rest.min()), float(rest.max())
    inner = np.quantile(rest, np.arange(1, number) / number)
    rounded = {float(f"{value:.{DIGITS}g}") for value in inner}
    edges = [low, *sorted(value for value in rounded if low < value < high), high]
    return (*zeros, *(pairwise(edges) if low < high else [(low, high)]))

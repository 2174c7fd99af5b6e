"""Whether anything is left of a column, or only the rounding of what it was."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from estimation.samples.sample import Floats

SHARE = 1e-24
"""Mean square, over that of the column before, up to which it is rounding."""


def is_rounding(left: Floats, before: Floats) -> NDArray[Any]:
    """Whether what is left of columns is no more than the rounding of what they were.

    Parameters
    ----------
    left : float array, shape (n,) or (n, k)
    before : float array, shape (m,) or (m, k)

    Returns
    -------
    bool array, shape () or (k,)
        True as well where a column is not a number.
    """
    squares, whole = np.mean(left**2, axis=0), np.mean(before**2, axis=0)
    return np.asarray(~(squares > SHARE * whole))

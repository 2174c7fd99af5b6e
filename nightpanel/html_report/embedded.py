"""Data inside the page: JSON that no script tag ends, whole numbers in few bytes."""

import base64
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
ABSENT = 0
"""Stands for a missing value in a matrix; others are one more than they are."""
_ESCAPED = str.maketrans({"<": r"\u003c", ">": r"\u003e", "&": r"\u0026"})


def script_json(value: object) -> str:
    """JSON for a script element: no ``<`` ends it, what is not finite is null.

    Parameters
    ----------
    value : object
        Of dictionaries, lists, texts and numbers.
    """
    text = json.dumps(_finite(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPED).replace("\u2028", r"\u2028").replace("\u2029", r"\u2029")


def _finite(value: object) -> Any:
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, Mapping):
        return {str(key): _finite(one) for key, one in value.items()}
    if isinstance(value, (str, bytes)) or not isinstance(value, (Sequence, np.ndarray)):
        return value
    return [_finite(one) for one in value]


def packed(numbers: Integers) -> str:
    """Whole numbers, small ones in few bytes, as base64.

    Each is zigzagged (0, -1, 1, -2, ... to 0, 1, 2, 3, ...) and written in groups of seven bits,
    the lowest first, the eighth bit of a byte saying that more follow.

    Parameters
    ----------
    numbers : int64 array
        Below 2**50 in size.
    """
    values = np.asarray(numbers, dtype=np.int64).ravel()
    zigzag = ((values << 1) ^ (values >> 63)).astype(np.uint64)
    groups = np.ones(values.size, dtype=np.int64)
    rest = zigzag >> np.uint64(7)
    while rest.any():
        groups += rest > 0
        rest >>= np.uint64(7)
    ends = np.cumsum(groups)
    out = np.zeros(int(ends[-1]) if values.size else 0, dtype=np.uint8)
    for group in range(int(groups.max(initial=0))):
        has = groups > group
        part = (zigzag[has] >> np.uint64(7 * group)) & np.uint64(127)
        follows = (groups[has] > group + 1).astype(np.uint64) << np.uint64(7)
        out[ends[has] - groups[has] + group] = (part | follows).astype(np.uint8)
    return base64.b64encode(out.tobytes()).decode("ascii")


def packed_matrix(values: NDArray[np.float64], decimals: int) -> dict[str, Any]:
    """A matrix rounded to decimals, rows as changes from one column to the next.

    Parameters
    ----------
    values : float array, shape (n, m)
        NaN where there is none.
    decimals : int
        That are kept.

    Returns
    -------
    dict
        ``decimals``, ``rows``, ``columns`` and ``values``: as `packed`, of whole numbers that are
        one more than the value times ten to the decimals, or 0 for a missing one; each less the one
        before it in its row.
    """
    there = np.isfinite(values)
    scaled = np.rint(np.where(there, values, 0.0) * 10.0**decimals).astype(np.int64)
    whole = np.where(there, scaled + 1, ABSENT)
    changes = np.diff(whole, axis=1, prepend=0)
    rows, columns = values.shape
    return {"decimals": decimals, "rows": rows, "columns": columns, "values": packed(changes)}


def decimals_for(values: NDArray[np.float64]) -> int:
    """Decimals that keep five significant digits of the largest value, and three at least."""
    largest = float(np.nanmax(np.abs(values), initial=0.0)) if values.size else 0.0
    if not largest > 0:
        return 3
    return min(max(4 - math.floor(math.log10(largest)), 3), 9)

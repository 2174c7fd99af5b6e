"""Means of constant elasticity, in logs: one form for every elasticity, one included.

With weight ``a``, power ``r`` and ``d = ln u - ln v`` the mean ``[a u^r + (1-a) v^r]^(1/r)`` is
``ln v + d log1p(a expm1(r d)) / (r d)``, which has no corner at ``r = 0``, where it is the
Cobb-Douglas mean. A price index of elasticity ``e`` is the mean of power ``1 - e``; a quantity
index that of power ``1 - 1/e`` of the quantities over their weights.
"""

import numpy as np
from numpy.typing import ArrayLike

from estimation.samples.sample import Floats

TINY = 1e-200
"""Added to ``r d``: too small to change any number but zero, whose quotient it gives its limit."""


def ln_mean(weight: ArrayLike, power: ArrayLike, ln_u: ArrayLike, ln_v: ArrayLike) -> Floats:
    """Log of the mean of two members given in logs, for arrays of any one shape.

    A power of minus infinity gives the smaller member (Leontief).
    """
    a, r, u, v = np.broadcast_arrays(
        *(np.asarray(part, dtype=np.float64) for part in (weight, power, ln_u, ln_v))
    )
    leontief = np.isneginf(r)
    d = u - v
    x = np.where(leontief, 0.0, r) * d + TINY
    larger = np.where(x > 0.0, 1.0 - a, a)
    moved = d * np.log1p(larger * np.expm1(-np.abs(x))) / x
    mean = np.where(leontief, np.minimum(u, v), np.where(x > 0.0, u, v) + moved)
    return np.asarray(mean, dtype=np.float64)


def ln_quantity(
    weight: ArrayLike, elasticity: ArrayLike, ln_u: ArrayLike, ln_v: ArrayLike
) -> Floats:
    """Log of the quantity index of two quantities given in logs; at zero elasticity Leontief's."""
    a = np.asarray(weight, dtype=np.float64)
    e = np.asarray(elasticity, dtype=np.float64)
    with np.errstate(divide="ignore"):
        power = 1.0 - 1.0 / e
    return ln_mean(a, power, np.asarray(ln_u) - np.log(a), np.asarray(ln_v) - np.log1p(-a))

"""A city's own earlier value, where it has one: gaps are respected."""

import numpy as np

from estimation.samples.sample import Floats, Integers


def earlier(city: Integers, year: Integers, values: Floats, lag: int) -> Floats:
    """Each row's value of the same city some years before.

    Parameters
    ----------
    city, year : int64 array, shape (n,)
        Each pair once, in any order.
    values : float array, shape (n,)
    lag : int
        Years; below zero for years after.

    Returns
    -------
    float array, shape (n,)
        NaN where the city has no row of exactly that year.
    """
    first = int(year.min()) if year.size else 0
    span = int(np.ptp(year)) + 1 if year.size else 1
    keys = city * span + (year - first)
    order = np.argsort(keys)
    then = year - first - lag
    wanted = city * span + then
    at = np.minimum(np.searchsorted(keys[order], wanted), keys.size - 1)
    place = order[at] if keys.size else at
    found = (keys[place] == wanted) & (then >= 0) & (then < span)
    return np.where(found, values[place], np.nan)

"""Datum: from the shifted coordinates of Chinese web maps to WGS84, and back.

Maps published in China carry GCJ-02, which moves places by up to 700 metres, 480 on average, along
a smooth field; Baidu's maps move it once more (BD-09). Neither has a published definition. What is
computed here is the widely known reconstruction: GCJ-02 by the constants and series of the open
implementation eviltransform (github.com/googollee/eviltransform), of which others are copies, and
BD-09 by those of coordtransform (github.com/wandergis/coordtransform); eviltransform's waves of
Baidu's differ, by tens of metres. It is defined inside the rectangle 72.004-137.8347 E,
0.8293-55.8271 N; outside coordinates are left alone.

The way back to WGS84 is found by iteration, not by the usual subtraction of the shift at the wrong
place, which errs by some metres.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np

from geo.rings import Bools, Floats
from geo.threads import blocks, in_threads, processors

Datum = Literal["WGS84", "GCJ-02", "BD-09"]
"""Which coordinates longitude and latitude are."""

WEST, EAST, SOUTH, NORTH = 72.004, 137.8347, 0.8293, 55.8271
"""Of the rectangle that is shifted, in degrees."""

SEMI_MAJOR, ECCENTRICITY_SQUARED = 6378245.0, 0.00669342162296594323
"""Krasovsky's ellipsoid of 1940, in metres."""

BAIDU_TURNS = np.pi * 3000.0 / 180.0
BAIDU_EAST, BAIDU_NORTH = 0.0065, 0.006
"""Degrees that BD-09 lies from GCJ-02, apart from two small waves."""

CLOSE_ENOUGH = 1e-11
"""Degrees; a micrometre on the ground."""

MOST_ROUNDS = 30
"""Each round divides the error by fifty or more; from 0.02 degrees six are enough."""

METRES_PER_DEGREE = 111_195.0
"""Of a great circle on the mean sphere."""

POINTS_PER_CALL = 50_000

Forward = Callable[[Floats], Floats]


def from_wgs84(lonlat: Floats, datum: Datum) -> Floats:
    """Shift WGS84 coordinates as maps in a datum do.

    Parameters
    ----------
    lonlat : float64 array, (n, 2)
        Longitude and latitude in degrees.
    datum : {"WGS84", "GCJ-02", "BD-09"}

    Returns
    -------
    float64 array, (n, 2)
        Points outside the rectangle, or not finite, as they were.
    """
    return _inside(lonlat, lambda points: _shifted(points, datum))


def to_wgs84(lonlat: Floats, datum: Datum) -> Floats:
    """Restore WGS84 coordinates from those of a datum: the inverse of `from_wgs84`.

    Parameters
    ----------
    lonlat : float64 array, (n, 2)
        Longitude and latitude in degrees, in ``datum``.
    datum : {"WGS84", "GCJ-02", "BD-09"}

    Returns
    -------
    float64 array, (n, 2)
        Within 1e-9 degrees (0.1 millimetres) of the coordinates that `from_wgs84` brings to
        ``lonlat``; points outside the rectangle, or not finite, as they were.

    Notes
    -----
    Solves x + d(x) = y for x by the fixed point x = y - d(x). The shift d changes by less than 3 %
    of a step, so that each round divides the error by 30 or more; on the meridian of 105 E, where
    the series has a root of |x - 105|, the last error stays near 1e-12 degrees. Within some hundred
    metres of the rectangle's edge the shift itself jumps and there is no inverse.
    """
    if datum == "WGS84":
        return lonlat.copy()

    def restored(points: Floats) -> Floats:
        guess = points.copy()
        for _ in range(MOST_ROUNDS):
            step = points - _shifted(guess, datum)
            guess += step
            if np.abs(step).max(initial=0.0) < CLOSE_ENOUGH:
                break
        # What is not shifted to begin with has nothing to be restored from.
        away = ~_in_rectangle(guess)
        guess[away] = points[away]
        return guess

    return _inside(lonlat, restored)


def metres_between(start: Floats, end: Floats) -> Floats:
    """How far points lie from others nearby.

    Parameters
    ----------
    start, end : float64 array, (n, 2)
        Longitude and latitude in degrees.

    Returns
    -------
    float64 array, (n, 2)
        Metres east and north, on a sphere.
    """
    apart = (end - start) * METRES_PER_DEGREE
    apart[:, 0] *= np.cos(np.radians(start[:, 1]))
    return np.asarray(apart)


def _shifted(points: Floats, datum: Datum) -> Floats:
    """Points of the rectangle in a datum."""
    if datum == "WGS84":
        return points
    shifted = points + _gcj_shift(points)
    return shifted if datum == "GCJ-02" else _baidu(shifted)


def _gcj_shift(points: Floats) -> Floats:
    """(n, 2) degrees by which GCJ-02 moves points."""
    x, y = points[:, 0] - 105.0, points[:, 1] - 35.0
    root, product = 0.1 * np.sqrt(np.abs(x)), 0.1 * x * y
    ripple = 20.0 * (np.sin(6.0 * np.pi * x) + np.sin(2.0 * np.pi * x))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + product + root
    east += (ripple + _waves(x, (20.0, 1.0), (40.0, 3.0), (150.0, 12.0), (300.0, 30.0))) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + product + 2.0 * root
    north += (
        (ripple + _waves(y, (20.0, 1.0), (40.0, 3.0), (160.0, 12.0), (320.0, 30.0))) * 2.0 / 3.0
    )
    latitude = np.radians(points[:, 1])
    bulge = 1.0 - ECCENTRICITY_SQUARED * np.sin(latitude) ** 2
    across = SEMI_MAJOR / np.sqrt(bulge) * np.cos(latitude)
    along = SEMI_MAJOR * (1.0 - ECCENTRICITY_SQUARED) / bulge**1.5
    return np.degrees(np.column_stack([east / across, north / along]))


def _waves(values: Floats, *waves: tuple[float, float]) -> Floats:
    """(n,) sum of sines: metres high, of half a wave in so many degrees."""
    total = np.zeros_like(values)
    for height, length in waves:
        total += height * np.sin(np.pi * values / length)
    return total


def _baidu(points: Floats) -> Floats:
    """Points in GCJ-02 as Baidu draws them."""
    x, y = points[:, 0], points[:, 1]
    radius = np.hypot(x, y) + 2e-5 * np.sin(y * BAIDU_TURNS)
    angle = np.arctan2(y, x) + 3e-6 * np.cos(x * BAIDU_TURNS)
    east, north = radius * np.cos(angle) + BAIDU_EAST, radius * np.sin(angle) + BAIDU_NORTH
    return np.column_stack([east, north])


def _in_rectangle(lonlat: Floats) -> Bools:
    x, y = lonlat[:, 0], lonlat[:, 1]
    return np.asarray((x >= WEST) & (x <= EAST) & (y >= SOUTH) & (y <= NORTH))


def _inside(lonlat: Floats, move: Forward) -> Floats:
    """The points, those of the rectangle moved, in threads."""
    result = lonlat.copy()

    def fill(block: slice) -> None:
        inside = np.flatnonzero(_in_rectangle(lonlat[block]))
        if len(inside):
            result[block][inside] = move(lonlat[block][inside])

    in_threads(fill, blocks(len(lonlat), POINTS_PER_CALL), processors())
    return result

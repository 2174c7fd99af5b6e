"""Geodesic area of rings of short edges, by a closed formula for one edge.

Between the equator and latitude phi lies, per radian of longitude, the area

    S(phi) = b^2 / 2 * (sin phi / (1 - e^2 sin^2 phi) + atanh(e sin phi) / e),

which is a^2 q / 2 with the q of authalic latitude (Snyder 1987, Map Projections: A Working Manual,
equation 3-12). The area of a ring is the sum over its edges of the integral of S over longitude.
In the plane of longitude and S, where areas are true, take a curve by arc length from -s/2 to s/2:
between it and its chord lies s^3 / 12 times the cross product of its first and second derivative
in the middle, plus terms of fifth order. For a geodesic Clairaut's relation gives both. An edge
that changes longitude by x and latitude by y then counts

    x * (mean of S at its ends + sin phi * (r^2 x^2 + 3 M^2 y^2) / 12),

with the radius of the parallel r and that of the meridian's curvature M in the middle.

On a sphere of radius 1 this is the spherical excess, tan(E / 2) = tan(x / 2) sin(phi) / cos(y / 2),
to fifth order: in h = x / 2, k = y / 2 and t = sin(phi)^2 the next terms are
2 h sin(phi) (h^4 (2/15 - t/3 + t^2/5) + h^2 k^2 (1/3 - t) + k^4 2/3), at most
|x| (x^2 + y^2)^2 / 24. Twice that, times a^2, is taken as the bound of what an edge leaves out: the
flattening and higher orders take far less than the other half for edges of under 0.05 radians.
Rings whose bound is too large are left to the exact solution (Karney 2013, Algorithms for
geodesics).
"""

import math

import numpy as np
import numpy.typing as npt

from geo.compiled import compiled

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SEMI_MAJOR = 6378137.0
FLATTENING = 1.0 / 298.257223563
E2 = FLATTENING * (2.0 - FLATTENING)
HALF_B2 = (SEMI_MAJOR * (1.0 - FLATTENING)) ** 2 / 2.0

LONGEST_EDGE = 0.05
"""Radians of longitude or latitude beyond which the bound does not hold."""

DEGREE = math.pi / 180.0


@compiled
def _below(u: float) -> float:
    """Area in square metres between the equator and the latitude of sine ``u``, per radian.

    atanh(e u) / e as its power series: e^2 is 0.0067, so eight terms are double precision.
    """
    w = E2 * u * u
    series = 1.0 / 15.0
    for odd in (13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 1.0):
        series = series * w + 1.0 / odd
    return HALF_B2 * u * (1.0 / (1.0 - w) + series)


@compiled
def _beside(x: float, y: float, u: float) -> float:
    """Between an edge and its chord, per radian of longitude, in square metres.

    ``u`` is the sine of latitude in the middle.
    """
    w = 1.0 / (1.0 - E2 * u * u)
    parallel = w * (1.0 - u * u)
    meridian = w * ((1.0 - E2) * w) ** 2
    return SEMI_MAJOR**2 * u * (parallel * x * x + 3.0 * meridian * y * y) / 12.0


@compiled
def ring_areas(
    first: int, last: int, lonlat: Floats, ring_starts: Ints, areas: Floats, bounds: Floats
) -> None:
    """Area of the rings from ``first`` to ``last - 1``, and how far it may be from the exact one.

    Parameters
    ----------
    first, last : int
        The rings of this call; calls on other rings may run at the same time.
    lonlat : float64 array, (n_vertices, 2)
        Longitude and latitude in degrees.
    ring_starts : int64 array, (n_rings + 1,)
        Offsets of rings into ``lonlat``.
    areas : float64 array, (n_rings,)
        Written: in square metres, positive where the ring runs anticlockwise.
    bounds : float64 array, (n_rings,)
        Written: bound on the area's error, rounding apart, in square metres; infinite where an
        edge is longer than `LONGEST_EDGE`, as across the antimeridian, or a vertex lies beyond
        a pole.
    """
    for ring in range(first, last):
        start, stop = ring_starts[ring], ring_starts[ring + 1]
        areas[ring], bounds[ring] = 0.0, 0.0
        if stop == start:
            continue
        lon, lat = lonlat[start, 0], lonlat[start, 1]
        u = math.sin(lat * DEGREE)
        # Counted from the first vertex's parallel: the rest of the way to the equator cancels in
        # a closed ring, and would take digits with it.
        base, height = _below(u), 0.0
        area, left_out, longest, furthest = 0.0, 0.0, 0.0, abs(lat)
        for k in range(start + 1, stop):
            next_lon, next_lat = lonlat[k, 0], lonlat[k, 1]
            next_u = math.sin(next_lat * DEGREE)
            next_height = _below(next_u) - base
            x, y = (next_lon - lon) * DEGREE, (next_lat - lat) * DEGREE
            area -= x * (0.5 * (height + next_height) + _beside(x, y, 0.5 * (u + next_u)))
            left_out += abs(x) * (x * x + y * y) ** 2
            longest = max(longest, abs(x), abs(y))
            furthest = max(furthest, abs(next_lat))
            lon, lat, u, height = next_lon, next_lat, next_u, next_height
        areas[ring] = area
        bounds[ring] = SEMI_MAJOR**2 * left_out / 12.0
        if longest > LONGEST_EDGE or furthest > 90.0:
            bounds[ring] = math.inf

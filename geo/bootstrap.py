"""The bootstrap intervals of cities' Ginis, over their units."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo._resampled import accepted_ranks, resampled_ginis
from geo.threads import blocks, in_threads, processors

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CITY_YEARS_PER_PIECE = 32
PIECES_PER_WORD = 4


@dataclass(frozen=True, slots=True)
class CityLight:
    """The light of a city's units in a year, and the key that its draws are seeded from."""

    city_id: str
    """The city."""
    year: int
    """The year."""
    light: Floats
    """Mean light of the units in ascending order, finite and >= 0, shape (n_units,)."""


@dataclass(frozen=True, slots=True)
class GiniIntervals:
    """Percentile intervals of the Ginis of some cities and years."""

    low: Floats
    """Lower ends, shape (n_city_years,); NaN where there is none."""
    high: Floats
    """Upper ends, shape (n_city_years,); NaN where there is none."""
    dark_draws: Integers
    """Draws left out because every unit drawn was dark, shape (n_city_years,)."""


def gini_intervals(
    city_years: Sequence[CityLight], *, draws: int, level: float, threads: int | None = None
) -> GiniIntervals:
    """Percentile intervals of the Gini under resampling of a city's units with replacement.

    Townships are a census: an interval describes how the Gini depends on which units there are,
    not sampling error.

    Parameters
    ----------
    city_years : sequence of CityLight
        The draws of each are seeded from its city and year, whatever the product, and from nothing
        else, so that they do not depend on the other cities, the order of rows or the number of
        threads.
    draws : int
        How many resamples.
    level : float
        Share of the draws inside the interval, between 0 and 1.
    threads : int, optional
        Threads that draw; all cores when left out.

    Returns
    -------
    GiniIntervals
        NaN for fewer than two units, for no draws, and if every draw is dark.

    Notes
    -----
    Units are drawn by their rank in ascending order of light x. A draw that takes rank r c_r times,
    and C_r times a lower one, has the Gini ``sum_r c_r (2 C_r + c_r - n) x_r / (n sum_r c_r x_r)``:
    equation (1) without sorting.
    A draw of dark units only has no Gini: it is left out of the quantiles and counted. The interval
    is then conditional on some light.
    """
    ends = np.full((2, len(city_years)), np.nan)
    dark_draws = np.zeros(len(city_years), dtype=np.int64)
    drawable = [place for place, one in enumerate(city_years) if len(one.light) >= 2 and draws > 0]

    def measure(piece: slice) -> None:
        places = drawable[piece]
        ginis = np.stack([_drawn_ginis(city_years[place], draws) for place in places])
        ends[:, places] = _quantiles(ginis, level)
        dark_draws[places] = np.isnan(ginis).sum(axis=1)

    pieces = blocks(len(drawable), CITY_YEARS_PER_PIECE)
    in_threads(measure, pieces, processors() if threads is None else threads)
    return GiniIntervals(low=ends[0], high=ends[1], dark_draws=dark_draws)


def drawn_ranks(bits: np.random.PCG64, n_units: int, count: int) -> NDArray[np.unsignedinteger]:
    """Uniform numbers below ``n_units``, shape (count,), uint16 or for more units uint32.

    They are those of `numpy.random.Generator.integers` today. Made of the bits here, they take half
    the time and stay what they are: NumPy promises to keep a bit generator's stream, not that of
    the generator above it.
    """
    if n_units > np.iinfo(np.uint16).max:
        return np.random.Generator(bits).integers(n_units, size=count, dtype=np.uint32)
    ranks, filled = np.empty(count, dtype=np.uint16), 0
    while filled < count:
        words = bits.random_raw((count - filled) // PIECES_PER_WORD + 1)
        filled += accepted_ranks(words.view(np.uint16), n_units, ranks[filled:])
    return ranks


def _drawn_ginis(city_year: CityLight, draws: int) -> Floats:
    """Ginis of resamples, shape (draws,); NaN for a dark one."""
    n_units = len(city_year.light)
    bits = np.random.PCG64(_seed(city_year.city_id, city_year.year))
    ranks = drawn_ranks(bits, n_units, draws * n_units).reshape(draws, n_units)
    ginis = np.empty(draws)
    resampled_ginis(city_year.light, ranks, ginis)
    return ginis


def _quantiles(ginis: Floats, level: float) -> Floats:
    """Lower and upper quantile of each row without its NaN, shape (2, n_rows)."""
    shares = [(1.0 - level) / 2.0, (1.0 + level) / 2.0]
    ends: Floats = np.quantile(ginis, shares, axis=1)
    for row in np.flatnonzero(np.isnan(ginis).any(axis=1)):
        lit = ginis[row][~np.isnan(ginis[row])]
        ends[:, row] = np.quantile(lit, shares) if len(lit) else np.nan
    return ends


def _seed(city_id: str, year: int) -> np.random.SeedSequence:
    key = f"gini interval\n{city_id}\n{year}"
    return np.random.SeedSequence(int(hashlib.sha256(key.encode()).hexdigest(), 16))

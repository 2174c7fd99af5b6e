"""The made-up country's designed unit means: every city-year's Gini, solved for exactly."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DARKEST, BRIGHTEST = 0.2, 48.0
"""Least and greatest designed unit mean, DN."""
LEAST_GINI = 0.02
"""Below it the grain of integer DN is as large as the designed differences between units."""
YEARLY_GROWTH = 0.02
CORE_SHIFT = 0.25
SCORE_NOISE = 0.12
BISECTIONS = 60


@dataclass(frozen=True, slots=True)
class DesignedGini:
    """Designed Ginis as a full table of cities by years."""

    city_ids: tuple[str, ...]
    """City codes in sorted order."""
    years: tuple[int, ...]
    """Calendar years in ascending order."""
    gini: Floats
    """Shape (n_cities, n_years)."""


def designed_gini(designed: pd.DataFrame) -> DesignedGini:
    """Check a table of designed Ginis and lay it out by city and year.

    Parameters
    ----------
    designed : DataFrame
        Columns ``city_id`` (text), ``year``, ``gini``; one row for every city and year.

    Returns
    -------
    DesignedGini

    Raises
    ------
    ValueError
        If a column is missing, a city code is not text, a city-year is missing or there twice, or
        a Gini is not finite.
    """
    missing = [name for name in ("city_id", "year", "gini") if name not in designed]
    if missing or designed.empty:
        raise ValueError(
            f"designed needs rows with city_id, year, gini; missing columns: {missing}"
        )
    if not designed["city_id"].map(lambda code: isinstance(code, str)).all():
        raise ValueError("designed needs city_id as text, such as '0101'")
    twice = designed[designed.duplicated(["city_id", "year"])]
    if len(twice):
        city, year = twice["city_id"].iloc[0], twice["year"].iloc[0]
        raise ValueError(f"designed has city {city} in {year} more than once")
    keys = pd.MultiIndex.from_product(
        [sorted(designed["city_id"].unique()), sorted(designed["year"].unique())]
    )
    full = designed.set_index(["city_id", "year"])["gini"].reindex(keys)
    absent = full.index[~np.isfinite(full.to_numpy(dtype=np.float64))]
    if len(absent):
        raise ValueError(f"designed has no finite Gini for city {absent[0][0]} in {absent[0][1]}")
    cities, years = keys.levels
    return DesignedGini(
        city_ids=tuple(str(code) for code in cities),
        years=tuple(int(year) for year in years),
        gini=full.to_numpy(dtype=np.float64).reshape(len(cities), len(years)),
    )


def unit_means(goal: DesignedGini, *, city: Ints, centres: Floats, seed: int) -> Floats:
    """Mean light of every unit and year whose Gini within each city is the designed one.

    A unit's score falls from the core of its city outwards like the expected order statistics of an
    exponential distribution, so that ``exp(s * score)`` has the long right tail of real city light.
    The spread ``s`` is solved by bisection for each city-year; scores stay the same over the years.

    Parameters
    ----------
    goal : DesignedGini
    city : array of int, shape (n_units,)
        Ascending index of each unit's city in ``goal.city_ids``.
    centres : array, shape (n_units, 2)
        Where the units are, in km.
    seed : int

    Returns
    -------
    array, shape (n_units, n_years)
        DN, between 0.2 and 48.

    Raises
    ------
    ValueError
        If a designed Gini is below 0.02 or more than the city's units can show within those bounds.
    """
    rng = np.random.default_rng(np.random.SeedSequence([20110, seed, 2]))
    growth = np.exp(YEARLY_GROWTH * np.arange(len(goal.years)))
    means = np.empty((city.size, len(goal.years)))
    for i, code in enumerate(goal.city_ids):
        units = np.flatnonzero(city == i)
        score = _scores(rng, centres[units])
        level = rng.uniform(5.0, 12.0)
        spread = _spread(score, goal.gini[i], where=code, years=goal.years)
        shape = np.exp(spread[:, None] * score[None, :])
        shape /= shape.mean(axis=1, keepdims=True)
        scale = np.clip(level * growth, DARKEST / shape.min(axis=1), BRIGHTEST / shape.max(axis=1))
        means[units] = (scale[:, None] * shape).T
    return means


def gini_of_rows(light: Floats) -> Floats:
    """Gini of each row, Yu and Zhang, equation (1), from sorted values.

    Parameters
    ----------
    light : array, shape (m, n)
        Finite, non-negative, no row all zero.

    Returns
    -------
    array, shape (m,)
    """
    n = light.shape[1]
    weight = 2.0 * np.arange(1, n + 1) - n - 1.0
    return np.asarray((np.sort(light, axis=1) * weight).sum(axis=1) / (n * light.sum(axis=1)))


def _scores(rng: np.random.Generator, centres: Floats) -> Floats:
    """Scores by closeness to a core near the city's middle, with noise; the darkest has 0."""
    reach = centres.std(axis=0)
    core = centres.mean(axis=0) + CORE_SHIFT * rng.uniform(-1.0, 1.0, size=2) * reach
    rank = np.argsort(np.argsort(np.hypot(*(centres - core).T)))
    tail = np.cumsum(1.0 / np.arange(len(centres), 0, -1))[::-1]
    score = tail[rank] + SCORE_NOISE * rng.standard_normal(len(centres))
    return np.asarray(score - score.min())


def _spread(score: Floats, gini: Floats, *, where: str, years: tuple[int, ...]) -> Floats:
    """The spread s, one per year, at which ``exp(s * score)`` has the given Gini."""
    most = np.log(BRIGHTEST / DARKEST) / score.max()
    reachable = float(gini_of_rows(np.exp(most * score)[None, :])[0])
    outside = np.flatnonzero((gini < LEAST_GINI) | (gini > reachable))
    if outside.size:
        year, value = years[outside[0]], gini[outside[0]]
        raise ValueError(
            f"city {where}, {year}: designed Gini {value:.4f} cannot be painted; its {score.size} "
            f"units with means from {DARKEST} to {BRIGHTEST} DN can show {LEAST_GINI} to "
            f"{reachable:.4f}"
        )
    low, high = np.zeros(gini.size), np.full(gini.size, most)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        above = gini_of_rows(np.exp(middle[:, None] * score[None, :])) > gini
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.asarray((low + high) / 2)

"""A policy adopted in different years, with known effects."""

import numpy as np
import pandas as pd

NEVER = np.inf


def staggered(
    seed: int,
    *,
    cohorts: tuple[float, ...] = (2004.0, 2006.0, 2009.0, NEVER),
    cities: int = 60,
    years: tuple[int, ...] = tuple(range(2000, 2012)),
    missing: float = 0.0,
    growing: float = 0.2,
    effect: float = 1.0,
) -> pd.DataFrame:
    """City-years with the columns city, year, g (inf for never), x, weight, y.

    The effect is ``effect + growing * years since adoption``; x is fixed in time.
    """
    rng = np.random.default_rng(seed)
    city, year = np.repeat(np.arange(cities), len(years)), np.tile(years, cities)
    g = np.array(cohorts)[np.arange(cities) % len(cohorts)][city]
    x = rng.normal(size=cities)[city]
    since = year - g
    under = since >= 0
    y = (
        rng.normal(size=cities)[city]
        + 0.3 * (year - years[0])
        + 0.1 * x * (year - years[0])
        + np.where(under, effect + growing * np.where(under, since, 0.0), 0.0)
        + rng.normal(scale=0.5, size=city.size)
    )
    weight = rng.uniform(0.5, 2.0, size=cities)[city]
    table = pd.DataFrame({"city": city, "year": year, "g": g, "x": x, "weight": weight, "y": y})
    kept = rng.uniform(size=len(table)) >= missing
    return table[kept].reset_index(drop=True)

"""A made-up panel with holes, provinces, industries and effects of all of them."""

import numpy as np
import pandas as pd


def made_up(seed: int = 3, *, cities: int = 24, years: int = 8, holes: bool = True) -> pd.DataFrame:
    """Cities of six provinces; industry changes within a city; effects of province and year."""
    rng = np.random.default_rng(seed)
    city, year = np.repeat(np.arange(cities), years), np.tile(np.arange(years), cities)
    province = city % 6
    industry = rng.integers(0, 4, city.size)
    shock = rng.normal(size=(6, years))[province, year]
    fixed = rng.normal(size=cities)[city]
    x = rng.normal(size=city.size) + 0.3 * fixed
    d = fixed + 0.5 * x + shock + 0.2 * industry + rng.normal(size=city.size)
    z = d + rng.normal(size=city.size)
    y = 0.5 * d + x + 2 * fixed + shock + 0.4 * industry
    y = y + rng.normal(size=city.size) * (1 + 0.3 * province)
    table = pd.DataFrame(
        {
            "city_id": np.array([f"{11 + p}{c:02d}" for p, c in zip(province, city, strict=True)]),
            "year": 2011 + year,
            "n_units": 9,
            "province": province,
            "industry": industry,
            "y": y,
            "d": d,
            "x": x,
            "z": z,
        }
    )
    return table[rng.random(len(table)) > 0.15] if holes else table

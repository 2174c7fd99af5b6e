"""Small made-up panels that the tests of this room share."""

import numpy as np
import pandas as pd
import pytest


def _panel(n_cities: int, years: range, seed: int) -> pd.DataFrame:
    """City effects that move both variables, two controls, an effect of 0.5."""
    rng = np.random.default_rng(seed)
    shape = (n_cities, len(years))
    city, x1, x2 = rng.normal(size=(n_cities, 1)), rng.normal(size=shape), rng.normal(size=shape)
    d = city + 0.5 * x1 + rng.normal(size=shape)
    y = 0.5 * d + 2.0 * city + np.sin(x1) + 0.3 * x2 + rng.normal(size=shape)
    codes = np.repeat([f"{1101 + i}" for i in range(n_cities)], len(years))
    return pd.DataFrame(
        {
            "city_id": pd.Series(codes, dtype="str"),
            "year": np.tile(np.asarray(years, dtype=np.int64), n_cities),
            "n_units": 20,
            "gini": y.ravel(),
            "uil": d.ravel(),
            "gdp": x1.ravel(),
            "loans": x2.ravel(),
        }
    )


@pytest.fixture
def panel() -> pd.DataFrame:
    """15 cities x 6 years, balanced."""
    return _panel(15, range(2011, 2017), seed=1)


@pytest.fixture
def unbalanced(panel: pd.DataFrame) -> pd.DataFrame:
    """The same with holes: every seventh row gone, shuffled."""
    kept = panel[np.arange(len(panel)) % 7 != 3]
    return kept.sample(frac=1.0, random_state=2)

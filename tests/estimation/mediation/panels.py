"""Panels with three channels, and the naive way to estimate them."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from estimation.designs import Design
from estimation.mediation.keys import Mediators
from estimation.samples.sample import Sample, build_sample

Floats = NDArray[np.float64]
MEDIATORS = ("m1", "m2", "m3")
A = np.array([0.5, -0.3, 0.0])
B = np.array([0.6, 0.4, 0.3])
DIRECT = 0.2


def channels(seed: int, *, cities: int = 24, years: int = 6, kept: float = 0.9) -> pd.DataFrame:
    """A panel with city and year effects everywhere and holes; five cities a province."""
    rng = np.random.default_rng(seed)
    shape = (cities, years)
    city, year = rng.normal(size=(cities, 1)), rng.normal(size=(1, years))
    x, e1, e2, e3, u = rng.normal(size=(5, *shape))
    d = city + year + 0.5 * x + rng.normal(size=shape)
    m = [a * d + city - year + e for a, e in zip(A, (e1, e2, e3), strict=True)]
    y = DIRECT * d + sum(b * one for b, one in zip(B, m, strict=True)) + x + 2 * city + year + u
    provinces = (11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41)
    codes = [f"{provinces[i // 5]}{i % 5 + 1:02d}" for i in range(cities)]
    table = pd.DataFrame(
        {
            "city_id": np.repeat(codes, years),
            "year": np.tile(np.arange(2011, 2011 + years), cities),
            "n_units": 9,
            "y": y.ravel(),
            "d": d.ravel(),
            "x": x.ravel(),
        }
        | {name: one.ravel() for name, one in zip(MEDIATORS, m, strict=True)}
    )
    return table.sample(frac=kept, random_state=seed)


def dummies(values: pd.Series) -> Floats:
    """A 0/1 column for every value."""
    return pd.get_dummies(values).to_numpy(dtype=float)


def naive(table: pd.DataFrame, city: str = "city_id") -> Floats:
    """Total, direct, all, each indirect, each a, each b: every equation with all its dummies."""
    fixed = np.hstack([dummies(table[city]), dummies(table["year"]), table[["x"]]])
    return naive_on(table["y"], table[["d"]], table[list(MEDIATORS)], fixed)


def naive_on(y: object, d: object, m: object, fixed: object) -> Floats:
    """The same on any columns, by numpy's least squares, one equation after the other."""
    y, d, m, fixed = (np.asarray(one, dtype=float) for one in (y, d, m, fixed))
    a = [np.linalg.lstsq(np.hstack([d, fixed]), one, rcond=None)[0][0] for one in m.T]
    total = np.linalg.lstsq(np.hstack([d, fixed]), y, rcond=None)[0][0]
    beside = np.linalg.lstsq(np.hstack([d, m, fixed]), y, rcond=None)[0]
    b = beside[1 : 1 + m.shape[1]]
    through = np.array(a) * b
    return np.array([total, beside[0], through.sum(), *through, *a, *b])


def design(**changes: object) -> Design:
    """Three channels by least squares, unless said otherwise."""
    usual = {
        "controls": ("x",),
        "variants": ("two_way_fixed_effects",),
        "mediators": Mediators(MEDIATORS),
    }
    return Design("channels", "y", "d", **(usual | changes))


def sample_of(table: pd.DataFrame, **changes: object) -> tuple[Sample, Design]:
    """The sample of such a design, and the design."""
    one = design(**changes)
    return build_sample(table, one), one

"""A made-up panel with effects that are known, and a design that is quick to fit."""

import numpy as np
import pandas as pd

from estimation.cross_fitting import Answer, cross_fit
from estimation.designs import Design
from estimation.parts.part import Setting
from estimation.plan import plan_design

N_CITIES, YEARS = 60, np.arange(2011, 2019)


def made_up(seed: int = 0, n_cities: int = N_CITIES, error: float = 0.3) -> pd.DataFrame:
    """City effects in everything; linear g; the effect is set by the test."""
    rng = np.random.default_rng(seed)
    shape = (n_cities, YEARS.size)
    city = rng.normal(size=(n_cities, 1))
    x = 0.5 * city + rng.normal(size=shape)
    z = 0.4 * city + 0.3 * (YEARS - YEARS.mean()) + rng.normal(size=shape)
    d = city + 0.5 * x + 0.3 * z + rng.normal(size=shape)
    region = np.broadcast_to((np.arange(n_cities) % 2)[:, None], shape)
    fixed = np.broadcast_to(rng.uniform(-1.0, 1.0, size=(n_cities, 1)), shape)
    year = np.broadcast_to(YEARS, shape)
    noise = error * rng.normal(size=shape)
    columns = {
        "city_id": np.repeat([f"{1101 + i}" for i in range(n_cities)], YEARS.size),
        "year": year, "n_units": np.full(shape, 20), "uil": d, "gdp": x, "digital": z,
        "fixed": fixed, "noise": noise + 2.0 * city + 0.7 * x + 0.05 * (year - 2011),
    }  # fmt: skip
    table = pd.DataFrame({name: np.asarray(column).ravel() for name, column in columns.items()})
    return table.assign(region=np.where(region.ravel() == 0, "east", "west"))


def with_effect(panel: pd.DataFrame, effect: object, own: object = 0.0) -> pd.DataFrame:
    """The outcome, from the effect of each row and a main effect of what it depends on."""
    return panel.assign(gini=panel["noise"] + effect * panel["uil"] + own)


DESIGN = Design(
    "made up", "gini", "uil", controls=("gdp", "digital"), learner="linear", folds=4,
    repetitions=2, variants=("first_difference", "within"), checks=(),
)  # fmt: skip


def settings_of(panel: pd.DataFrame, design: Design) -> dict[str, Setting]:
    return dict(plan_design(panel, design).settings)


def answered(setting: Setting) -> Answer:
    (answer,), _ = cross_fit([setting.main], workers=1)
    return answer


def loop_difference(panel: pd.DataFrame, values: np.ndarray) -> np.ndarray:
    """Each row less the year before's of its city, one by one; rows ordered by city and year."""
    made = []
    for i in range(1, len(panel)):
        same = panel["city_id"].iloc[i] == panel["city_id"].iloc[i - 1]
        if same and panel["year"].iloc[i] == panel["year"].iloc[i - 1] + 1:
            made.append(values[i] - values[i - 1])
    return np.array(made)


def loop_within(panel: pd.DataFrame, values: np.ndarray) -> np.ndarray:
    """Each row less its city's mean."""
    codes = panel["city_id"].to_numpy()
    return np.array([values[i] - values[codes == codes[i]].mean() for i in range(len(panel))])

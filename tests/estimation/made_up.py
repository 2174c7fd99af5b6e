"""Problems that tests of this room make by themselves."""

from dataclasses import replace

import numpy as np
import pandas as pd

from estimation.cross_fitting import Inquiry
from estimation.designs import Design
from estimation.learning.learner_spec import LearnerSpec
from estimation.plan import plan_design
from estimation.problems.problem import Problem
from estimation.vocabulary import DICTIONARIES, VARIANTS

FAST = Design(
    "with",
    "gini",
    "uil",
    controls=("gdp", "loans"),
    learner="gradient_boosting",
    settings=(("n_estimators", 5),),
    variants=tuple(name for name in VARIANTS if name not in DICTIONARIES),
    folds=3,
    repetitions=2,
    checks=(),
)
"""Every variant that trees may learn in, in a moment."""

LINES = replace(FAST, learner="linear", settings=(), variants=("first_difference", "within"))
"""The same by least squares."""


def problem_of(panel: pd.DataFrame, design: Design, variant: str) -> Problem:
    """What a variant of a design asks for."""
    return plan_design(panel, design).settings[variant].main.problem


def inquiry(problem: Problem, learner: LearnerSpec, **settings: object) -> Inquiry:
    """Three folds of cities, once, unless said otherwise."""
    usual = {"folds": 3, "repetitions": 1, "seed": 4, "by_city": True}
    return Inquiry(problem, learner, **(usual | settings))


def confounded(
    seed: int, *, cities: int = 60, years: int = 8, strength: float = 3.0, theta: float = 0.5
) -> pd.DataFrame:
    """City effects of a given strength in treatment and outcome, a linear control, an instrument.

    The shock ``e`` moves treatment and outcome: without the instrument ``z`` the effect is wrong.
    """
    rng = np.random.default_rng(seed)
    shape = (cities, years)
    city = rng.normal(size=(cities, 1))
    x, z, e, v = rng.normal(size=(4, *shape))
    z = z + city
    d = strength * city + 0.5 * x + v
    y = theta * d + strength * city + x + rng.normal(size=shape)
    d_endogenous = d + z + e
    y_endogenous = theta * d_endogenous + strength * city + x + 2.0 * e + 0.5 * v
    return pd.DataFrame(
        {
            "city_id": np.repeat([f"{1101 + i}" for i in range(cities)], years),
            "year": np.tile(np.arange(2011, 2011 + years), cities),
            "n_units": 9,
            "y": y.ravel(),
            "d": d.ravel(),
            "x": x.ravel(),
            "z": z.ravel(),
            "y_iv": y_endogenous.ravel(),
            "d_iv": d_endogenous.ravel(),
        }
    )

"""A panel with a composite of three parts, whose product may have an effect."""

import numpy as np
import pandas as pd

from estimation.additivity.keys import CompositeOf
from estimation.designs import Design

PARTS = ("a", "b", "c")


def panel(seed=1, *, cities=60, years=8, product=0.0, drift=0.0):
    rng = np.random.default_rng(seed)
    shape = (cities, years)
    effect = rng.normal(size=(cities, 1))
    a, b, c, x, e = rng.normal(size=(5, *shape)) + 0.5 * effect
    lean = drift * np.arange(years)
    composite = (0.5 - lean) * a + (0.3 + lean) * b + 0.2 * c
    y = composite + product * a * b + x + 2 * effect + e
    table = {"y": y, "composite": composite, "a": a, "b": b, "c": c, "x": x}
    return pd.DataFrame(
        {
            "city_id": np.repeat([f"{1101 + i}" for i in range(cities)], years),
            "year": np.tile(np.arange(2011, 2011 + years), cities),
        }
        | {name: values.ravel() for name, values in table.items()}
    )


def design(**given):
    keys = {
        "outcome": "y",
        "treatment": "composite",
        "controls": ("x",),
        "variants": ("two_way_fixed_effects",),
        "composite_of": CompositeOf(PARTS, repetitions=3, draws=99),
        "min_units": 0,
        "checks": (),
    }
    return Design(name="made up", **(keys | given))

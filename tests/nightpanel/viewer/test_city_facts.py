"""Facts of a city against its tables."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nightpanel.viewer.city_facts import city_facts, numbers
from nightpanel.viewer.map_layer import NotShownError
from nightpanel.viewer.shown_folder import ShownFolder
from tests.nightpanel.viewer.conftest import PRODUCT


def test_facts_are_those_of_the_tables(shown: ShownFolder, ran: Path) -> None:
    layers = shown.layers
    city = layers["cities"].ids[3]
    facts = city_facts(
        layers["cities"], layers["townships"], city=city, product=PRODUCT, years=(2014, 2017)
    )
    rows = pd.read_parquet(ran / "cities.parquet")
    own = rows[rows["city_id"] == city].sort_values("year")
    for name in ("gini", "gini_low", "gini_high", "mean", "n_units"):
        assert facts[name] == own[name].tolist()
    assert facts["years"] == [2014, 2015, 2016, 2017]
    units = pd.read_parquet(ran / "units.parquet").set_index(["unit_id", "year"])
    ids = [one["id"] for one in facts["townships"]]
    assert len(ids) == own["n_units"].iloc[0]
    for year in (2014, 2017):
        light = facts["light"][str(year)]
        assert light["mean"] == units.loc[[(one, year) for one in ids], "mean"].tolist()
        # The Gini of the table is one less twice the area below the curve.
        x, y = light["lorenz"]["units"], light["lorenz"]["light"]
        gini = own.loc[own["year"] == year, "gini"].iloc[0]
        assert 1 - 2 * np.trapezoid(y, x) == pytest.approx(gini, abs=1e-12)
    json.dumps(facts, allow_nan=False)


def test_a_city_without_townships_has_its_indices(shown: ShownFolder) -> None:
    city = shown.layers["cities"].ids[0]
    facts = city_facts(shown.layers["cities"], None, city=city, product=PRODUCT, years=(2014,))
    assert facts["townships"] == []
    assert facts["light"]["2014"] == {"mean": [], "lorenz": None}
    assert len(facts["gini"]) == 4


def test_what_is_not_there_is_named(shown: ShownFolder) -> None:
    layers = shown.layers
    city = layers["cities"].ids[0]
    for wrong in (
        {"city": "nowhere", "product": PRODUCT, "years": (2014,)},
        {"city": city, "product": "other", "years": (2014,)},
        {"city": city, "product": PRODUCT, "years": (1900,)},
    ):
        with pytest.raises(NotShownError):
            city_facts(layers["cities"], layers["townships"], **wrong)


def test_missing_numbers_are_none() -> None:
    assert numbers(np.array([1.5, np.nan, np.inf])) == [1.5, None, None]

"""The bootstrap interval of the Gini: by hand, against a naive bootstrap, and its seeds."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from geo.bootstrap import gini_interval
from geo.inequality import city_year_inequality


def unit_years(light: Sequence[float], **columns: object) -> pd.DataFrame:
    """One city-year whose units have the given light; other columns may be overridden."""
    n = len(light)
    data = {
        "unit_id": [f"u{i:03d}" for i in range(n)],
        "city_id": ["4508"] * n,
        "year": np.full(n, 2018),
        "product": ["p"] * n,
        "mean": np.asarray(light, dtype=np.float64),
        "area_km2": np.full(n, 50.0),
        "saturated_share": np.zeros(n),
        "n_cells": np.full(n, 40.0),
        "flags": [""] * n,
    }
    return pd.DataFrame(data | columns)


def interval_of(light: Sequence[float], draws: int = 2000, **key: object) -> tuple[float, float]:
    named = {"city_id": "4508", "year": 2018, "level": 0.95} | key
    interval = gini_interval(np.sort(np.asarray(light, dtype=np.float64)), draws=draws, **named)  # type: ignore[arg-type]
    return interval.low, interval.high


def test_interval_of_two_units_by_hand() -> None:
    # Half of the draws take one unit twice (Gini 0), half take both (Gini 1/4).
    assert interval_of([1.0, 3.0]) == (0.0, 0.25)


def test_interval_of_equal_units_is_a_point() -> None:
    assert interval_of([0.1] * 7) == (0.0, 0.0)


def test_interval_against_a_naive_bootstrap() -> None:
    rng = np.random.default_rng(7)
    light = rng.lognormal(size=25)
    ginis = []
    for _ in range(4000):
        draw = rng.choice(light, size=25)
        pairs = np.abs(draw[:, None] - draw[None, :]).sum()
        ginis.append(pairs / (2.0 * 25**2 * draw.mean()))
    # The end of a 95 % interval has a Monte-Carlo error of some 0.002 here.
    assert interval_of(light, draws=4000) == pytest.approx(
        tuple(np.quantile(ginis, [0.025, 0.975])), abs=0.01
    )


def test_interval_is_drawn_from_the_key_and_nothing_else() -> None:
    light = np.random.default_rng(8).lognormal(size=20)
    first = interval_of(light)
    assert interval_of(light) == first
    assert interval_of(light, city_id="4509") != first
    assert interval_of(light, year=2019) != first


def test_interval_widens_with_its_level() -> None:
    light = np.random.default_rng(9).lognormal(size=20)
    narrow, wide = interval_of(light, level=0.5), interval_of(light, level=0.99)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_interval_contains_the_gini_mostly() -> None:
    rng = np.random.default_rng(10)
    size, cities = 40, 60
    table = pd.concat(
        unit_years(rng.lognormal(size=size), city_id=[f"{city:02d}"] * size)
        for city in range(cities)
    )
    result = city_year_inequality(table, draws=300)
    inside = result["gini"].between(result["gini_low"], result["gini_high"])
    assert inside.mean() >= 0.9
    assert (result["gini_low"] < result["gini_high"]).all()


def test_no_interval_without_draws_or_for_one_unit() -> None:
    for row in (
        city_year_inequality(unit_years([1.0, 2.0]), draws=0).iloc[0],
        city_year_inequality(unit_years([1.0]), draws=50).iloc[0],
    ):
        assert math.isnan(row["gini_low"])
        assert math.isnan(row["gini_high"])


def test_dark_draws_are_left_out_and_counted() -> None:
    # A quarter of the draws is dark; of the rest two thirds have Gini 1/2 and one third 0.
    row = city_year_inequality(unit_years([0.0, 1.0]), draws=4000).iloc[0]
    names = row["flags"].split(";")
    counted = [int(name.split(":")[1]) for name in names if name.startswith("dark_draws:")]
    assert names == [f"dark_draws:{counted[0]}", "theil_l_dark_units"]
    # Binomial: five standard deviations are 137 draws.
    assert counted[0] == pytest.approx(1000, abs=137)
    assert (row["gini_low"], row["gini_high"]) == (0.0, 0.5)


def test_only_dark_draws_leave_no_interval() -> None:
    light = np.array([0.0] * 999 + [1.0])
    found = [gini_interval(light, city_id=f"{i}", year=1, draws=1, level=0.9) for i in range(20)]
    dark = [interval for interval in found if interval.dark_draws]
    assert dark
    assert all(math.isnan(interval.low) and math.isnan(interval.high) for interval in dark)

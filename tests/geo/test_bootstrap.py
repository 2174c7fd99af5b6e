"""The bootstrap interval of the Gini: by hand, against a naive bootstrap, and its seeds."""

import hashlib
import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from geo.bootstrap import CityLight, drawn_ranks, gini_intervals
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
    named = {"city_id": "4508", "year": 2018} | key
    level = named.pop("level", 0.95)
    city_year = CityLight(light=np.sort(np.asarray(light, dtype=np.float64)), **named)  # type: ignore[arg-type]
    found = gini_intervals([city_year], draws=draws, level=level)  # type: ignore[arg-type]
    return found.low[0], found.high[0]


def country(cities: int, years: int) -> list[CityLight]:
    """Cities of 1 to 90 units, some of them dark."""
    rng = np.random.default_rng(11)
    made = []
    for city in range(cities):
        light = np.where(rng.random(size := 1 + 7 * city % 90) < 0.2, 0.0, rng.lognormal(size=size))
        made += [CityLight(f"{city:04d}", year, np.sort(light)) for year in range(years)]
    return made


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
    found = gini_intervals([CityLight(f"{i}", 1, light) for i in range(20)], draws=1, level=0.9)
    dark = found.dark_draws == 1
    assert 0 < dark.sum() < 20
    assert np.isnan([found.low[dark], found.high[dark]]).all()
    assert np.isfinite([found.low[~dark], found.high[~dark]]).all()


@pytest.mark.parametrize("draws", [1, 16, 17, 150])
def test_interval_against_sorted_draws(draws: int) -> None:
    # The same draws, each sorted and measured by the formula over ranks: only rounding may differ.
    for one in country(cities=12, years=1)[1:]:
        n = len(one.light)
        key = f"gini interval\n{one.city_id}\n{one.year}"
        seed = int(hashlib.sha256(key.encode()).hexdigest(), 16)
        ranks = np.random.default_rng(seed).integers(n, size=(draws, n), dtype=np.uint16)
        drawn = np.sort(one.light[ranks], axis=1)
        lit = drawn[drawn.sum(axis=1) > 0.0]
        ginis = (lit * (2.0 * np.arange(1, n + 1) - n - 1.0)).sum(axis=1) / (n * lit.sum(axis=1))
        found = gini_intervals([one], draws=draws, level=0.9)
        expected = np.quantile(np.maximum(ginis, 0.0), [0.05, 0.95])
        assert (found.low[0], found.high[0]) == pytest.approx(tuple(expected), rel=1e-12, abs=1e-13)
        assert found.dark_draws[0] == draws - len(lit)


def test_threads_and_company_do_not_change_a_bit() -> None:
    city_years = country(cities=45, years=3)
    together = gini_intervals(city_years, draws=40, level=0.9, threads=1)
    alone = [gini_intervals([one], draws=40, level=0.9, threads=1) for one in city_years]
    threaded = gini_intervals(city_years, draws=40, level=0.9, threads=4)
    for name in ("low", "high", "dark_draws"):
        np.testing.assert_array_equal(getattr(threaded, name), getattr(together, name))
        joined = np.concatenate([getattr(one, name) for one in alone])
        np.testing.assert_array_equal(joined, getattr(together, name))


@pytest.mark.parametrize("n_units", [2, 3, 120, 256, 40_000, 65_535, 65_536, 70_000])
def test_ranks_are_those_of_the_generator(n_units: int) -> None:
    # Of 40,000 units four tenths of the pieces are refused, of 2 and 256 none.
    whole = np.uint16 if n_units <= 65_535 else np.uint32
    expected = np.random.default_rng(5).integers(n_units, size=10_001, dtype=whole)
    np.testing.assert_array_equal(drawn_ranks(np.random.PCG64(5), n_units, 10_001), expected)

"""Inequality: by hand, against equation (1) written as a double loop, and by its axioms."""

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import DuplicateUnitError, InequalityDomainError, TableColumnError
from geo.inequality import city_year_inequality

INDICES = ["gini", "gini_corrected", "gini_area", "theil_t", "theil_l", "cv"]
COLUMNS = [
    *("city_id", "year", "product", *INDICES, "mean", "n_units", "saturated_share"),
    *("gini_low", "gini_high", "flags"),
]
UNDER_REPLICATION = [name for name in INDICES if name != "gini_corrected"]
LN2, LN3 = math.log(2.0), math.log(3.0)
# Both sides add some dozens of doubles; what is left is rounding.
EXACT = {"rel": 1e-11, "abs": 1e-13}

dark_or_lit = st.one_of(st.just(0.0), st.floats(1e-3, 1e4))
lights = st.lists(dark_or_lit, min_size=2, max_size=12).filter(lambda light: sum(light) > 0.0)


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


def measure(light: Sequence[float], **columns: object) -> pd.Series:
    return city_year_inequality(unit_years(light, **columns), draws=0).iloc[0]


def many_cities(seed: int, sizes: Sequence[int] = (1, 2, 3, 7, 30, 4, 12)) -> pd.DataFrame:
    """Cities of several sizes, years and products, with dark, tied and missing units."""
    rng = np.random.default_rng(seed)
    parts = []
    for city, size in enumerate(sizes):
        for year in (2018, 2019):
            for product in ("a", "b"):
                light = np.where(rng.random(size) < 0.2, 0.0, rng.integers(0, 64, size) / 8.0)
                part = unit_years(
                    light,
                    city_id=[f"{city:02d}"] * size,
                    year=np.full(size, year),
                    product=[product] * size,
                    area_km2=rng.lognormal(4.0, 1.0, size),
                    saturated_share=rng.random(size),
                    n_cells=rng.lognormal(3.0, 1.0, size),
                )
                out = rng.random(size) < 0.1
                part.loc[out, ["mean", "n_cells"]] = [np.nan, 0.0]
                parts.append(part)
    return pd.concat(parts, ignore_index=True)


# --- oracles: plain Python, the definitions as they are written ----------------------------------


def oracle_gini(light: Sequence[float], weight: Sequence[float]) -> float:
    whole = math.fsum(weight)
    total = math.fsum(w * x for w, x in zip(weight, light, strict=True))
    pairs = math.fsum(
        a * b * abs(x - y)
        for a, x in zip(weight, light, strict=True)
        for b, y in zip(weight, light, strict=True)
    )
    return pairs / (2.0 * whole * total) if total else math.nan


def oracle_row(city_year: pd.DataFrame) -> dict[str, float]:
    counted = city_year[city_year["mean"].notna() & (city_year["n_cells"] > 0)]
    light, n = counted["mean"].tolist(), len(counted)
    row = dict.fromkeys([*INDICES, "mean", "saturated_share"], math.nan) | {"n_units": float(n)}
    if n == 0:
        return row
    mean = math.fsum(light) / n
    cells = counted["n_cells"].tolist()
    shares = counted["saturated_share"].tolist()
    row["mean"] = mean
    row["saturated_share"] = math.fsum(
        c * s for c, s in zip(cells, shares, strict=True)
    ) / math.fsum(cells)
    if mean == 0.0:
        return row
    row["gini"] = oracle_gini(light, [1.0] * n)
    row["gini_corrected"] = row["gini"] * n / (n - 1) if n > 1 else math.nan
    row["gini_area"] = oracle_gini(light, counted["area_km2"].tolist())
    row["theil_t"] = math.fsum(x / mean * math.log(x / mean) for x in light if x > 0) / n
    if min(light) > 0:
        row["theil_l"] = math.fsum(math.log(mean / x) for x in light) / n
    row["cv"] = math.sqrt(math.fsum((x - mean) ** 2 for x in light) / n) / mean
    return row


# --- by hand -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("light", "gini", "corrected", "theil_t", "theil_l", "cv"),
    [
        ([1, 1, 1], 0.0, 0.0, 0.0, 0.0, 0.0),
        ([1, 3], 1 / 4, 1 / 2, 0.75 * LN3 - LN2, LN2 - LN3 / 2, 1 / 2),
        ([0, 4], 1 / 2, 1.0, LN2, math.nan, 1.0),
        ([0, 0, 1], 2 / 3, 1.0, LN3, math.nan, math.sqrt(2.0)),
        ([4, 1, 3, 2], 1 / 4, 1 / 3, None, None, math.sqrt(1.25) / 2.5),
        ([5], 0.0, math.nan, 0.0, 0.0, 0.0),
        ([0, 0], math.nan, math.nan, math.nan, math.nan, math.nan),
    ],
)
def test_small_cities_by_hand(
    light: list[float],
    gini: float,
    corrected: float,
    theil_t: float | None,
    theil_l: float | None,
    cv: float,
) -> None:
    row = measure(light)
    expected = {"gini": gini, "gini_corrected": corrected, "gini_area": gini, "cv": cv}
    for name, value in (expected | {"theil_t": theil_t, "theil_l": theil_l}).items():
        if value is not None:
            assert row[name] == pytest.approx(value, nan_ok=True, **EXACT), name
    assert row["mean"] == pytest.approx(sum(light) / len(light))
    assert row["n_units"] == len(light)


def test_area_weights_by_hand() -> None:
    # Pairs 2 * 3 * 1 * |1 - 3| = 12 over 2 * 4^2 * (3 * 1 + 1 * 3) / 4 = 48.
    assert measure([1, 3], area_km2=[3.0, 1.0])["gini_area"] == pytest.approx(1 / 4)
    assert measure([1, 3], area_km2=[1.0, 3.0])["gini_area"] == pytest.approx(12 / 80)


def test_a_tiny_unit_apart_keeps_all_digits() -> None:
    light, area = [0.1, 0.7, 0.7, 0.7], [1e-3, 71234.5, 131313.1, 90909.9]
    weight, value = [Fraction(x) for x in area], [Fraction(x) for x in light]
    apart = weight[0] * sum(weight[1:]) * (value[1] - value[0])
    expected = apart / sum(weight) / sum(w * x for w, x in zip(weight, value, strict=True))
    got = measure(light, area_km2=area)["gini_area"]
    assert got == pytest.approx(float(expected), rel=1e-13, abs=0.0)


def test_saturated_share_by_hand() -> None:
    row = measure([1, 3], saturated_share=[0.5, 0.1], n_cells=[10.0, 30.0])
    assert row["saturated_share"] == pytest.approx(0.2)
    assert math.isnan(measure([1, 3], saturated_share=[0.5, math.nan])["saturated_share"])


@pytest.mark.parametrize("light", [[0.1, 0.1, 0.1], [0.3] * 7, [1 / 3] * 11])
def test_equal_units_have_no_inequality_at_all(light: list[float]) -> None:
    row = measure(light, area_km2=[0.1 + i / 7 for i in range(len(light))])
    assert row["gini"] == 0.0
    assert row["gini_area"] == 0.0


@pytest.mark.parametrize(
    ("light", "cells", "flags", "n_units"),
    [
        ([1, 2], [1, 1], "", 2),
        ([1], [1], "single_unit", 1),
        ([0, 0], [1, 1], "dark", 2),
        ([0], [1], "dark;single_unit", 1),
        ([0, 2], [1, 1], "theil_l_dark_units", 2),
        ([1, 2, math.nan], [1, 1, 0], "units_left_out:1", 2),
        ([1, 2, math.nan], [1, 1, 1], "units_left_out:1", 2),
        ([1, 2, 7], [1, 1, 0], "units_left_out:1", 2),
        ([1, math.nan, math.nan], [1, 0, 0], "single_unit;units_left_out:2", 1),
        ([0, 2, math.nan], [1, 1, 0], "theil_l_dark_units;units_left_out:1", 2),
        ([math.nan, math.nan], [0, 0], "no_valid_units;units_left_out:2", 0),
    ],
)
def test_flags(light: list[float], cells: list[float], flags: str, n_units: int) -> None:
    row = measure(light, n_cells=cells)
    assert row["flags"] == flags
    assert row["n_units"] == n_units


def test_units_without_valid_cells_change_nothing_else() -> None:
    with_gap = measure([1, math.nan, 3], n_cells=[1.0, 0.0, 2.0])
    without = measure([1, 3], n_cells=[1.0, 2.0])
    pd.testing.assert_series_equal(with_gap.drop("flags"), without.drop("flags"))


def test_dark_and_empty_city_years_are_nan_throughout() -> None:
    dark = city_year_inequality(unit_years([0, 0, 0]), draws=20).iloc[0]
    empty = city_year_inequality(unit_years([math.nan] * 3), draws=20).iloc[0]
    assert dark[[*INDICES, "gini_low", "gini_high"]].isna().all()
    assert dark["mean"] == 0.0
    assert empty.drop(["city_id", "year", "product", "n_units", "flags"]).isna().all()


# --- against the oracle --------------------------------------------------------------------------


def test_many_cities_against_the_double_loop() -> None:
    table = many_cities(seed=1)
    result = city_year_inequality(table, draws=0)
    groups = table.groupby(["product", "city_id", "year"])
    assert len(result) == groups.ngroups == 28
    for row in result.to_dict("records"):
        expected = oracle_row(groups.get_group((row["product"], row["city_id"], row["year"])))
        for name, value in expected.items():
            assert row[name] == pytest.approx(value, nan_ok=True, **EXACT), (row, name)


@given(lights, st.data())
def test_weighted_gini_against_the_double_loop(light: list[float], data: st.DataObject) -> None:
    n = len(light)
    area = data.draw(st.lists(st.floats(1e-3, 1e5), min_size=n, max_size=n))
    row = measure(light, area_km2=area)
    assert row["gini"] == pytest.approx(oracle_gini(light, [1.0] * n), **EXACT)
    # Where next to all weighted light is one unit's, the pairs lose digits; the bound is for those.
    assert row["gini_area"] == pytest.approx(oracle_gini(light, area), rel=1e-9, abs=1e-12)


# --- axioms --------------------------------------------------------------------------------------


@given(lights, st.floats(1e-3, 1e3))
def test_scale_does_not_matter(light: list[float], factor: float) -> None:
    row, scaled = measure(light), measure([factor * value for value in light])
    for name in INDICES:
        assert scaled[name] == pytest.approx(row[name], nan_ok=True, rel=1e-9, abs=1e-12)


@given(lights, st.integers(2, 4))
def test_replication_does_not_matter(light: list[float], times: int) -> None:
    row, replicated = measure(light), measure(light * times)
    for name in UNDER_REPLICATION:
        assert replicated[name] == pytest.approx(row[name], nan_ok=True, rel=1e-9, abs=1e-12)


@given(lights, st.randoms(use_true_random=False))
def test_who_has_the_light_does_not_matter(light: list[float], random: object) -> None:
    shuffled = sorted(light, key=lambda _: random.random())  # type: ignore[attr-defined]
    pd.testing.assert_series_equal(measure(light), measure(shuffled), check_exact=True)


@given(
    st.lists(st.integers(0, 63), min_size=2, max_size=12, unique=True),
    st.data(),
    st.floats(0.05, 0.5),
)
def test_a_transfer_from_richer_to_poorer_lowers_the_gini(
    ranks: list[int], data: st.DataObject, share: float
) -> None:
    light = [float(value) for value in sorted(ranks)]
    poorer = data.draw(st.integers(0, len(light) - 2))
    gap = light[poorer + 1] - light[poorer]
    after = light.copy()
    after[poorer] += share * gap
    after[poorer + 1] -= share * gap
    row, levelled = measure(light), measure(after)
    for name in ("gini", "gini_area", "theil_t", "cv"):
        assert levelled[name] < row[name]


@given(lights)
def test_bounds(light: list[float]) -> None:
    row, n = measure(light), len(light)
    assert 0.0 <= row["gini"] <= (1.0 - 1.0 / n) * (1.0 + 1e-12)
    assert 0.0 <= row["gini_area"] < 1.0
    assert 0.0 <= row["theil_t"] <= math.log(n) * (1.0 + 1e-12)
    assert row["gini_corrected"] == pytest.approx(row["gini"] * n / (n - 1))
    if row["gini"] == 0.0:
        assert len(set(light)) == 1


@given(lights, st.floats(1e-2, 1e4))
def test_equal_areas_give_the_plain_gini(light: list[float], area: float) -> None:
    row = measure(light, area_km2=[area] * len(light))
    assert row["gini_area"] == pytest.approx(row["gini"], **EXACT)


@given(lights, st.data())
def test_whole_areas_are_replications(light: list[float], data: st.DataObject) -> None:
    n = len(light)
    areas = data.draw(st.lists(st.integers(1, 4), min_size=n, max_size=n))
    replicated = [value for value, times in zip(light, areas, strict=True) for _ in range(times)]
    assert measure(light, area_km2=np.asarray(areas, dtype=np.float64))["gini_area"] == (
        pytest.approx(measure(replicated)["gini"], **EXACT)
    )


# --- the table -----------------------------------------------------------------------------------


def test_columns_order_and_dtypes() -> None:
    result = city_year_inequality(many_cities(seed=2), draws=5)
    floats = [*INDICES, "mean", "saturated_share", "gini_low", "gini_high"]
    expected = dict.fromkeys(floats, "float64") | {
        "city_id": "str",
        "product": "str",
        "flags": "str",
        "year": "int64",
        "n_units": "int64",
    }
    assert {name: str(dtype) for name, dtype in result.dtypes.items()} == expected
    assert list(result.columns) == COLUMNS
    keys = list(result[["product", "city_id", "year"]].itertuples(index=False, name=None))
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("seed", range(3))
def test_order_of_rows_changes_no_bit(seed: int) -> None:
    table = many_cities(seed=3)
    shuffled = table.sample(frac=1.0, random_state=seed)
    pd.testing.assert_frame_equal(
        city_year_inequality(table, draws=30),
        city_year_inequality(shuffled, draws=30),
        check_exact=True,
    )


def test_other_cities_change_no_bit() -> None:
    table = many_cities(seed=4)
    everything = city_year_inequality(table, draws=30)
    for city in ("02", "04"):
        alone = city_year_inequality(table[table["city_id"] == city], draws=30)
        together = everything[everything["city_id"] == city].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, together, check_exact=True)


def test_tiles_one_at_a_time_give_the_same_bits() -> None:
    table = many_cities(seed=6)
    together = city_year_inequality(table, draws=30)
    by_tile = [
        city_year_inequality(tile, draws=30) for _, tile in table.groupby(["product", "year"])
    ]
    joined = pd.concat(by_tile, ignore_index=True)
    joined = joined.sort_values(["product", "city_id", "year"], ignore_index=True)
    pd.testing.assert_frame_equal(joined, together, check_exact=True)


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_change_no_bit(threads: int) -> None:
    table = many_cities(seed=7, sizes=[3 + city % 5 for city in range(30)])
    pd.testing.assert_frame_equal(
        city_year_inequality(table, draws=30, threads=threads),
        city_year_inequality(table, draws=30),
        check_exact=True,
    )


def test_input_is_left_as_it_is() -> None:
    table = many_cities(seed=5)
    before = table.copy(deep=True)
    city_year_inequality(table, draws=3)
    pd.testing.assert_frame_equal(table, before)


def test_empty_table_gives_an_empty_table() -> None:
    result = city_year_inequality(many_cities(seed=6).iloc[:0])
    assert len(result) == 0
    assert list(result.columns)[:3] == ["city_id", "year", "product"]


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [-0.5, math.inf, -math.inf])
def test_light_out_of_domain(value: float) -> None:
    with pytest.raises(InequalityDomainError) as error:
        city_year_inequality(unit_years([1.0, value, 2.0]))
    for part in ("'u001'", "2018", "'mean'", str(value)):
        assert part in str(error.value)


def test_light_of_units_without_cells_is_not_looked_at() -> None:
    assert measure([1.0, -9.0, 3.0], n_cells=[1.0, 0.0, 1.0])["gini"] == pytest.approx(0.25)


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_area_out_of_domain(value: float) -> None:
    with pytest.raises(InequalityDomainError) as error:
        city_year_inequality(unit_years([1.0, 2.0], area_km2=[5.0, value]))
    for part in ("'u001'", "2018", "'area_km2'", str(value)):
        assert part in str(error.value)


def test_a_unit_twice_in_a_city_year() -> None:
    with pytest.raises(DuplicateUnitError) as error:
        city_year_inequality(unit_years([1.0, 2.0, 3.0], unit_id=["a", "b", "a"]))
    for part in ("'a'", "'4508'", "2018"):
        assert part in str(error.value)


def test_broken_tables() -> None:
    table = unit_years([1.0, 2.0])
    with pytest.raises(TableColumnError, match="no column n_cells"):
        city_year_inequality(table.drop(columns="n_cells"))
    with pytest.raises(TableColumnError, match="column 'city_id'"):
        city_year_inequality(table.assign(city_id=["4508", None]))
    with pytest.raises(TableColumnError, match="column 'year'"):
        city_year_inequality(table.assign(year=[2018.0, 2018.0]))


@pytest.mark.parametrize("settings", [{"draws": -1}, {"level": 0.0}, {"level": 1.0}])
def test_settings_out_of_range(settings: dict[str, float]) -> None:
    with pytest.raises(InequalityDomainError, match=next(iter(settings))):
        city_year_inequality(unit_years([1.0, 2.0]), **settings)  # type: ignore[arg-type]

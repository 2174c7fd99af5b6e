"""The made-up country's panel: what it promises holds to the last digits."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panels.synthetic import CountrySpec, synthetic_panel

SPEC = CountrySpec()


@pytest.fixture(scope="module")
def country():
    return synthetic_panel(SPEC, seed=1)


def truth(panel, quantity, sample="all"):
    rows = panel.truth
    (value,) = rows.loc[(rows["quantity"] == quantity) & (rows["sample"] == sample), "value"]
    return value


def test_every_table_has_every_city_year_once(country):
    for table, code in (
        (country.yearbook, "city_code"),
        (country.digital_finance, "city_code"),
        (country.designed, "city_id"),
    ):
        assert len(table) == 40 * 11
        assert not table.duplicated([code, "year"]).any()
        assert table[code].nunique() == 40
        assert sorted(table["year"].unique()) == list(range(2011, 2022))


def test_codes_are_text_with_leading_zeros(country):
    codes = country.yearbook["city_code"]
    assert codes.map(lambda code: isinstance(code, str)).all()
    assert codes.str.fullmatch(r"0\d{3}").all()
    assert codes.equals(country.designed["city_id"].rename("city_code"))


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25)
def test_the_yearbook_holds_the_designed_upgrading(seed):
    country = synthetic_panel(SPEC, seed)
    book = country.yearbook
    total = book["gdp"]
    # Equation (2) rewritten: 1 P1 + 2 P2 + 3 P3 = 2 + P3 - P1 when the shares sum to 1.
    index = 2.0 + (book["va_tertiary"] - book["va_primary"]) / total
    np.testing.assert_allclose(index, country.designed["uil"], rtol=0, atol=1e-12)
    sectors = book[["va_primary", "va_secondary", "va_tertiary"]]
    np.testing.assert_allclose(sectors.sum(axis=1), total, rtol=1e-12)
    assert (sectors > 0.0).all(axis=None)
    assert (book.drop(columns=["city_code", "year"]) > 0.0).all(axis=None)
    assert np.isfinite(book.drop(columns="city_code")).all(axis=None)


def test_the_average_effect_is_theta(country):
    assert country.designed["effect"].mean() == pytest.approx(SPEC.theta, abs=1e-12)
    assert truth(country, "average_effect") == pytest.approx(-0.10, abs=1e-12)
    assert truth(country, "moderation_per_100_points") == -0.35


@pytest.mark.parametrize("seed", range(10))
def test_upgrading_widens_inequality_early_and_lowers_it_late(seed):
    country = synthetic_panel(SPEC, seed)
    early, late = (
        truth(country, "average_effect", sample) for sample in ("2011-2015", "2016-2021")
    )
    assert early > 0.0 > late
    assert 5 * early + 6 * late == pytest.approx(11 * SPEC.theta, abs=1e-12)
    by_year = country.designed.groupby("year")["effect"].mean()
    assert by_year.is_monotonic_decreasing


def test_the_effect_is_linear_in_digital_finance(country):
    designed = country.designed
    slope = np.polyfit(designed["difi"], designed["effect"], 1)[0]
    assert 100.0 * slope == pytest.approx(SPEC.moderation, abs=1e-10)
    reported = country.digital_finance["index_aggregate"].to_numpy()
    np.testing.assert_array_equal(reported, designed["difi"])


def test_the_effect_is_what_upgrading_does_to_the_gini():
    with_effect = synthetic_panel(SPEC, seed=3).designed
    without = synthetic_panel(CountrySpec(theta=0.0, moderation=0.0), seed=3).designed
    difference = with_effect["gini"] - without["gini"]
    np.testing.assert_allclose(
        difference, with_effect["effect"] * (with_effect["uil"] - 2.31), atol=1e-12
    )


def test_the_same_seed_gives_the_same_tables_and_another_seed_others():
    first, again, other = (synthetic_panel(SPEC, seed) for seed in (7, 7, 8))
    for name in ("yearbook", "digital_finance", "designed", "truth"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(again, name))
    assert not first.designed["gini"].equals(other.designed["gini"])


def test_global_randomness_is_neither_used_nor_moved():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    synthetic_panel(SPEC, seed=7)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_bounds_over_many_seeds():
    extremes = {"gini": [1.0, 0.0], "uil": [9.0, 0.0]}
    for seed in range(100):
        designed = synthetic_panel(SPEC, seed).designed
        for name, (low, high) in extremes.items():
            extremes[name] = [min(low, designed[name].min()), max(high, designed[name].max())]
    # A city of 15 units cannot have a Gini above 14 / 15; painting needs room on either side.
    assert 0.05 < extremes["gini"][0] < extremes["gini"][1] < 0.80
    assert 1.5 < extremes["uil"][0] < extremes["uil"][1] < 3.0


def test_another_country():
    spec = CountrySpec(n_cities=25, years=(2001, 2002, 2003), theta=0.2, split_year=2003)
    country = synthetic_panel(spec, seed=0)
    assert len(country.designed) == 75
    assert country.yearbook["city_code"].iloc[-1] == "0205"
    assert truth(country, "average_effect") == pytest.approx(0.2, abs=1e-12)
    assert set(country.truth["sample"]) == {"all", "2001-2002", "2003-2003"}

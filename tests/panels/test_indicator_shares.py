"""Shares of indicators in a composite: they add up, and equal the regressions they stand for."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from panels.composite import Indicator, Recipe
from panels.composite_scale import composite
from panels.indicator_shares import indicator_shares

RECIPE = Recipe("x", (Indicator("a", "one"), Indicator("b", "one"), Indicator("c", "two")))


def panel(seed=1, *, gaps=True):
    rng = np.random.default_rng(seed)
    keys = pd.MultiIndex.from_product([["11", "12", "13", "14"], range(2012, 2018)])
    table = keys.to_frame(index=False, name=["city_id", "year"])
    table = table.assign(**{name: rng.lognormal(size=len(table)) for name in "abc"})
    table.loc[3, "a"] = np.nan
    return table.drop(index=[7, 12]).reset_index(drop=True) if gaps else table


def shares_of(table, recipe=RECIPE):
    made = composite(table, recipe, where="x")
    return indicator_shares(table, recipe, made), made


def test_every_share_sums_to_one():
    shares, _ = shares_of(panel())
    columns = ["weight", "share_of_variance", "share_of_within_variance", "share_of_change"]
    np.testing.assert_allclose(shares[columns].sum(), 1.0, rtol=1e-12)
    assert shares["indicator"].tolist() == ["a", "b", "c"]
    assert shares["group"].tolist() == ["one", "one", "two"]


def test_shares_are_slopes_of_the_parts_on_the_index():
    """cov(c_j, c) / var(c) is the slope of part j on the index, with effects for the within one."""
    table = panel()
    shares, made = shares_of(table)
    frame = table.assign(total=made.values["x"], **dict(zip("pqr", made.parts.T, strict=True)))
    frame = frame.dropna()
    for part, row in zip("pqr", shares.itertuples(), strict=True):
        plain = smf.ols(f"{part} ~ total", frame).fit().params["total"]
        within = smf.ols(f"{part} ~ total + C(city_id) + C(year)", frame).fit().params["total"]
        assert row.share_of_variance == pytest.approx(plain, rel=1e-9)
        assert row.share_of_within_variance == pytest.approx(within, rel=1e-9)
    means = frame.groupby("year")[["p", "q", "r", "total"]].mean()
    change = means.loc[2017] - means.loc[2012]
    np.testing.assert_allclose(shares["share_of_change"], change[list("pqr")] / change["total"])


def test_weights_by_year_are_told_as_their_mean():
    recipe = Recipe("x", RECIPE.indicators, weights="year")
    shares, made = shares_of(panel(gaps=False), recipe)
    total = made.scale["weight"] * made.scale["group_weight"]
    np.testing.assert_allclose(
        shares["weight"], [total[made.scale["indicator"] == one].mean() for one in "abc"]
    )


def test_one_year_has_no_change_and_no_variation_within():
    one_year = panel(gaps=False).query("year == 2013")
    shares, _ = shares_of(one_year)
    assert shares[["share_of_within_variance", "share_of_change"]].isna().all(axis=None)
    assert shares["share_of_variance"].sum() == pytest.approx(1.0)

"""Group-time effects: published numbers, another package, by hand."""

import warnings

import numpy as np
import pytest
import statsmodels.api as sm
from diff_diff import CallawaySantAnna

from estimation.staggered.averages import averages
from estimation.staggered.cohorts import with_clean_start
from estimation.staggered.effects import joint_test, uniform_band
from estimation.staggered.group_time import group_time
from estimation.staggered.two_by_two import METHODS, two_by_two
from geo.errors import SampleError

THEIRS = {"outcome_regression": "reg", "inverse_probability": "ipw"}
"""Its doubly robust estimator is another one: `test_doubly_robust_by_its_two_models` has ours."""


@pytest.mark.real
@pytest.mark.parametrize(
    ("kind", "estimate"),
    [("simple", -0.0399513), ("dynamic", -0.0772398), ("group", -0.0310183)],
)
def test_published_averages_without_covariates(mpdta, panel_from, kind, estimate):
    panel, left_out = with_clean_start(panel_from(mpdta))
    found = averages(group_time(panel), kind).overall
    assert left_out.always_treated == 0
    assert found.estimate[0] == pytest.approx(estimate, abs=5e-5)
    if kind == "simple":
        assert found.std_error[0] == pytest.approx(0.0120340, abs=5e-5)


@pytest.mark.real
def test_published_average_with_a_covariate(mpdta, panel_from):
    found = averages(group_time(panel_from(mpdta, covariates=["lpop"])), "simple").overall
    assert found.estimate[0] == pytest.approx(-0.04175177, abs=1e-6)
    assert found.std_error[0] == pytest.approx(0.01150284, abs=1e-6)


@pytest.mark.parametrize("method", THEIRS)
@pytest.mark.parametrize("control", ["never_treated", "not_yet_treated"])
@pytest.mark.parametrize("anticipation", [0, 1])
def test_as_another_package(staggered, panel_from, method, control, anticipation):
    table = staggered(3, cities=120)
    ours = group_time(
        panel_from(table, covariates=["x"]),
        control=control,
        method=method,
        anticipation=anticipation,
    )
    own = table.assign(g=table["g"].replace(np.inf, 0).astype(int))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = CallawaySantAnna(
            control_group=control,
            estimation_method=THEIRS[method],
            anticipation=anticipation,
            base_period="universal",
        ).fit(own, outcome="y", unit="city", time="year", first_treat="g", covariates=["x"])
    compared = 0
    for place, key in enumerate(zip(ours.cohort, ours.year, strict=True)):
        other = theirs.group_time_effects.get(key)
        if other is not None and not ours.base[place]:
            compared += 1
            assert ours.effects.estimate[place] == pytest.approx(other["effect"], abs=1e-6)
            assert ours.effects.std_error[place] == pytest.approx(other["se"], rel=1e-3)
    assert compared >= 30


def test_doubly_robust_by_its_two_models():
    rng = np.random.default_rng(12)
    n = 300
    X = rng.normal(size=(n, 2)) * [1.0, 40.0] + [0.0, 500.0]
    D = (rng.uniform(size=n) < 1 / (1 + np.exp(-X[:, 0]))).astype(float)
    y = 0.5 * X[:, 0] + 0.01 * X[:, 1] + D + rng.normal(size=n)
    found, _ = two_by_two(y, D, X, np.ones(n), method="doubly_robust", where="here")
    full = sm.add_constant(X)
    share = sm.Logit(D, full).fit(disp=0, method="newton", tol=1e-12).predict()
    outcome = sm.OLS(y[D == 0], full[D == 0]).fit().predict(full)
    odds = share * (1 - D) / (1 - share)
    left = y - outcome
    assert found == pytest.approx(left[D == 1].mean() - odds @ left / odds.sum(), abs=1e-9)


def test_one_cell_by_hand(staggered, panel_from):
    table = staggered(5, missing=0.2)
    found = group_time(panel_from(table))
    place = int(np.flatnonzero((found.cohort == 2006) & (found.year == 2008))[0])
    wide = table.pivot_table(index=["city", "g"], columns="year", values="y").reset_index()
    change = wide[2008] - wide[2005]
    own, never = change[wide["g"] == 2006].dropna(), change[wide["g"] == np.inf].dropna()
    assert found.effects.estimate[place] == pytest.approx(own.mean() - never.mean(), abs=1e-12)
    error = np.sqrt(own.var(ddof=0) / len(own) + never.var(ddof=0) / len(never))
    assert found.effects.std_error[place] == pytest.approx(error, rel=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_influence_is_what_a_little_weight_moves(method):
    rng = np.random.default_rng(8)
    n = 80
    D, X = (np.arange(n) % 2).astype(float), rng.normal(size=(n, 2))
    y, w = X @ [0.4, -0.2] + D + rng.normal(size=n), rng.uniform(0.5, 2.0, size=n)
    _, influence = two_by_two(y, D, X, w, method=method, where="here")
    for place in (0, 1, 17):
        step = np.zeros(n)
        step[place] = 1e-5
        ends = [two_by_two(y, D, X, w + sign * step, method=method, where="")[0]
                for sign in (1, -1)]  # fmt: skip
        slope = (ends[0] - ends[1]) / 2e-5
        assert influence[place] / n == pytest.approx(slope * w[place], rel=2e-3, abs=1e-6)


def test_gaps_move_the_base_year_and_are_not_counted_as_nought(staggered, panel_from):
    years = (2000, 2001, 2002, 2003, 2005, 2006, 2007, 2009, 2010)
    found = group_time(panel_from(staggered(2, years=years, cohorts=(2004.0, 2009.0, np.inf))))
    base = {(g, y) for g, y, b in zip(found.cohort, found.year, found.base, strict=True) if b}
    assert base == {(2004.0, 2003), (2009.0, 2007)}
    at = averages(found, "dynamic")
    place = int(np.flatnonzero(at.at == -2)[0])
    cell = (found.cohort == 2004) & (found.year == 2002)
    assert at.by.estimate[place] == pytest.approx(found.effects.estimate[cell][0])


def test_a_cohort_of_one_city_has_no_error(staggered, panel_from):
    table = staggered(4)
    alone = table["city"].eq(0)
    table.loc[alone, "g"] = 2008.0
    found = averages(group_time(panel_from(table)), "group")
    place = int(np.flatnonzero(found.at == 2008)[0])
    assert np.isnan(found.by.std_error[place])
    assert np.isfinite(found.overall.std_error[0])


def test_no_city_to_compare_with_is_named(staggered, panel_from):
    table = staggered(4, cohorts=(2004.0, 2006.0))
    with pytest.raises(SampleError, match="not_yet_treated"):
        group_time(panel_from(table))
    assert group_time(panel_from(table), control="not_yet_treated").untold


def test_the_band_is_wider_and_holds_the_whole_path(staggered, panel_from):
    rejected, draws = 0, 80
    for seed in range(draws):
        table = staggered(1000 + seed, growing=0.0, effect=0.0, cities=80)
        table["y"] -= 0.1 * table["x"] * (table["year"] - 2000)
        found = averages(group_time(panel_from(table)), "dynamic", window=(-4, 4))
        band = uniform_band(found.by, seed=1, draws=999)
        assert band.critical > band.pointwise
        outside = (band.uniform_low > 0) | (band.uniform_high < 0)
        rejected += bool(outside[found.at != -1].any())
    assert rejected <= 0.05 * draws + 3 * np.sqrt(0.05 * 0.95 * draws) + 4


def test_the_joint_test_of_one_effect_is_its_t_test(staggered, panel_from):
    effects = group_time(panel_from(staggered(6))).effects
    place = int(np.flatnonzero(effects.std_error > 0)[0])
    one = effects.taken([place])
    test = joint_test(one, where="here")
    assert test.statistic == pytest.approx((one.estimate[0] / one.std_error[0]) ** 2)
    assert test.q == 1

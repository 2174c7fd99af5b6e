"""Sun and Abraham's estimator and imputation: other packages, least squares with all dummies."""

import warnings

import numpy as np
import pandas as pd
import pyfixest
import pytest
from diff_diff import ImputationDiD, SunAbraham

from estimation.staggered.averages import averages
from estimation.staggered.cohorts import staggered_panel, with_clean_start
from estimation.staggered.group_time import group_time
from estimation.staggered.imputation import imputation, imputed
from estimation.staggered.sun_abraham import sun_abraham
from geo.errors import SampleError


def _theirs(kind, table, **fit):
    own = table.assign(g=table["g"].replace(np.inf, 0).astype(int))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return kind().fit(own, outcome="y", unit="city", time="year", first_treat="g", **fit)


@pytest.mark.real
def test_published_data_as_other_packages(mpdta, panel_from):
    panel = panel_from(mpdta)
    ours, theirs = sun_abraham(panel), _theirs(SunAbraham, mpdta)
    assert ours.overall.estimate[0] == pytest.approx(theirs.overall_att, abs=1e-9)
    assert ours.overall.std_error[0] == pytest.approx(theirs.overall_se, abs=1e-9)
    ours = imputation(panel)
    theirs = _theirs(ImputationDiD, mpdta)
    assert ours.overall.estimate[0] == pytest.approx(theirs.overall_att, abs=1e-9)
    assert ours.overall.std_error[0] == pytest.approx(theirs.overall_se, abs=1e-9)


@pytest.mark.parametrize("missing", [0.0, 0.15])
def test_sun_abraham_as_a_saturated_regression(staggered, panel_from, missing):
    table = staggered(21, missing=missing)
    ours = sun_abraham(panel_from(table, covariates=["x"]))
    cell = [f"{g:g}_{int(y - g)}" if np.isfinite(g) and y - g != -1 else "0"
            for g, y in zip(table["g"], table["year"], strict=True)]  # fmt: skip
    dummies = pd.get_dummies(pd.Series(cell), dtype=float).drop(columns="0")
    names = [f"d{k}" for k in range(dummies.shape[1])]
    data = pd.concat([table, dummies.set_axis(names, axis=1)], axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = pyfixest.feols(
            f"y ~ {' + '.join(names)} | city + year", data=data, vcov={"CRV1": "city"},
            fixef_rm="none",
        )  # fmt: skip
    slopes = fit.coef().reindex(names)
    since = np.array([int(name.split("_")[1]) for name in dummies.columns])
    size = dummies.sum().to_numpy()
    for place, one in enumerate(ours.at):
        weight = size * (since == one) / size[since == one].sum()
        assert ours.by.estimate[place] == pytest.approx(weight @ slopes.to_numpy(), abs=1e-7)
        error = np.sqrt(weight @ fit._vcov @ weight)
        assert ours.by.std_error[place] == pytest.approx(error, rel=1e-6)


def test_without_covariates_and_gaps_it_is_callaway_santanna(staggered, panel_from):
    panel = panel_from(staggered(22))
    ours, other = sun_abraham(panel), averages(group_time(panel), "dynamic")
    kept = other.at != -1
    np.testing.assert_allclose(ours.by.estimate, other.by.estimate[kept], atol=1e-10)


def test_the_last_cohort_stands_in_for_never(staggered, panel_from):
    panel = panel_from(staggered(23, cohorts=(2003.0, 2006.0, 2009.0)))
    found = sun_abraham(panel)
    assert "cohort 2009" in found.notes[0]
    assert found.at.max() == 2008 - 2003


def test_one_cohort_without_comparison_is_named(staggered, panel_from):
    panel = panel_from(staggered(23, cohorts=(2005.0,)))
    with pytest.raises(SampleError, match="never adopt"):
        sun_abraham(panel)


@pytest.mark.parametrize(("missing", "weighted"), [(0.0, False), (0.15, False), (0.15, True)])
def test_imputation_by_all_dummies(staggered, panel_from, missing, weighted):
    table = staggered(24, missing=missing)
    table["z"] = np.random.default_rng(3).normal(size=len(table))
    panel = panel_from(table, covariates=["z"], weighted=weighted)
    found = imputed(panel)
    free = table["year"] < table["g"]
    dummies = pd.concat([pd.get_dummies(table["city"]), pd.get_dummies(table["year"]),
                         table["z"]], axis=1).to_numpy(dtype=float)  # fmt: skip
    w = table["weight"].to_numpy() if weighted else np.ones(len(table))
    root = np.sqrt(w[free])[:, None]
    slopes = np.linalg.lstsq(
        dummies[free] * root, table["y"].to_numpy()[free] * root[:, 0], rcond=None
    )[0]
    known = np.isin(table["city"], table["city"][free]) & np.isin(
        table["year"], table["year"][free]
    )
    effect = (table["y"] - dummies @ slopes)[~free & known]
    ours = imputation(panel)
    expected = np.average(effect, weights=w[~free & known])
    assert ours.overall.estimate[0] == pytest.approx(expected, abs=1e-8)
    assert found.left_out == int((~free & ~known).sum())


@pytest.mark.parametrize("missing", [0.0, 0.15])
def test_imputation_errors_as_another_package(staggered, panel_from, missing):
    table = staggered(25, missing=missing)
    ours = imputation(panel_from(table))
    theirs = _theirs(ImputationDiD, table, aggregate="event_study")
    assert ours.overall.estimate[0] == pytest.approx(theirs.overall_att, abs=1e-7)
    assert ours.overall.std_error[0] == pytest.approx(theirs.overall_se, rel=1e-5)
    for place, one in enumerate(ours.at):
        if one >= 0:
            other = theirs.event_study_effects[int(one)]
            assert ours.by.estimate[place] == pytest.approx(other["effect"], abs=1e-7)
            assert ours.by.std_error[place] == pytest.approx(other["se"], rel=1e-5)


def test_years_of_anticipation_count_as_treated(staggered, panel_from):
    table = staggered(26, growing=0.0)
    table.loc[table["year"] == table["g"] - 1, "y"] += 5.0
    panel = panel_from(table)
    biased, right = imputation(panel), imputation(panel, anticipation=1)
    assert abs(right.overall.estimate[0] - 1.0) < 0.2 < abs(biased.overall.estimate[0] - 1.0)
    place = int(np.flatnonzero(right.at == -1)[0])
    assert right.by.estimate[place] == pytest.approx(5.0, abs=0.4)


def test_always_treated_cities_are_left_out_and_counted(staggered, panel_from):
    table = staggered(27, cohorts=(1999.0, 2000.0, 2005.0, 2030.0, np.inf))
    panel, left_out = with_clean_start(panel_from(table))
    assert (left_out.always_treated, left_out.after_the_end) == (24, 12)
    assert len(panel.adopted) == 36
    assert set(panel.cohorts) == {2005.0}


def test_a_weight_of_two_is_a_city_twice(staggered, panel_from):
    table = staggered(28, missing=0.1, cities=40)
    heavy = table["city"] % 3 == 0
    weighted = panel_from(table.assign(weight=np.where(heavy, 2.0, 1.0)), weighted=True)
    copies = table[heavy].assign(city=lambda rows: 40 + pd.factorize(rows["city"])[0])
    twice = panel_from(pd.concat([table, copies], ignore_index=True))
    for made in (sun_abraham, imputation, lambda one: averages(group_time(one), "simple")):
        assert made(weighted).overall.estimate[0] == pytest.approx(
            made(twice).overall.estimate[0], abs=1e-9
        )


def test_clusters_of_cities_add_up_their_influence(staggered):
    table = staggered(29)
    columns = [table[name].to_numpy() for name in ("y", "city", "year", "g")]
    by_city = staggered_panel(*columns)
    pairs = staggered_panel(*columns, cluster=columns[1] // 8)
    for made in (sun_abraham, imputation, lambda one: averages(group_time(one), "simple")):
        one, other = made(by_city).overall, made(pairs).overall
        assert one.estimate[0] == pytest.approx(other.estimate[0], abs=1e-12)
        assert other.df == 7
        assert one.df == 59

"""What the data do not tell is left out and counted: clean comparisons alone speak."""

import numpy as np
import pandas as pd
import pytest

from estimation.staggered.absorbed import absorbed_slopes, rows_of
from estimation.staggered.averages import averages
from estimation.staggered.group_time import group_time
from estimation.staggered.imputation import NOT_IMPUTED, imputation, imputed
from estimation.staggered.slopes import clean_slope
from estimation.staggered.sun_abraham import sun_abraham
from geo.errors import SampleError


def renumbered(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(city=pd.factorize(table["city"])[0])


def test_cohorts_without_the_year_before_adoption_are_no_controls(staggered, panel_from):
    table = staggered(31, growing=0.0, cities=200)
    lacking = ((table["g"] == 2004) & (table["year"] == 2003)) | (
        (table["g"] == 2009) & (table["year"] == 2008)
    )
    found = sun_abraham(panel_from(table[~lacking]))
    without = sun_abraham(panel_from(renumbered(table[~table["g"].isin([2004, 2009])])))
    np.testing.assert_allclose(found.overall.estimate, without.overall.estimate, atol=1e-12)
    np.testing.assert_allclose(found.overall.std_error, without.overall.std_error, atol=1e-12)
    assert found.cities == without.cities == 100
    assert [note[:35] for note in found.notes] == [
        "cohort 2004 left out (50 cities): n",
        "cohort 2009 left out (50 cities): n",
    ]


def split_in_time(staggered, shock: float) -> pd.DataFrame:
    """Two cohorts and controls; controls and later adopters enter as the first cohort adopts."""
    table = staggered(31, cohorts=(2004.0, 2008.0, np.inf), growing=0.0, cities=60)
    table = table[(table["g"] == 2004) | (table["year"] >= 2004)]
    return renumbered(table.assign(y=table["y"] + shock * (table["year"] >= 2004)))


@pytest.mark.parametrize("shock", [0.0, 1.0])
def test_a_cohort_without_any_comparison_is_left_out(staggered, panel_from, shock):
    """A shock to all from 2004 on moves nothing: the first cohort alone confounds it."""
    table = split_in_time(staggered, shock)
    panel = panel_from(table)
    late = panel_from(renumbered(table[table["g"] != 2004]))
    for estimator in (sun_abraham, imputation):
        found = estimator(panel).overall.estimate[0]
        assert found == pytest.approx(estimator(late).overall.estimate[0], abs=1e-9)
        assert found == pytest.approx(1.0, abs=0.3)
    assert imputation(panel).notes == (f"160 {NOT_IMPUTED}",)
    assert "220 city-years (11 cohort-years) not told" in sun_abraham(panel).notes[0]
    assert averages(group_time(panel), "simple").overall.estimate[0] == pytest.approx(1, abs=0.3)


def test_nothing_connected_is_named(staggered, panel_from):
    table = split_in_time(staggered, 0.0)
    panel = panel_from(renumbered(table[table["g"] != 2008]))
    with pytest.raises(SampleError, match=r"imputation.*chain"):
        imputation(panel)
    with pytest.raises(SampleError, match="sun_abraham"):
        sun_abraham(panel)


def test_a_covariate_that_only_moves_under_the_policy_is_not_imputed(staggered, panel_from):
    """Its slope is in no untreated row: what needs it is left out, the rest stays."""
    table = staggered(32, growing=0.0)
    table["z"] = ((table["year"] == 2010) & (table["g"] == 2004)).astype(float)
    plain = panel_from(table[~((table["year"] == 2010) & (table["g"] == 2004))])
    found = imputed(panel_from(table, covariates=["z"]))
    assert found.left_out == 15
    assert not found.used.any()
    assert imputation(panel_from(table, covariates=["z"])).overall.estimate[0] == pytest.approx(
        imputation(plain).overall.estimate[0], abs=1e-9
    )


def test_clean_slopes_use_connected_rows_alone(staggered, panel_from):
    table = split_in_time(staggered, 5.0)
    table["d"] = np.random.default_rng(4).normal(size=len(table))
    table["y"] += table["d"] * (0.5 + 0.3 * (table["year"] >= table["g"]))
    slopes = []
    for part in (table, renumbered(table[table["g"] != 2004])):
        panel = panel_from(part)
        d = np.full(panel.outcome.shape, np.nan)
        d[part["city"], np.searchsorted(panel.years, part["year"])] = part["d"]
        found = clean_slope(panel, d)
        slopes.append((found.slope.estimate[0], found.left_out))
    # The treatment's untreated slope has the first cohort's years before 2004 in it.
    assert slopes[0][0] == pytest.approx(slopes[1][0], abs=0.05)
    assert [left_out for _, left_out in slopes] == [160, 0]


def test_columns_with_a_part_in_a_determined_one_are_not_told(staggered, panel_from):
    table = staggered(33)
    rng = np.random.default_rng(1)
    free, one, two = rng.normal(size=(3, len(table)))
    rows = rows_of(panel_from(table))
    fit = absorbed_slopes(
        np.column_stack([free, one, two, one - two]), rows,
        others=np.column_stack([table["x"], np.ones(len(table))]), where="here",
    )  # fmt: skip
    alone = absorbed_slopes(
        np.column_stack([free, one, two]), rows, others=np.empty((len(table), 0)), where="here"
    )
    assert fit.estimate[0] == pytest.approx(alone.estimate[0], abs=1e-10)
    assert np.isnan(fit.estimate[1:]).all()
    assert fit.used.tolist() == [False, False]

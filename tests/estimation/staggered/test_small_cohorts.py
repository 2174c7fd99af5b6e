"""Cohorts of a few cities: pools by hand, and intervals that hold the truth."""

import numpy as np
import pytest
from scipy.stats import t as student

from estimation.staggered.averages import averages
from estimation.staggered.cohorts import staggered_panel
from estimation.staggered.effects import Effects, joint_test
from estimation.staggered.group_time import group_time
from estimation.staggered.imputation import imputation
from estimation.staggered.small_cohorts import Cells, pooled_cohorts, pools, with_pools
from estimation.staggered.sun_abraham import sun_abraham
from geo.errors import SampleError

YEARS = np.arange(2000, 2012)


def noise(sizes: list[int], seed: int):
    """Cohorts of these sizes from 2004 on, 25 controls, no effect."""
    g = np.concatenate([np.repeat(2004.0 + np.arange(len(sizes)), sizes), np.full(25, np.inf)])
    rng = np.random.default_rng([7, seed])
    y = rng.normal(size=(g.size, 1)) + rng.normal(size=(g.size, YEARS.size))
    city, year = np.repeat(np.arange(g.size), YEARS.size), np.tile(YEARS, g.size)
    return staggered_panel(y.ravel(), city, year, np.repeat(g, YEARS.size))


def covers(effects: Effects) -> bool:
    reach = student.ppf(0.975, effects.df_of_each) * effects.std_error
    return bool((np.abs(effects.estimate) <= reach).all())


@pytest.mark.parametrize("sizes", [[1] * 6, [1, 9], [2, 2, 2]])
def test_intervals_of_small_cohorts_hold_the_truth(sizes):
    """Of 40 draws; with errors from inside cohorts one in three and fewer held it."""
    held = {"sun_abraham": 0, "imputation": 0, "simple": 0, "calendar": 0}
    rejected, draws = {"sun_abraham": 0, "callaway_santanna": 0}, 40
    for seed in range(draws):
        panel = noise(sizes, seed)
        cells, study = group_time(panel), sun_abraham(panel)
        held["sun_abraham"] += covers(study.overall)
        held["imputation"] += covers(imputation(panel).overall)
        held["simple"] += covers(averages(cells, "simple").overall)
        held["calendar"] += covers(averages(cells, "calendar").overall)
        dynamic = averages(cells, "dynamic")
        for name, by, at in (
            ("sun_abraham", study.by, study.at),
            ("callaway_santanna", dynamic.by, dynamic.at),
        ):
            places = np.flatnonzero((at < -1) & (at >= -4))
            rejected[name] += joint_test(by.taken(places), where="here").p_value < 0.05
    assert min(held.values()) >= 0.85 * draws
    assert max(rejected.values()) <= 0.15 * draws


def test_large_cohorts_keep_their_errors(staggered, panel_from):
    found = group_time(panel_from(staggered(41)))
    np.testing.assert_array_equal(found.across.influence, found.effects.influence)
    assert not found.small.any()


def test_cohorts_are_pooled_until_there_are_ten_clusters():
    """Two of one, one of nine, one of twelve and one of thirty: eleven are enough."""
    sizes = {2005.0: 1, 2006.0: 30, 2007.0: 9, 2008.0: 1, 2009.0: 12}
    cohort = np.repeat(list(sizes), list(sizes.values()))
    cells = Cells(cohort, np.zeros(cohort.size), np.eye(cohort.size, dtype=bool))
    small, members = pooled_cohorts(cells)
    assert sorted(small) == sorted(members) == [2005.0, 2007.0, 2008.0]
    few = Cells(cohort[:31], np.zeros(31), np.eye(31, dtype=bool))
    assert [sorted(one) for one in pooled_cohorts(few)] == [[2005.0], [2005.0, 2006.0]]


def test_years_of_too_few_clusters_go_with_those_nearer_to_adoption():
    """Three clusters in years -2, -1, 0 and 1; two in year 2, one in year 3 and in year -3."""
    since = np.array([-3, -2, -1, 0, 1, 2, 3, -2, -1, 0, 1, 2, -2, -1, 0, 1.0])
    cluster = np.repeat([0, 1, 2], [7, 5, 4])
    cells = Cells(2005.0 + cluster, since, np.arange(3)[:, None] == cluster)
    found = [sorted(set(since[chosen])) for _, chosen in pools(cells)]
    assert found == [[0.0], [1.0, 2.0, 3.0], [-1.0], [-3.0, -2.0]]


def test_the_error_of_single_cities_is_that_of_a_mean():
    """Three cohorts of a city each, in one year: the variance of their mean, over n - 1."""
    effects, weight = np.array([1.0, 2.0, 6.0]), np.eye(4)[:, :3]
    cells = Cells(np.array([2004.0, 2005.0, 2006.0]), np.zeros(3), weight > 0)
    influence = with_pools(effects, np.zeros((4, 3)), cells, weight)
    error = np.linalg.norm(influence @ np.full(3, 1 / 3))
    assert error == pytest.approx(effects.std(ddof=1) / np.sqrt(3), rel=1e-12)


def test_one_treated_city_has_no_error_in_any_average():
    panel = noise([1], 1)
    for kind in ("simple", "dynamic", "group", "calendar"):
        assert np.isnan(averages(group_time(panel), kind).overall.std_error[0])
    assert np.isnan(sun_abraham(panel).overall.std_error[0])
    assert np.isnan(imputation(panel).overall.std_error[0])


def test_more_years_than_treated_clusters_are_not_tested_together():
    study = sun_abraham(noise([2, 2], 1))
    places = np.flatnonzero(study.at < -1)
    with pytest.raises(SampleError, match="more treated clusters"):
        joint_test(study.by.taken(places), where="here")

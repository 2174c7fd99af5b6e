from dataclasses import replace

import numpy as np
import pytest

from estimation.dml import aggregate
from estimation.heterogeneity.joint import curve, joint_effects, joint_test
from estimation.heterogeneity.products import Products, answer_from
from estimation.inference.bands import multiplier_band, simulated_band
from estimation.inference.clustered import one_way, two_way
from estimation.inference.difference import wald_test
from tests.estimation.heterogeneity.made_up import (
    DESIGN,
    answered,
    made_up,
    settings_of,
    with_effect,
)

PANEL = with_effect(made_up(), 0.5)
EAST = (PANEL["region"] == "east").to_numpy(dtype=np.float64)
TWO = Products(("east", "west"), np.column_stack([EAST, 1 - EAST]), {})
L = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 1.0], [0.5, 0.5]])


def answer_of(repetitions: int, cluster: tuple[str, ...] = ("city",)):
    design = replace(DESIGN, repetitions=repetitions, cluster=cluster)
    setting = settings_of(PANEL, design)["within"]
    return answer_from(setting, TWO, answered(setting))


def test_one_repetition_is_its_own_covariance_and_band() -> None:
    answer = answer_of(1)
    (one,) = answer.residuals
    covariance = one_way(one.u, one.V, None, one.clusters)
    joint = joint_effects(answer)
    np.testing.assert_array_equal(joint.theta, covariance.theta)
    np.testing.assert_array_equal(joint.matrix, covariance.matrix)
    band = curve(answer, L, seed=7, draws=500)
    plain = multiplier_band(
        one.u, one.V, None, one.clusters, L, matrix=covariance.matrix, seed=7, draws=500
    )
    for name in ("estimate", "std_error", "low", "high", "uniform_low", "uniform_high"):
        np.testing.assert_allclose(getattr(band, name), getattr(plain, name), rtol=1e-12)
    assert band.critical == plain.critical > band.pointwise


def test_with_two_ways_of_clustering_the_band_is_drawn_from_their_covariance() -> None:
    answer = answer_of(1, ("city", "year"))
    (one,) = answer.residuals
    groupings = answer.inquiry.problem.groupings
    covariance = two_way(one.u, one.V, None, groupings[:, 0], groupings[:, 1])
    assert joint_effects(answer).df == 7
    band = curve(answer, L, seed=7, draws=500)
    plain = simulated_band(covariance.theta, covariance.matrix, L, df=7, seed=7, draws=500)
    np.testing.assert_allclose(band.uniform_high, plain.uniform_high, rtol=1e-12)


def test_over_repetitions_the_covariance_is_the_one_of_median_norm_with_the_spread() -> None:
    answer = answer_of(5)
    each = [one_way(one.u, one.V, None, one.clusters) for one in answer.residuals]
    theta = np.median([one.theta for one in each], axis=0)
    matrices = [one.matrix + np.outer(one.theta - theta, one.theta - theta) for one in each]
    norms = [np.linalg.svd(matrix)[1][0] for matrix in matrices]
    joint = joint_effects(answer)
    np.testing.assert_array_equal(joint.theta, theta)
    np.testing.assert_allclose(joint.matrix, matrices[int(np.argsort(norms)[2])], rtol=1e-12)
    assert np.linalg.eigvalsh(joint.matrix)[0] > 0


def test_a_combination_that_is_a_term_has_the_errors_of_the_table_of_estimates() -> None:
    answer = answer_of(4)
    fit = aggregate(answer.fits)
    band = curve(answer, np.eye(2), seed=1)
    np.testing.assert_allclose(band.estimate, fit.theta, rtol=1e-12)
    np.testing.assert_allclose(band.std_error, fit.se_cluster, rtol=1e-9)
    assert (band.uniform_low < band.low).all()
    assert (band.high < band.uniform_high).all()


def test_the_joint_test_of_equality_is_the_squared_t_of_the_difference() -> None:
    answer = answer_of(1)
    wald = joint_test(answer, np.array([[-1.0, 1.0]]))
    band = curve(answer, np.array([[-1.0, 1.0]]), seed=1)
    assert wald.statistic == pytest.approx((band.estimate[0] / band.std_error[0]) ** 2)
    joint = joint_effects(answer)
    assert (
        wald.p_value == wald_test(joint.theta, joint.matrix, np.array([[-1.0, 1.0]]), df=59).p_value
    )

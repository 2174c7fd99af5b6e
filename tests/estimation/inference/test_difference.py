from collections.abc import Callable

import numpy as np
import pytest
import statsmodels.api as sm

from estimation.inference.clustered import Covariance, one_way
from estimation.inference.difference import Wald, wald_test
from estimation.inference.group_labels import group_of_cities
from estimation.inference.intervals import interval
from geo.errors import SampleError


def split(v: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """One column for each group: the residual inside, zero elsewhere."""
    return np.where(groups[:, None] == np.unique(groups), v[:, None], 0.0)


def equality(fit: Covariance) -> Wald:
    others = fit.theta.size - 1
    R = np.column_stack([-np.ones(others), np.eye(others)])
    return wald_test(fit.theta, fit.matrix, R, df=fit.df)


def test_joint_test_equals_statsmodels(residuals: Callable) -> None:
    r = residuals(18, 4, 90)
    fit = sm.OLS(r.u, r.V).fit(cov_type="cluster", cov_kwds={"groups": r.clusters}, use_t=True)
    R = np.array([[1.0, -1.0, 0.0, 0.0], [0.0, 1.0, 0.0, 2.0]])
    theirs = fit.f_test((R, np.array([0.1, 0.0])))
    ours = wald_test(fit.params, fit.cov_params(), R, df=17, r=np.array([0.1, 0.0]))
    assert ours.statistic == pytest.approx(float(theirs.fvalue), rel=1e-8)
    assert ours.p_value == pytest.approx(float(theirs.pvalue), rel=1e-8)
    assert (ours.q, ours.df) == (2, 17)


def test_one_restriction_is_students_test(residuals: Callable) -> None:
    r = residuals(12, 2, 91)
    fit = one_way(r.u, r.V, None, r.clusters)
    for df in (11, np.inf):
        ours = wald_test(fit.theta, fit.matrix, np.array([[0.0, 1.0]]), df=df)
        expected = interval(fit.theta[1], fit.std_errors[1], df=df)
        assert ours.statistic == pytest.approx(expected[0] ** 2, rel=1e-10)
        assert ours.p_value == pytest.approx(expected[1], rel=1e-8)
        assert ours.std_error == pytest.approx(fit.std_errors[1:])


def test_groups_joined_equal_groups_apart_and_the_interaction(residuals: Callable) -> None:
    r = residuals(20, 1, 92)
    groups = (r.clusters // 2) % 2
    columns = split(r.V[:, 0], groups)
    fit = one_way(r.u, columns, None, r.clusters, factor=False)
    for group in (0, 1):
        rows = groups == group
        alone = one_way(r.u[rows], r.V[rows], None, r.clusters[rows], factor=False)
        assert fit.theta[group] == pytest.approx(alone.theta[0], rel=1e-12)
        assert fit.matrix[group, group] == pytest.approx(alone.matrix[0, 0], rel=1e-12)
    ours = equality(fit)
    product = np.column_stack([r.V[:, 0], r.V[:, 0] * (groups == 1)])
    interaction = one_way(r.u, product, None, r.clusters, factor=False)
    assert ours.estimate == pytest.approx(interaction.theta[1:], rel=1e-10)
    assert ours.std_error == pytest.approx(interaction.std_errors[1:], rel=1e-10)
    expected = interval(interaction.theta[1], interaction.std_errors[1], df=19)
    assert ours.p_value == pytest.approx(expected[1], rel=1e-8)


def test_which_group_comes_first_does_not_matter_for_three(residuals: Callable) -> None:
    r = residuals(21, 1, 93)
    groups = (r.clusters // 2) % 3
    p_values = []
    for names in ([0, 1, 2], [2, 0, 1], [1, 2, 0]):
        fit = one_way(r.u, split(r.V[:, 0], np.array(names)[groups]), None, r.clusters)
        p_values.append(equality(fit).p_value)
    assert p_values == pytest.approx([p_values[0]] * 3, rel=1e-9)


def test_the_joint_test_keeps_its_size() -> None:
    rng = np.random.default_rng(94)
    clusters = np.repeat(np.arange(60), 4)
    groups = clusters % 3
    rejected = 0
    for _ in range(500):
        v = rng.normal(size=240)
        u = 0.2 * v + rng.normal(size=240) * (1 + 0.5 * groups)
        fit = one_way(u, split(v, groups), None, clusters)
        rejected += equality(fit).p_value <= 0.05
    # Four Monte-Carlo errors of 5 % from 500 are 3.9 points.
    assert rejected / 500 == pytest.approx(0.05, abs=0.039)


def test_more_than_the_clusters_can_tell_is_refused(residuals: Callable) -> None:
    r = residuals(3, 3, 95)
    fit = one_way(r.u, r.V, None, r.clusters)
    with pytest.raises(SampleError, match=r"table 5: expected 3 restrictions that 3 clusters"):
        wald_test(fit.theta, fit.matrix, np.eye(3), df=fit.df, where="table 5")
    with pytest.raises(SampleError, match="lower rank"):
        wald_test(np.ones(2), np.eye(2), np.array([[1.0, 1.0], [2.0, 2.0]]), df=20)


def test_groups_that_a_city_leaves_are_refused(residuals: Callable) -> None:
    r = residuals(9, 1, 96)
    with pytest.raises(SampleError, match="form the product with the group in levels"):
        group_of_cities((r.years > 2012).astype(np.int64), r.clusters, where="groups")

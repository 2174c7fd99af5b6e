"""Effects of one repetition a second time, by loops; tolerances are those of double precision."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from estimation.cross_fitting import cross_fit
from estimation.designs import Design
from estimation.dml import CrossFit, aggregate, solve
from estimation.inference.few_clusters import FEW_CLUSTERS
from estimation.learning.folds import learner_seed
from estimation.learning.learner_spec import learner_spec
from estimation.learning.learners import make_learner
from estimation.problems.problem import Problem
from estimation.residuals import Residuals, draw_folds
from geo.errors import SampleError
from tests.estimation.made_up import inquiry, problem_of

DESIGN = Design("base", "gini", "uil", controls=("gdp", "loans"), checks=())
LEARNERS = [
    learner_spec("linear"),
    learner_spec("gradient_boosting", {"n_estimators": 8}),
    learner_spec("lightgbm", {"n_estimators": 8, "min_child_samples": 5}),
]
NAMES = ["linear", "boosting", "lightgbm"]


def solved(problem: Problem, learner: object, **settings: object) -> tuple[CrossFit, Residuals]:
    (answer,), _ = cross_fit([inquiry(problem, learner, **settings)], workers=1)
    return answer.fits[0], answer.residuals[0]


def residuals_by_hand(problem: Problem, learner: object, *, by_city: bool) -> list[np.ndarray]:
    """Residuals of outcome and treatment, fold by fold."""
    folds = draw_folds(problem, folds=3, seed=4, repetition=0, by_city=by_city)
    found = []
    for target in (problem.y, problem.D[:, 0]):
        residual = np.empty(target.size)
        for train, test in folds:
            fitted = clone(learner).fit(problem.X[train], target[train])
            residual[test] = target[test] - fitted.predict(problem.X[test])
        found.append(residual)
    return found


def by_hand(u: np.ndarray, v: np.ndarray, cities: np.ndarray) -> dict[str, float]:
    """Residual on residual, row by row and city by city."""
    n = len(u)
    bread = sum(v[i] ** 2 for i in range(n))
    theta = sum(v[i] * u[i] for i in range(n)) / bread
    score = [(u[i] - theta * v[i]) * v[i] for i in range(n)]
    codes = sorted(set(cities.tolist()))
    by_city = {g: sum(score[i] for i in range(n) if cities[i] == g) for g in codes}
    without = [
        sum(v[i] * u[i] for i in range(n) if cities[i] != g)
        / sum(v[i] ** 2 for i in range(n) if cities[i] != g)
        for g in codes
    ]
    G = len(codes)
    return {
        "theta": theta,
        "se_robust": sum(s**2 for s in score) ** 0.5 / bread,
        "se_cluster": (G / (G - 1) * sum(s**2 for s in by_city.values())) ** 0.5 / bread,
        "se_jackknife": ((G - 1) / G * sum((one - theta) ** 2 for one in without)) ** 0.5,
        "rmse_outcome": (sum(u**2) / n) ** 0.5,
        "rmse_terms": (sum(v**2) / n) ** 0.5,
        "residual_variance": sum((v - sum(v) / n) ** 2) / n,
    }


@pytest.mark.parametrize("learner", LEARNERS, ids=NAMES)
@pytest.mark.parametrize("variant", ["faithful", "first_difference", "within"])
def test_one_repetition_equals_cross_fitting_by_hand(
    unbalanced: pd.DataFrame, variant: str, learner: object
) -> None:
    problem = problem_of(unbalanced, replace(DESIGN, folds=3), variant)
    by_city = variant != "faithful"
    fit, _ = solved(problem, learner, by_city=by_city)
    seeded = make_learner(learner, seed=learner_seed(4, repetition=0))
    u, v = residuals_by_hand(problem, seeded, by_city=by_city)
    for name, expected in by_hand(u, v, problem.clusters).items():
        assert getattr(fit, name) == pytest.approx(expected, rel=1e-10), name


def test_several_terms_are_solved_jointly(panel: pd.DataFrame) -> None:
    design = replace(DESIGN, controls=("loans",), joint=("gdp",), folds=3)
    problem = problem_of(panel, design, "first_difference")
    fit, residuals = solved(problem, learner_spec("linear"))
    u, V = residuals.u, residuals.V
    (a, b), (_, c) = V.T @ V
    determinant = a * c - b * b
    theta = np.array([c * (V[:, 0] @ u) - b * (V[:, 1] @ u), a * (V[:, 1] @ u) - b * (V[:, 0] @ u)])
    theta /= determinant
    assert fit.theta == pytest.approx(theta, rel=1e-12)
    inverse = np.array([[c, -b], [-b, a]]) / determinant
    scores = V * (u - V @ theta)[:, None]
    robust = inverse @ (scores.T @ scores) @ inverse
    assert fit.se_robust == pytest.approx(np.sqrt(np.diag(robust)), rel=1e-12)
    sums = np.array([scores[problem.clusters == g].sum(axis=0) for g in range(15)])
    clustered = 15 / 14 * inverse @ (sums.T @ sums) @ inverse
    assert fit.se_cluster == pytest.approx(np.sqrt(np.diag(clustered)), rel=1e-12)
    # One at a time they take each other's part.
    alone = [(V[:, j] @ u) / (V[:, j] @ V[:, j]) for j in range(2)]
    assert np.abs(np.array(alone) - theta).max() > 0.01


@pytest.mark.parametrize("cluster", [("basin",), ("city", "year")])
def test_errors_are_clustered_as_the_design_says(
    panel: pd.DataFrame, cluster: tuple[str, ...]
) -> None:
    panel["basin"] = (panel["city_id"].astype("int64") - 1101) // 3
    design = replace(DESIGN, cluster=cluster, folds=3)
    problem = problem_of(panel, design, "within")
    fit, residuals = solved(problem, learner_spec("linear"))
    u, v = residuals.u, residuals.V[:, 0]

    def variance(codes: np.ndarray) -> float:
        return by_hand(u, v, codes)["se_cluster"] ** 2

    if len(cluster) == 1:
        expected = variance(problem.clusters // 3)
        assert fit.se_jackknife[0] == pytest.approx(
            by_hand(u, v, problem.clusters // 3)["se_jackknife"], rel=1e-10
        )
    else:
        city, year = problem.groupings.T
        expected = variance(city) + variance(year) - variance(100 * city + year)
        assert np.isnan(fit.se_jackknife).all()
    assert fit.se_cluster[0] == pytest.approx(expected**0.5, rel=1e-10)
    plain = solved(replace(problem, groupings=problem.clusters[:, None]), learner_spec("linear"))[0]
    assert fit.theta == plain.theta
    assert fit.se_robust == plain.se_robust
    assert abs(fit.se_cluster - plain.se_cluster) > 1e-4


def test_the_jackknife_is_for_few_clusters(panel: pd.DataFrame) -> None:
    problem = problem_of(panel, replace(DESIGN, folds=3), "within")
    _, residuals = solved(problem, learner_spec("linear"))
    for count in (FEW_CLUSTERS, FEW_CLUSTERS + 1):
        groupings = np.minimum(np.arange(problem.y.size), count - 1)[:, None]
        (fit,) = solve(replace(problem, groupings=groupings), [residuals])
        assert np.isfinite(fit.se_jackknife).all() == (count == FEW_CLUSTERS)


def test_with_a_cluster_a_row_the_clustered_error_is_the_robust_one(panel: pd.DataFrame) -> None:
    problem = problem_of(panel, replace(DESIGN, folds=3), "within")
    alone = replace(problem, groupings=np.arange(problem.y.size)[:, None])
    fit, _ = solved(alone, learner_spec("linear"))
    n = problem.y.size
    assert fit.se_cluster == pytest.approx(fit.se_robust * (n / (n - 1)) ** 0.5, rel=1e-12)


def made(theta: float, robust: float, cluster: float, *diagnostics: float) -> CrossFit:
    arrays = [np.array([value]) for value in (theta, robust, cluster, 2 * cluster)]
    outcome, term, variance = diagnostics
    return CrossFit(*arrays, np.array(outcome), np.array([term]), np.array([variance]))


def test_aggregate_by_hand() -> None:
    one = made(0.1, 0.01, 0.02, 1.0, 2.0, 3.0)
    two = made(0.3, 0.04, 0.01, 3.0, 1.0, 5.0)
    three = made(0.2, 0.02, 0.05, 2.0, 9.0, 4.0)
    found = aggregate([one, two, three])
    assert found.theta == pytest.approx(0.2)
    # upper bounds 0.1196, 0.3784, 0.2392; 0.1392, 0.3196, 0.298; and 0.1784, 0.3392, 0.396
    assert found.se_robust == pytest.approx((0.2392 - 0.2) / 1.96)
    assert found.se_cluster == pytest.approx((0.298 - 0.2) / 1.96)
    assert found.se_jackknife == pytest.approx((0.3392 - 0.2) / 1.96)
    assert (found.rmse_outcome, found.rmse_terms[0]) == (2.0, 2.0)
    assert found.residual_variance[0] == 4.0
    single = aggregate([one])
    assert (single.theta[0], single.rmse_outcome) == (0.1, 1.0)
    assert single.se_cluster == pytest.approx(0.02, rel=1e-14)


def test_terms_are_aggregated_one_by_one() -> None:
    pairs = [(0.1, 5.0), (0.3, 4.0), (0.2, 9.0)]
    arrays = [np.array(pair) for pair in pairs]
    error = np.array([0.01, 0.5])
    fits = [CrossFit(a, error, error, error, np.array(1.0), a, a) for a in arrays]
    assert aggregate(fits).theta.tolist() == [0.2, 5.0]


def test_a_treatment_that_the_features_determine_is_refused(panel: pd.DataFrame) -> None:
    design = replace(DESIGN, folds=3, variants=("first_difference",))
    problem = problem_of(panel, design, "first_difference")
    told = replace(
        problem, X=np.column_stack([problem.X, 2.0 * problem.D[:, 0]]), where="here, exactly"
    )
    with pytest.raises(SampleError, match=r"here, exactly, column 'uil': expected variation"):
        solved(told, learner_spec("linear"))


def test_terms_that_say_the_same_are_refused_by_name(panel: pd.DataFrame) -> None:
    design = replace(DESIGN, controls=("loans",), joint=("gdp",), folds=3)
    problem = problem_of(panel, design, "within")
    same = replace(problem, D=problem.D[:, [0, 0]])
    with pytest.raises(SampleError, match=r"design 'base', within: expected terms .* on their own"):
        solved(same, learner_spec("linear"))

"""Cross-fitting a second time, by hand; tolerances are those of double precision."""

import numpy as np
import pandas as pd
import pytest
from doubleml import DoubleMLPLPR
from doubleml.data import DoubleMLPanelData
from sklearn.base import clone
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import Lasso, LinearRegression

from estimation.designs import Design
from estimation.dml import CrossFit, aggregate, clustered_error, fit_repetition
from estimation.folds import city_folds, random_folds
from estimation.sample import build_sample
from estimation.transforms import Transformed, faithful, first_difference, within
from geo.errors import SampleError

DESIGN = Design("base", "gini", "uil", controls=("gdp", "loans"))
LEARNERS = [
    Lasso(alpha=0.05),
    GradientBoostingRegressor(n_estimators=8, max_depth=3, random_state=3),
]


def by_hand(data: Transformed, folds: list, learner: object) -> dict[str, float]:
    """Residual on residual, row by row and city by city."""
    n = len(data.y)
    u, v = np.empty(n), np.empty(n)
    for train, test in folds:
        for target, residual in ((data.y, u), (data.d, v)):
            fitted = clone(learner).fit(data.X[train], target[train])
            residual[test] = target[test] - fitted.predict(data.X[test])
    theta = sum(v[i] * u[i] for i in range(n)) / sum(v[i] ** 2 for i in range(n))
    score = [(u[i] - theta * v[i]) * v[i] for i in range(n)]
    by_city: dict[int, float] = {}
    for i in range(n):
        by_city[int(data.clusters[i])] = by_city.get(int(data.clusters[i]), 0.0) + score[i]
    bread = sum(v[i] ** 2 for i in range(n))
    return {
        "theta": theta,
        "se_robust": sum(s**2 for s in score) ** 0.5 / bread,
        "se_city": sum(s**2 for s in by_city.values()) ** 0.5 / bread,
        "rmse_outcome": (sum(u**2) / n) ** 0.5,
        "rmse_treatment": (sum(v**2) / n) ** 0.5,
        "treatment_residual_variance": sum((v - sum(v) / n) ** 2) / n,
    }


@pytest.mark.parametrize("learner", LEARNERS, ids=["lasso", "boosting"])
@pytest.mark.parametrize("transform", [faithful, first_difference, within])
def test_one_repetition_equals_cross_fitting_by_hand(
    unbalanced: pd.DataFrame, transform: object, learner: object
) -> None:
    data = transform(build_sample(unbalanced, DESIGN))
    if transform is faithful:
        folds = random_folds(data.y.size, folds=5, seed=4, repetition=0)
    else:
        folds = city_folds(data.clusters, folds=5, seed=4, repetition=0)
    fit = fit_repetition(data, folds=folds, learner=learner)
    for name, expected in by_hand(data, folds, learner).items():
        assert getattr(fit, name) == pytest.approx(expected, rel=1e-10), name


@pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame:DeprecationWarning")
@pytest.mark.parametrize("learner", LEARNERS, ids=["lasso", "boosting"])
def test_first_difference_equals_doublemls_exact_first_differences(
    panel: pd.DataFrame, learner: object
) -> None:
    """Balanced panel, equal folds of 3 cities, and features without year dummies: the same."""
    sample = build_sample(panel, DESIGN)
    data = first_difference(sample)
    levels = [name for name in data.names if not name.startswith("year ")]
    bare = Transformed(
        y=data.y,
        d=data.d,
        X=data.X[:, : len(levels)],
        names=tuple(levels),
        clusters=data.clusters,
        rows=data.rows,
    )
    folds = city_folds(data.clusters, folds=5, seed=11, repetition=0)
    fit = fit_repetition(bare, folds=folds, learner=learner)

    table = panel[["city_id", "year", "gini", "uil", "gdp", "loans"]].copy()
    table["city_id"] = table["city_id"].astype("int64")
    theirs = DoubleMLPLPR(
        DoubleMLPanelData(
            table, "gini", "uil", "year", "city_id", ["gdp", "loans"], static_panel=True
        ),
        clone(learner),
        clone(learner),
        n_folds=5,
        approach="fd_exact",
        draw_sample_splitting=False,
    )
    codes = 1101 + data.clusters
    parts = [([np.unique(codes[train])], [np.unique(codes[test])]) for train, test in folds]
    theirs.set_sample_splitting([list(folds)], all_smpls_cluster=[parts])
    theirs.fit()
    assert fit.theta == pytest.approx(theirs.coef[0], rel=1e-10)
    assert fit.se_city == pytest.approx(theirs.se[0], rel=1e-10)


def test_clustered_error_by_loops() -> None:
    rng = np.random.default_rng(8)
    psi, derivative = rng.normal(size=40), -rng.uniform(1, 2, size=40)
    clusters = rng.integers(0, 7, size=40)
    meat = 0.0
    for i in range(40):
        for j in range(40):
            if clusters[i] == clusters[j]:
                meat += psi[i] * psi[j]
    expected = meat**0.5 / abs(sum(derivative))
    found = clustered_error(psi, derivative=derivative, clusters=clusters)
    assert found == pytest.approx(expected, rel=1e-12)


def test_with_a_cluster_a_row_the_clustered_error_is_the_robust_one(panel: pd.DataFrame) -> None:
    data = within(build_sample(panel, DESIGN))
    alone = Transformed(
        y=data.y,
        d=data.d,
        X=data.X,
        names=data.names,
        clusters=np.arange(data.y.size),
        rows=data.rows,
    )
    folds = random_folds(data.y.size, folds=3, seed=1, repetition=0)
    fit = fit_repetition(alone, folds=folds, learner=Lasso(alpha=0.05))
    assert fit.se_city == pytest.approx(fit.se_robust, rel=1e-12)


def test_aggregate_by_hand() -> None:
    one = CrossFit(0.1, 0.01, 0.02, 1.0, 2.0, 3.0)
    two = CrossFit(0.3, 0.04, 0.01, 3.0, 1.0, 5.0)
    three = CrossFit(0.2, 0.02, 0.05, 2.0, 9.0, 4.0)
    found = aggregate([one, two, three])
    assert found.theta == pytest.approx(0.2)
    # upper bounds 0.1196, 0.3784, 0.2392 and 0.1392, 0.3196, 0.298
    assert found.se_robust == pytest.approx((0.2392 - 0.2) / 1.96)
    assert found.se_city == pytest.approx((0.298 - 0.2) / 1.96)
    assert (found.rmse_outcome, found.rmse_treatment) == (2.0, 2.0)
    assert found.treatment_residual_variance == 4.0
    single = aggregate([one])
    assert (single.theta, single.rmse_outcome) == (0.1, 1.0)
    assert single.se_city == pytest.approx(0.02, rel=1e-14)


def test_a_treatment_that_the_features_determine_is_refused(panel: pd.DataFrame) -> None:
    sample = build_sample(panel.assign(gdp=2.0 * panel["uil"]), DESIGN)
    data = first_difference(sample)
    folds = city_folds(data.clusters, folds=3, seed=1, repetition=0)
    with pytest.raises(SampleError, match=r"here: expected variation"):
        fit_repetition(data, folds=folds, learner=LinearRegression(), where="here")

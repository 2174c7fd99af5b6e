"""Cross-fitting by this room beside econml's: the same learners and folds, the same effect."""

import numpy as np
import pytest
from econml.dml import LinearDML

from estimation.learning.folds import city_folds
from estimation.learning.learners import make_learner
from estimation.learning.out_of_fold import fit_and_predict

CLUSTERS = np.repeat(np.arange(12), 8)


@pytest.mark.parametrize("learner", ["gradient_boosting", "lightgbm", "xgboost", "linear"])
def test_residual_on_residual_equals_econmls_linear_dml(learner: str) -> None:
    rng = np.random.default_rng(9)
    X = rng.normal(size=(96, 3)) + rng.normal(size=12)[CLUSTERS][:, None]
    d = np.sin(X[:, 0]) + X[:, 1] + rng.normal(size=96)
    y = 0.5 * d + np.abs(X[:, 2]) + rng.normal(size=96)
    folds = city_folds(CLUSTERS, folds=4, seed=1, repetition=0)
    u, v = y.copy(), d.copy()
    for target, residual in ((y, u), (d, v)):
        for fold in folds:
            made = make_learner(learner, seed=2)
            residual[fold[1]] -= fit_and_predict(made, X=X, target=target, fold=fold, where="here")
    theirs = LinearDML(
        model_y=make_learner(learner, seed=2), model_t=make_learner(learner, seed=2), cv=folds
    ).fit(y, d, W=X)
    expected = float(np.ravel(theirs.const_marginal_effect())[0])
    # XGBoost's predictions have single precision, and econml adds them up in it.
    exact = 1e-6 if learner == "xgboost" else 1e-10
    assert (u @ v) / (v @ v) == pytest.approx(expected, rel=exact)

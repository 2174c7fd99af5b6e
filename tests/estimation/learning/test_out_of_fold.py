"""Learners that fail are named: which learner, which target, which fold."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LinearRegression

from estimation.learning.learner_spec import learner_spec
from estimation.learning.learners import make_learner
from estimation.learning.out_of_fold import checked_predictions, fit_and_predict
from geo.errors import DesignError

WHERE = "design 'base', learner 'broken', target 'uil', repetition 2, fold 3"


class Broken(RegressorMixin, BaseEstimator):
    """Predicts what it is told to."""

    def __init__(self, predicted: object = None) -> None:
        self.predicted = predicted

    def fit(self, X: np.ndarray, y: np.ndarray) -> "Broken":  # noqa: ARG002
        return self

    def predict(self, X: np.ndarray) -> object:  # noqa: ARG002
        return self.predicted


def arrays() -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(2)
    return rng.normal(size=(12, 2)), rng.normal(size=12), (np.arange(8), np.arange(8, 12))


def test_predictions_are_those_of_the_training_rows_alone() -> None:
    X, y, fold = arrays()
    A = np.column_stack([np.ones(8), X[:8]])
    expected = np.column_stack([np.ones(4), X[8:]]) @ np.linalg.lstsq(A, y[:8], rcond=None)[0]
    learner = LinearRegression()
    found = fit_and_predict(learner, X=X, target=y, fold=fold, where=WHERE)
    assert found == pytest.approx(expected, rel=1e-12)
    assert not hasattr(learner, "coef_")


@pytest.mark.parametrize(
    ("predicted", "words"),
    [
        (np.array([1.0, np.nan, 2.0, np.nan]), r"2 that are not \(the first, nan, at row 1\)"),
        (np.array([1.0, 0.0, np.inf, 2.0]), r"1 that are not \(the first, inf, at row 2\)"),
        (np.ones(3), r"an array of shape \(3,\)"),
        (np.ones((4, 1)), r"an array of shape \(4, 1\)"),
        (2.0, r"an array of shape \(\)"),
        (np.array(["a", "b", "c", "d"]), "values of type <U1"),
    ],
)
def test_predictions_that_are_no_numbers_are_refused(predicted: object, words: str) -> None:
    X, y, fold = arrays()
    with pytest.raises(DesignError, match=words) as caught:
        fit_and_predict(Broken(predicted), X=X, target=y, fold=fold, where=WHERE)
    assert str(caught.value).startswith(f"{WHERE}: expected 4 predictions, each a finite number")
    assert "\n" not in str(caught.value)


def test_a_learner_that_fails_is_named_with_its_own_words() -> None:
    X, y, fold = arrays()
    learner = make_learner(learner_spec("gradient_boosting", {"max_depth": "deep"}), seed=1)
    with pytest.raises(DesignError, match=r"fold 3: expected a learner.*'max_depth'.*must be"):
        fit_and_predict(learner, X=X, target=y, fold=fold, where=WHERE)
    nan = np.where(np.arange(12)[:, None] == 3, np.nan, X)
    with pytest.raises(DesignError, match=r"ValueError: Input X contains NaN"):
        fit_and_predict(LinearRegression(), X=nan, target=y, fold=fold, where=WHERE)


def test_single_precision_becomes_double() -> None:
    found = checked_predictions(np.ones(3, dtype="float32"), n_rows=3, where=WHERE)
    assert found.dtype == np.float64

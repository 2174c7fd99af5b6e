"""One nuisance fit: a learner trained on some rows, its predictions of others checked."""

import numpy as np
from sklearn.base import RegressorMixin, clone

from estimation.learning.folds import Fold
from estimation.learning.learners import LEARNER_ERRORS
from estimation.samples.sample import Floats
from geo.errors import DesignError


def fit_and_predict(
    learner: RegressorMixin, *, X: Floats, target: Floats, fold: Fold, where: str
) -> Floats:
    """Train a copy of a learner on a fold's training rows and predict its test rows.

    Parameters
    ----------
    learner : sklearn estimator
        It is not changed.
    X : float array, shape (n, p)
        Features.
    target : float array, shape (n,)
        What is learned: the outcome, a treatment term or an instrument.
    fold : (train, test)
        Rows to train on, rows to predict.
    where : str
        What an error names: design, learner, target, repetition and fold.

    Returns
    -------
    float array, shape (number of test rows,)
        Finite.

    Raises
    ------
    DesignError
        The learner fails, or predicts something else than one finite number a row.
    """
    train, test = fold
    try:
        predicted = clone(learner).fit(X[train], target[train]).predict(X[test])
    except LEARNER_ERRORS as error:
        raise DesignError(
            where,
            expected="a learner that can be fitted to these rows",
            found=f"{type(error).__name__}: {error}",
            hint="change its settings or choose another learner",
        ) from error
    return checked_predictions(predicted, n_rows=test.size, where=where)


def checked_predictions(predicted: object, *, n_rows: int, where: str) -> Floats:
    """Predictions as one finite double for each row.

    Parameters
    ----------
    predicted : array_like
        What a learner's ``predict`` returned.
    n_rows : int
        Rows that it was to predict.
    where : str
        What an error names.

    Returns
    -------
    float array, shape (n_rows,)

    Raises
    ------
    DesignError
        Another shape, no numbers, or a value that is not finite.
    """
    values = np.asarray(predicted)
    if values.shape != (n_rows,):
        raise _unusable(where, f"an array of shape {values.shape}", n_rows)
    if values.dtype.kind not in "fiu":
        raise _unusable(where, f"values of type {values.dtype}", n_rows)
    finite = np.isfinite(values)
    if not finite.all():
        first = int(np.flatnonzero(~finite)[0])
        found = f"{int((~finite).sum())} that are not (the first, {values[first]}, at row {first})"
        raise _unusable(where, found, n_rows)
    return values.astype(np.float64)


def _unusable(where: str, found: str, n_rows: int) -> DesignError:
    return DesignError(
        where,
        expected=f"{n_rows} predictions, each a finite number",
        found=found,
        hint="change the learner's settings or choose another learner",
    )

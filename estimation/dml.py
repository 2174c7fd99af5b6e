"""Partially linear double machine learning: one repetition of cross-fitting, and their aggregate.

Yu and Zhang, equations (3) to (8): both nuisance functions are learned on the other folds, and the
effect is the slope of residual on residual. Estimation is doubleml's; the error clustered by city
is summed here from its score, because doubleml ties clustered errors to clustered folds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from doubleml import DoubleMLData, DoubleMLPLR
from sklearn.base import RegressorMixin, clone

from estimation.folds import Fold
from estimation.sample import Floats, Integers
from estimation.transforms import Transformed
from geo.errors import SampleError

UPPER_BOUND = 1.96
"""Multiple of the standard error that doubleml aggregates over repetitions."""


@dataclass(frozen=True, slots=True)
class CrossFit:
    """The effect from one repetition of cross-fitting, or the aggregate of several."""

    theta: float
    """The effect: the root of the mean score over all rows."""
    se_robust: float
    """Heteroskedasticity-robust standard error."""
    se_city: float
    """Standard error clustered by city."""
    rmse_outcome: float
    """Root mean squared out-of-fold residual of the outcome."""
    rmse_treatment: float
    """Root mean squared out-of-fold residual of the treatment."""
    treatment_residual_variance: float
    """Variance of the treatment's out-of-fold residual: what is left to identify the effect."""


def fit_repetition(
    data: Transformed, *, folds: Sequence[Fold], learner: RegressorMixin, where: str = "treatment"
) -> CrossFit:
    """Cross-fit both nuisance functions once and solve the score.

    Parameters
    ----------
    data : Transformed
        n rows.
    folds : sequence of (train, test)
        Test sets partition the rows.
    learner : sklearn estimator
        Cloned for each nuisance function and fold.
    where : str
        What an error names.

    Returns
    -------
    CrossFit

    Raises
    ------
    SampleError
        The features predict the treatment exactly: nothing is left to estimate from.
    """
    model = DoubleMLPLR(
        DoubleMLData.from_arrays(data.X, data.y, data.d),
        clone(learner),
        clone(learner),
        n_folds=len(folds),
        draw_sample_splitting=False,
    )
    model.set_sample_splitting(list(folds)).fit()
    u = data.y - model.predictions["ml_l"][:, 0, 0]
    v = data.d - model.predictions["ml_m"][:, 0, 0]
    if not np.mean(v**2) > 1e-24 * np.mean(data.d**2):
        raise SampleError(
            where,
            expected="variation that effects and controls do not explain",
            found="none",
            hint="remove the control that determines the treatment",
        )
    return CrossFit(
        theta=float(model.coef[0]),
        se_robust=float(model.se[0]),
        se_city=clustered_error(
            model.psi[:, 0, 0], derivative=model.psi_deriv[:, 0, 0], clusters=data.clusters
        ),
        rmse_outcome=float(np.sqrt(np.mean(u**2))),
        rmse_treatment=float(np.sqrt(np.mean(v**2))),
        treatment_residual_variance=float(np.var(v)),
    )


def clustered_error(psi: Floats, *, derivative: Floats, clusters: Integers) -> float:
    """Standard error of the root of a mean score, clustered; no small-sample factor.

    Parameters
    ----------
    psi : float array, shape (n,)
        The score at the estimate.
    derivative : float array, shape (n,)
        Its derivative in the effect.
    clusters : int64 array, shape (n,)
        Cluster of each row, 0 or more.

    Returns
    -------
    float
        ``sqrt(sum_c (sum_{i in c} psi_i)^2) / |sum_i derivative_i|``.
    """
    sums = np.bincount(clusters, weights=psi)
    return float(np.sqrt(np.sum(sums**2)) / np.abs(np.sum(derivative)))


def aggregate(repetitions: Sequence[CrossFit]) -> CrossFit:
    """Aggregate repetitions by the rule of doubleml 0.11.4.

    The effect is the median; a standard error is ``(median(theta_r + 1.96 se_r) - median theta) /
    1.96``, which grows with the spread of the repetitions; diagnostics are medians.

    Parameters
    ----------
    repetitions : sequence of CrossFit
        One or more.

    Returns
    -------
    CrossFit
    """
    theta = _median([one.theta for one in repetitions])
    upper = {
        name: _median([one.theta + UPPER_BOUND * getattr(one, name) for one in repetitions])
        for name in ("se_robust", "se_city")
    }
    medians = {
        field.name: _median([getattr(one, field.name) for one in repetitions])
        for field in fields(CrossFit)
        if field.name not in upper
    }
    return CrossFit(
        **medians, **{name: (bound - theta) / UPPER_BOUND for name, bound in upper.items()}
    )


def _median(values: Sequence[float]) -> float:
    return float(np.median(np.asarray(values, dtype=np.float64)))

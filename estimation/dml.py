"""Double machine learning from residuals: the effects of one repetition, and their aggregate.

Yu and Zhang, equations (3) to (8): both nuisance functions are learned on the other folds, and the
effect is the slope of residual on residual. One effect is doubleml's, from external predictions;
several terms are solved jointly here, because doubleml takes treatments one by one. Clustered
errors are summed here from the score in either case: doubleml ties them to clustered folds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from doubleml import DoubleMLData, DoubleMLPLIV, DoubleMLPLR
from doubleml.utils import DMLDummyRegressor

from estimation.inference.clustered import heteroskedastic, jackknife, one_way, two_way
from estimation.inference.few_clusters import are_few
from estimation.inference.intervals import UPPER_BOUND
from estimation.inference.moments import check_identified
from estimation.problems.problem import Problem
from estimation.residuals import Residuals, outcome_left
from estimation.rounding import is_rounding
from estimation.samples.sample import Floats
from geo.errors import SampleError

_ERRORS = ("se_robust", "se_cluster", "se_jackknife")


@dataclass(frozen=True, slots=True, eq=False)
class CrossFit:
    """The effects from one repetition of cross-fitting, or the aggregate of several."""

    theta: Floats
    """The effects: the root of the mean score over all rows, shape (k,)."""
    se_robust: Floats
    """Heteroskedasticity-robust standard errors (HC0) as doubleml's, shape (k,); too large where
    city effects are means, because they hold the outcome's city effect."""
    se_cluster: Floats
    """Standard errors clustered as the design says (CRV1), shape (k,)."""
    se_jackknife: Floats
    """Standard errors by leaving out one cluster at a time (CRV3), shape (k,); NaN where clusters
    are many or two-way, or where one of them carries a term alone."""
    rmse_outcome: Floats
    """Root mean squared out-of-fold residual of the outcome, shape (); where city effects are
    means, without them."""
    rmse_terms: Floats
    """The same of each term, shape (k,)."""
    residual_variance: Floats
    """Variance of each term's residual: what is left to identify its effect, shape (k,)."""


def solve(problem: Problem, residuals: Sequence[Residuals]) -> tuple[CrossFit, ...]:
    """Solve the score of every repetition.

    Parameters
    ----------
    problem : Problem
    residuals : sequence of Residuals
        By repetition, each of the same n rows.

    Returns
    -------
    tuple of CrossFit

    Raises
    ------
    SampleError
        The features predict a term exactly, the terms (or instruments) do not identify, or they
        determine the outcome.
    """
    for one in residuals:
        _check_identified(problem, one)
        _check_outcome(problem, one)
    if len(problem.terms.names) == 1:
        effects = by_doubleml(problem, residuals)
    else:
        joint = [heteroskedastic(one.u, one.V, one.W) for one in residuals]
        effects = [(one.theta, one.std_errors) for one in joint]
    return tuple(
        _cross_fit(problem, one, *found) for one, found in zip(residuals, effects, strict=True)
    )


def _cross_fit(
    problem: Problem, residuals: Residuals, theta: Floats, se_robust: Floats
) -> CrossFit:
    """The effects of a repetition with their other errors and diagnostics."""
    V, W = residuals.V, residuals.W
    groupings = problem.groupings.T
    if len(groupings) == 1:
        se_cluster = one_way(residuals.u, V, W, groupings[0]).std_errors
    else:
        se_cluster = two_way(residuals.u, V, W, groupings[0], groupings[1]).std_errors
    return CrossFit(
        theta=theta,
        se_robust=se_robust,
        se_cluster=se_cluster,
        se_jackknife=_jackknife(problem, residuals),
        rmse_outcome=np.sqrt(np.mean(outcome_left(problem, residuals) ** 2)),
        rmse_terms=np.sqrt(np.mean(V**2, axis=0)),
        residual_variance=np.var(V, axis=0),
    )


def _jackknife(problem: Problem, residuals: Residuals) -> Floats:
    """CRV3 where clusters are few and one-way; NaN else, or where one cluster carries a term."""
    nothing = np.full(residuals.V.shape[1], np.nan)
    clusters = problem.groupings[:, 0]
    if problem.groupings.shape[1] > 1 or not are_few(np.unique(clusters).size):
        return nothing
    where = f"{problem.where}, CRV3"
    try:
        return jackknife(residuals.u, residuals.V, residuals.W, clusters, where=where).std_errors
    except SampleError:
        return nothing


def by_doubleml(problem: Problem, residuals: Sequence[Residuals]) -> list[tuple[Floats, Floats]]:
    """One effect and its robust error in every repetition, by doubleml from external predictions.

    Parameters
    ----------
    problem : Problem
        With one term.
    residuals : sequence of Residuals
        By repetition.

    Returns
    -------
    list of (float array, float array), each of shape (1,)
        The effect and its heteroskedasticity-robust standard error, by repetition.
    """
    y, d = problem.y, problem.D[:, 0]
    given = {
        "ml_l": np.column_stack([y - one.u for one in residuals]),
        "ml_m": np.column_stack([d - one.V[:, 0] for one in residuals]),
    }
    # With predictions given, doubleml looks at no feature.
    unused, options = np.zeros((d.size, 1)), {"n_folds": 2, "draw_sample_splitting": False}
    if problem.Z is None:
        data = DoubleMLData.from_arrays(unused, y, d, use_other_treat_as_covariate=False)
        model = DoubleMLPLR(data, **{name: DMLDummyRegressor() for name in given}, **options)
    else:
        z = problem.Z[:, 0]
        instruments = [one.V if one.W is None else one.W for one in residuals]
        given["ml_r"] = given["ml_m"]
        given["ml_m"] = np.column_stack([z - W[:, 0] for W in instruments])
        data = DoubleMLData.from_arrays(unused, y, d, z, use_other_treat_as_covariate=False)
        model = DoubleMLPLIV(data, **{name: DMLDummyRegressor() for name in given}, **options)
    model.set_sample_splitting([_halves(d.size)] * len(residuals))
    model.fit(external_predictions={"d": given})
    return list(zip(model.all_coef.T, model.all_se.T, strict=True))


def aggregate(repetitions: Sequence[CrossFit]) -> CrossFit:
    """Aggregate repetitions by the rule of doubleml 0.11.4, term by term.

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
        for name in _ERRORS
    }
    medians = {
        field.name: _median([getattr(one, field.name) for one in repetitions])
        for field in fields(CrossFit)
        if field.name not in upper
    }
    return CrossFit(
        **medians, **{name: (bound - theta) / UPPER_BOUND for name, bound in upper.items()}
    )


def _halves(n_rows: int) -> list[tuple[list[int], list[int]]]:
    """Folds in doubleml's form; with predictions given they are not used."""
    even, odd = list(range(0, n_rows, 2)), list(range(1, n_rows, 2))
    return [(even, odd), (odd, even)]


def _check_identified(problem: Problem, residuals: Residuals) -> None:
    names, W = problem.terms.names, residuals.V
    _check_left(problem, names, problem.D, residuals.V)
    if problem.Z is not None and residuals.W is not None:
        W = residuals.W
        _check_left(problem, [f"instrument of {name}" for name in names], problem.Z, W)
    lengths = np.outer(np.linalg.norm(W, axis=0), np.linalg.norm(residuals.V, axis=0))
    check_identified(W.T @ residuals.V, lengths, problem.where)


def _check_left(problem: Problem, names: Sequence[str], columns: Floats, left: Floats) -> None:
    """Refuse columns of which the features leave nothing but rounding."""
    for name, gone in zip(names, is_rounding(left, columns), strict=True):
        if gone:
            raise SampleError(
                f"{problem.where}, column '{name}'",
                expected="variation that effects and controls do not explain",
                found="none",
                hint="remove the control that determines it",
            )


def _check_outcome(problem: Problem, residuals: Residuals) -> None:
    """Refuse an outcome of which features and terms leave nothing but rounding."""
    V, W = residuals.V, residuals.V if residuals.W is None else residuals.W
    left = residuals.u - V @ np.linalg.solve(W.T @ V, W.T @ residuals.u)
    if is_rounding(left, problem.y):
        raise outcome_determined(problem.where)


def outcome_determined(where: str) -> SampleError:
    """The error of an outcome that has no variation of its own."""
    return SampleError(
        f"{where}, outcome",
        expected="an outcome that treatments, controls and effects do not determine",
        found="nothing of it left beside them",
        hint="look for a treatment that is made from the outcome, or for too few city-years",
    )


def _median(values: Sequence[Floats]) -> Floats:
    return np.asarray(np.median(np.asarray(values, dtype=np.float64), axis=0))

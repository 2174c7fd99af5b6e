"""Out-of-fold residuals: everything after the nuisance fits works on them alone."""

from dataclasses import dataclass

import numpy as np

from estimation.learning.folds import Fold, city_folds, learner_seed, random_folds
from estimation.learning.learner_spec import LearnerSpec
from estimation.learning.nuisance_function import NuisanceFunction
from estimation.problems.changes import city_means
from estimation.problems.problem import Problem
from estimation.samples.sample import Floats, Integers


@dataclass(frozen=True, slots=True, eq=False)
class Residuals:
    """Residuals of one repetition of cross-fitting."""

    u: Floats
    """Outcome minus prediction, shape (n,)."""
    V: Floats
    """Treatment terms minus predictions, shape (n, k)."""
    W: Floats | None
    """Instruments minus predictions, shape (n, k); None without."""
    clusters: Integers
    """City of each row, shape (n,): the sample's positions, ascending."""
    rows: Integers
    """Row of the sample each row stands for, shape (n,)."""


def draw_folds(
    problem: Problem, *, folds: int, seed: int, repetition: int, by_city: bool
) -> tuple[Fold, ...]:
    """The folds of one repetition: of cities, or of rows as the paper does."""
    if by_city:
        drawn = city_folds(problem.clusters, folds=folds, seed=seed, repetition=repetition)
    else:
        drawn = random_folds(problem.y.size, folds=folds, seed=seed, repetition=repetition)
    return tuple(drawn)


def nuisance_functions(
    problem: Problem,
    folds: tuple[Fold, ...],
    *,
    learners: tuple[LearnerSpec, LearnerSpec],
    seed: int,
    repetition: int,
) -> list[NuisanceFunction]:
    """What has to be predicted for one repetition: outcome, terms, instruments, in this order.

    Parameters
    ----------
    problem : Problem
    folds : tuple of (train, test)
    learners : (LearnerSpec, LearnerSpec)
        The outcome's, and that of terms and instruments.
    seed, repetition : int

    Returns
    -------
    list of NuisanceFunction
        ``1 + k`` of them, ``1 + 2 k`` with instruments.
    """
    return [
        NuisanceFunction(
            target=target,
            features=problem.X,
            folds=folds,
            learner=learners[place > 0],
            seed=learner_seed(seed, repetition=repetition),
            where=f"{problem.where}, {name}",
        )
        for place, (name, target) in enumerate(_targets(problem))
    ]


def residuals_of(problem: Problem, predictions: list[Floats]) -> Residuals:
    """Residuals from predictions in the order of :func:`nuisance_functions`.

    Parameters
    ----------
    problem : Problem
    predictions : list of float arrays, shape (n,)

    Returns
    -------
    Residuals
    """
    k = problem.D.shape[1]
    W = None
    if problem.Z is not None:
        W = _left(problem, problem.Z, predictions[1 + k :])
    return Residuals(
        u=problem.y - predictions[0],
        V=_left(problem, problem.D, predictions[1 : 1 + k]),
        W=W,
        clusters=problem.clusters,
        rows=problem.rows,
    )


def outcome_left(problem: Problem, residuals: Residuals) -> Floats:
    """The outcome's residuals without the city effects that a variant leaves in them.

    Where city effects are means, what multiplies the outcome sums to zero in every city, so that
    the effect does not know the difference; variances of the outcome's residual do.

    Parameters
    ----------
    problem : Problem
    residuals : Residuals
        Of the same n rows.

    Returns
    -------
    float array, shape (n,)
    """
    if not problem.centred:
        return residuals.u
    return np.asarray(residuals.u - city_means(problem.clusters, residuals.u), dtype=np.float64)


def _left(problem: Problem, columns: Floats, predictions: list[Floats]) -> Floats:
    """Columns minus their predictions, shape (n, k).

    Where city effects are means, predictions are first moved to a column's own city means. The
    outcome keeps its city effect: what multiplies it, terms or instruments, must sum to zero in
    every city.
    """
    if problem.centred:
        city = problem.clusters
        predictions = [
            found + city_means(city, column) - city_means(city, found)
            for column, found in zip(columns.T, predictions, strict=True)
        ]
    return np.asarray(columns - np.column_stack(predictions), dtype=np.float64)


def _targets(problem: Problem) -> list[tuple[str, Floats]]:
    k = problem.D.shape[1]
    targets = [("outcome", problem.y)]
    targets += [(problem.terms.names[j], _column(problem.D, j)) for j in range(k)]
    if problem.Z is not None:
        targets += [(f"instrument {j + 1}", _column(problem.Z, j)) for j in range(k)]
    return targets


def _column(values: Floats, position: int) -> Floats:
    return np.ascontiguousarray(values[:, position])

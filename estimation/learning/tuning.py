"""Settings of learners chosen by Optuna, through doubleml, with folds by city.

Each nuisance function is tuned once, on a variant's transformed data, and the chosen settings are
used in every fold and repetition, as doubleml does. Nuisance functions are tuned independently of
each other, so that the tasks can be spread over processes.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import optuna
from doubleml import DoubleMLData, DoubleMLPLR
from doubleml.utils import DMLOptunaResult
from optuna.trial import FrozenTrial
from sklearn.base import RegressorMixin
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import cross_val_score

from estimation.learning.folds import Fold, city_folds
from estimation.learning.learner_spec import LearnerSpec, with_settings
from estimation.learning.learners import LEARNER_ERRORS, make_learner
from estimation.learning.search_spaces import SearchRange, search_space
from estimation.learning.tuning_budget import Budget
from estimation.samples.sample import Floats, Integers
from geo.errors import DesignError, SampleError

_SCORING = "neg_root_mean_squared_error"
_TUNING = 4


@dataclass(frozen=True, slots=True)
class TuningTask:
    """One nuisance function to tune; picklable."""

    target: str
    """What is learned: the outcome's name or a term's."""
    is_outcome: bool
    """Whether it is the outcome: doubleml's ``ml_l``, else ``ml_m``."""
    y: Floats
    """Outcome, shape (n,)."""
    d: Floats
    """The term, shape (n,)."""
    X: Floats
    """Features, shape (n, p)."""
    clusters: Integers
    """City of each row, shape (n,)."""
    learner: LearnerSpec
    """Where the search starts; settings named here stay as they are."""
    budget: Budget
    """How long to search."""
    seed: int
    """Seed of this search."""
    fold_seed: int
    """Seed of the folds, the same for all nuisance functions."""
    label: str
    """What an error names."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """The settings chosen for one nuisance function."""

    target: str
    """What is learned."""
    learner: LearnerSpec
    """The learner to use from now on: the best tried, or the one given if none was better."""
    score_before: float
    """Root mean squared error of the learner given: the mean over folds of cities."""
    score_after: float
    """That of the learner chosen; never more."""
    trials: int
    """Settings tried."""


def tuning_tasks(
    y: Floats,
    D: Floats,
    X: Floats,
    clusters: Integers,
    *,
    names: Sequence[str],
    learner: LearnerSpec,
    budget: Budget,
    seed: int,
    label: str = "design",
) -> tuple[TuningTask, ...]:
    """One task for the outcome and one for each term, to be mapped by :func:`tune_nuisance`.

    Parameters
    ----------
    y : float array, shape (n,)
        Outcome after a variant's transform.
    D : float array, shape (n, k)
        Treatment terms (and instruments, which are learned likewise) after it.
    X : float array, shape (n, p)
        Features.
    clusters : int64 array, shape (n,)
        City of each row.
    names : sequence of str
        The outcome's name and those of the k columns.
    learner : LearnerSpec
    budget : Budget
        For each of them.
    seed : int
        The design's.
    label : str
        What an error names.

    Returns
    -------
    tuple of TuningTask
        1 + k, the outcome first.

    Raises
    ------
    DesignError
        The learner is unknown or has nothing to tune.
    SampleError
        There are fewer cities than folds.
    """
    make_learner(learner, seed=0)
    search_space(learner)
    cities = int(np.unique(clusters).size)
    if cities < budget.folds:
        raise SampleError(
            f"{label}, tuning",
            expected=f"at least as many cities as folds ({budget.folds})",
            found=f"{cities} cities",
            hint="use fewer folds or more cities",
        )
    fold_seed, *seeds = np.random.SeedSequence([seed, _TUNING]).generate_state(len(names) + 1)
    return tuple(
        TuningTask(
            target=name,
            is_outcome=place == 0,
            y=y,
            d=D[:, max(place - 1, 0)],
            X=X,
            clusters=clusters,
            learner=learner,
            budget=budget,
            seed=int(seeds[place]),
            fold_seed=int(fold_seed),
            label=label,
        )
        for place, name in enumerate(names)
    )


def tune_nuisance(task: TuningTask) -> Tuned:
    """Search the settings of one nuisance function.

    Parameters
    ----------
    task : TuningTask

    Returns
    -------
    Tuned
        The same in every process, unless seconds ended the search.

    Raises
    ------
    DesignError
        The learner cannot be fitted.
    """
    learner = make_learner(task.learner, seed=task.seed)
    target = task.y if task.is_outcome else task.d
    folds = city_folds(task.clusters, folds=task.budget.folds, seed=task.fold_seed, repetition=0)
    try:
        before = -float(
            np.mean(
                cross_val_score(
                    learner, task.X, target, cv=folds, scoring=_SCORING, error_score="raise"
                )
            )
        )
        found = _search(task, learner, folds)
    except LEARNER_ERRORS as error:
        raise DesignError(
            f"{task.label}, tuning of '{task.target}', learner '{task.learner.name}'",
            expected="a learner that can be fitted to these rows",
            found=f"{type(error).__name__}: {error}",
            hint="change its settings or choose another learner",
        ) from error
    after, better = -float(found.best_score), -float(found.best_score) < before
    return Tuned(
        target=task.target,
        learner=with_settings(task.learner, found.best_params) if better else task.learner,
        score_before=before,
        score_after=after if better else before,
        trials=len(found.study.trials),
    )


def _search(task: TuningTask, learner: RegressorMixin, folds: list[Fold]) -> DMLOptunaResult:
    """Run doubleml's tuning for this nuisance function alone; the other is a constant."""
    nuisance, constant = ("ml_l" if task.is_outcome else "ml_m"), DummyRegressor()
    model = DoubleMLPLR(
        DoubleMLData.from_arrays(task.X, task.y, task.d),
        learner if task.is_outcome else constant,
        constant if task.is_outcome else learner,
        draw_sample_splitting=False,
    )
    with _quiet():
        (found,) = model.tune_ml_models(
            {nuisance: _space(search_space(task.learner))},
            scoring_methods={nuisance: _SCORING},
            cv=folds,
            set_as_params=False,
            return_tune_res=True,
            optuna_settings={
                "n_trials": task.budget.trials,
                "callbacks": _callbacks(task.budget),
                "direction": "maximize",
                "sampler": optuna.samplers.TPESampler(seed=task.seed),
            },
        )
    return found[nuisance]


def _callbacks(budget: Budget) -> list[Callable[[optuna.Study, FrozenTrial], None]] | None:
    """What ends a search after some seconds: Optuna's own limit may leave it without a trial."""
    if budget.seconds is None:
        return None
    end = time.monotonic() + budget.seconds

    def stop(study: optuna.Study, _: FrozenTrial) -> None:
        if time.monotonic() >= end:
            study.stop()

    return [stop]


def _space(ranges: tuple[SearchRange, ...]) -> Callable[[optuna.Trial], dict[str, int | float]]:
    def suggest(trial: optuna.Trial) -> dict[str, int | float]:
        return {one.setting: one.suggest(trial) for one in ranges}

    return suggest


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Optuna's line for every trial."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)

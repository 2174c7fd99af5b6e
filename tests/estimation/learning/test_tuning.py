"""Tuning against Optuna run by hand, and against scores computed row by row."""

from dataclasses import replace

import numpy as np
import optuna
import pytest
from sklearn.base import clone

from estimation.designs import LEARNERS
from estimation.learning.folds import city_folds
from estimation.learning.learner_spec import LearnerSpec, learner_spec
from estimation.learning.learners import make_learner, setting_names
from estimation.learning.search_spaces import SPACES, search_space
from estimation.learning.tuning import Tuned, TuningTask, tune_nuisance, tuning_tasks
from estimation.learning.tuning_budget import Budget
from estimation.pool import map_fits
from geo.errors import DesignError, SampleError

SMALL = learner_spec("lightgbm", {"n_estimators": 15, "colsample_bytree": 1.0})
CLUSTERS = np.repeat(np.arange(12), 8)


def tasks(learner: LearnerSpec = SMALL, seed: int = 5, **budget: object) -> tuple[TuningTask, ...]:
    """96 rows of 12 cities, an outcome and two terms, one of them noise."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(96, 4)) + rng.normal(size=12)[CLUSTERS][:, None]
    D = np.column_stack([np.sin(X[:, 0]) + rng.normal(size=96), rng.normal(size=96)])
    return tuning_tasks(
        X[:, 1] + 0.3 * D[:, 0] + rng.normal(size=96),
        D,
        X,
        CLUSTERS,
        names=("gini", "uil", "uil x difi"),
        learner=learner,
        budget=Budget(**({"trials": 4, "folds": 3} | budget)),
        seed=seed,
        label="design 'base'",
    )


def score(task: TuningTask, learner: LearnerSpec) -> float:
    """Root mean squared error over folds of cities, by hand."""
    target, found = task.y if task.is_outcome else task.d, []
    for train, test in city_folds(task.clusters, folds=3, seed=task.fold_seed, repetition=0):
        assert not set(task.clusters[train]) & set(task.clusters[test])
        fitted = clone(make_learner(learner, seed=task.seed)).fit(task.X[train], target[train])
        found.append(np.mean((fitted.predict(task.X[test]) - target[test]) ** 2) ** 0.5)
    return float(np.mean(found))


@pytest.mark.parametrize("place", [0, 1, 2])
def test_scores_are_those_of_the_settings_over_folds_of_cities(place: int) -> None:
    task = tasks()[place]
    found = tune_nuisance(task)
    assert found.target == ("gini", "uil", "uil x difi")[place]
    assert found.score_before == pytest.approx(score(task, SMALL), rel=1e-12)
    assert found.score_after == pytest.approx(score(task, found.learner), rel=1e-12)
    assert found.trials == 4
    assert set(SMALL.settings) <= set(found.learner.settings)


def test_the_search_is_optunas_own() -> None:
    task = tasks()[1]
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=task.seed))
    space = search_space(SMALL)

    def objective(trial: optuna.Trial) -> float:
        settings = {one.setting: one.suggest(trial) for one in space}
        return score(task, learner_spec("lightgbm", dict(SMALL.settings) | settings))

    study.optimize(objective, n_trials=4)
    found = tune_nuisance(task)
    assert found.score_after == pytest.approx(study.best_value, rel=1e-12)
    assert found.score_after < found.score_before
    assert dict(found.learner.settings) == dict(SMALL.settings) | study.best_params


def test_the_same_in_any_process_and_another_with_another_seed() -> None:
    here = [tune_nuisance(task) for task in tasks()]
    assert map_fits(tune_nuisance, tasks(), workers=2) == here
    assert [tune_nuisance(task) for task in tasks(seed=6)] != here


def test_searches_of_one_design_share_folds_and_differ_in_draws() -> None:
    every = tasks()
    assert len({task.fold_seed for task in every}) == 1
    assert len({task.seed for task in every}) == 3


def test_given_settings_stay_if_none_is_better() -> None:
    """With leaves larger than the panel every tree is a constant, whatever else is set."""
    constant = learner_spec("lightgbm", {"n_estimators": 3, "min_child_samples": 1000})
    found = tune_nuisance(tasks(constant, trials=3)[2])
    assert found.learner == constant
    assert found.score_after == found.score_before


def test_seconds_end_the_search_after_at_least_one_trial() -> None:
    found = tune_nuisance(tasks(trials=None, seconds=1e-9)[0])
    assert found.trials == 1
    assert tune_nuisance(tasks(trials=1)[0]) == found


def test_nothing_is_printed_and_optunas_verbosity_is_left(capfd: pytest.CaptureFixture) -> None:
    before = optuna.logging.get_verbosity()
    tune_nuisance(tasks(trials=2)[0])
    assert optuna.logging.get_verbosity() == before
    assert capfd.readouterr() == ("", "")


def test_the_global_generator_is_left_alone() -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - the one that doubleml draws from
    tune_nuisance(tasks(trials=1)[0])
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize("name", SPACES)
def test_every_space_names_settings_of_its_learner_that_it_takes(name: str) -> None:
    space = SPACES[name]
    assert len({one.setting for one in space}) == len(space)
    assert {one.setting for one in space} <= set(setting_names(name))
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(120, 3)), rng.normal(size=120)
    for end in ("low", "high"):
        settings = {one.setting: getattr(one, end) for one in space}
        settings["n_estimators"] = 50
        predicted = make_learner(learner_spec(name, settings), seed=1).fit(X, y).predict(X)
        assert np.isfinite(predicted).all()
    assert all(one.low < one.high for one in space)
    assert all(type(one.low) is type(one.high) for one in space)


def test_settings_that_the_study_fixes_are_not_searched() -> None:
    fixed = {"num_leaves": 7, "learning_rate": 0.05}
    found = tune_nuisance(tasks(learner_spec("lightgbm", fixed), trials=1)[0])
    assert fixed.items() <= dict(found.learner.settings).items()
    searched = {one.setting for one in search_space(learner_spec("lightgbm", fixed))}
    assert not searched & set(fixed)


@pytest.mark.parametrize("name", sorted(set(LEARNERS) - set(SPACES)))
def test_learners_with_nothing_to_tune_are_refused(name: str) -> None:
    with pytest.raises(DesignError, match=f"learner '{name}', tuning.*leave tuning out"):
        tasks(LearnerSpec(name))


def test_a_learner_with_all_settings_fixed_is_refused() -> None:
    fixed = learner_spec("random_forest", {"min_samples_leaf": 5, "max_features": 0.5})
    with pytest.raises(DesignError, match="one with all of them fixed"):
        tasks(fixed)


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        ({"trials": 0}, "tuning, trials: expected 1 or more, found 0"),
        ({"trials": None}, "tuning, budget: expected trials or seconds, found neither"),
        ({"seconds": 0.0}, "tuning, seconds: expected a positive number"),
        ({"seconds": float("nan")}, "tuning, seconds"),
        ({"folds": 1}, "tuning, folds: expected 2 or more"),
    ],
)
def test_a_budget_out_of_range_is_refused(budget: dict[str, object], words: str) -> None:
    with pytest.raises(DesignError, match=words):
        Budget(**budget)


def test_fewer_cities_than_folds_are_refused() -> None:
    with pytest.raises(SampleError, match=r"design 'base', tuning: .*folds \(13\), found 12"):
        tasks(folds=13)


def test_a_learner_that_fails_is_named() -> None:
    task = tasks(trials=1)[1]
    broken = replace(task, X=np.where(np.arange(96)[:, None] == 3, np.inf, task.X))
    with pytest.raises(DesignError, match=r"design 'base', tuning of 'uil', learner 'lightgbm'"):
        tune_nuisance(broken)


def test_what_is_chosen_is_better_than_the_default_where_the_default_overfits() -> None:
    found = tune_nuisance(tasks(LearnerSpec("lightgbm"), trials=8)[2])
    assert isinstance(found, Tuned)
    assert found.score_after < 0.98 * found.score_before

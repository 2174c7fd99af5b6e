"""The pool of nuisance fits: what is shared, what is kept, and that nothing else matters."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, RegressorMixin

from estimation.learning import fold_fit
from estimation.learning import learn as learning
from estimation.learning.fold_fit import cost
from estimation.learning.folds import random_folds
from estimation.learning.learn import FitCounts, Learned, _cut, learn
from estimation.learning.learner_spec import LearnerSpec, learner_spec
from estimation.learning.nuisance_function import Addresses, NuisanceFunction
from estimation.samples.sample import Floats
from estimation.vocabulary import LEARNERS
from geo.errors import DesignError
from tests.dask_processes import dask_processes

LINEAR = LearnerSpec("linear")
TREES = learner_spec("gradient_boosting", {"n_estimators": 4, "subsample": 0.5})


def function_of(
    seed: int = 0,
    *,
    folds: int = 3,
    fold_seed: int = 1,
    learner: LearnerSpec = LINEAR,
    learner_seed: int = 7,
    n_rows: int = 30,
) -> NuisanceFunction:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 2))
    return NuisanceFunction(
        target=X @ [1.0, -2.0] + rng.normal(size=n_rows),
        features=X,
        folds=tuple(random_folds(n_rows, folds=folds, seed=fold_seed, repetition=0)),
        learner=learner,
        seed=learner_seed,
        where=f"design '{seed}', outcome",
    )


class Shelf:
    """Predictions kept in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Floats] = {}
        self.put_at: list[str] = []

    def get(self, address: str) -> Floats | None:
        return self.kept.get(address)

    def put(self, address: str, predictions: Floats) -> None:
        assert np.isfinite(predictions).all()
        self.put_at.append(address)
        self.kept[address] = predictions.copy()


def same_bits(one: Learned, two: Learned) -> bool:
    return all(
        a.tobytes() == b.tobytes() for a, b in zip(one.predictions, two.predictions, strict=True)
    )


def by_hand(function: NuisanceFunction) -> Floats:
    """Least squares with a constant, fold by fold."""
    found = np.empty_like(function.target)
    A = np.column_stack([np.ones(function.target.size), function.features])
    for train, test in function.folds:
        found[test] = A[test] @ np.linalg.lstsq(A[train], function.target[train], rcond=None)[0]
    return found


def test_predictions_are_out_of_fold_and_in_order() -> None:
    functions = [function_of(seed, folds=2 + seed) for seed in range(3)]
    learned = learn(functions, workers=1)
    for function, found in zip(functions, learned.predictions, strict=True):
        assert found == pytest.approx(by_hand(function), rel=1e-9)
    assert learned.counts == FitCounts(asked=9, distinct=9, fitted=9)


def test_equal_functions_are_fitted_once_and_counted() -> None:
    one, two = function_of(0), function_of(1)
    again = replace(function_of(0), where="another design")
    seen: list[tuple[int, int]] = []
    learned = learn([one, two, again, one], workers=1, progress=lambda *done: seen.append(done))
    assert learned.counts == FitCounts(asked=12, distinct=6, fitted=6)
    assert seen == [(done, 6) for done in range(1, 7)]
    first, second, third, fourth = learned.predictions
    assert np.array_equal(first, third)
    assert np.array_equal(first, fourth)
    assert not np.array_equal(first, second)


def test_nothing_asked_is_nothing_done() -> None:
    assert learn([], workers=1) == Learned((), FitCounts(0, 0, 0))


def test_the_order_of_functions_does_not_matter() -> None:
    functions = [function_of(seed, learner=TREES) for seed in range(4)]
    forth, back = learn(functions, workers=1), learn(functions[::-1], workers=1)
    assert same_bits(forth, replace(back, predictions=back.predictions[::-1]))


def test_the_longest_fits_come_first() -> None:
    (quick, *_), (long, *_) = (_cut(function_of(learner=spec), 1) for spec in (LINEAR, TREES))
    assert cost(long) > cost(quick)
    (wide, *_) = _cut(replace(function_of(), features=np.ones((30, 9))), 1)
    assert cost(wide) > cost(quick)
    (whole,) = _cut(function_of(), 3)
    assert cost(whole) == 3 * cost(quick)


@pytest.mark.parametrize("tasks_each", [1, 2, 16])
def test_folds_that_travel_together_give_the_same_bits(
    tasks_each: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    functions = [function_of(seed, learner=TREES) for seed in range(5)]
    alone, seen = learn(functions, workers=1), []
    monkeypatch.setattr(learning, "TASKS_EACH", tasks_each)
    together = learn(functions, workers=2, progress=lambda *done: seen.append(done))
    assert same_bits(together, alone)
    assert seen == [(done, 15) for done in range(1, 16)]


def test_what_is_kept_is_not_fitted_again() -> None:
    functions, shelf = [function_of(seed, learner=TREES) for seed in range(3)], Shelf()
    first = learn(functions[:2], workers=1, kept=shelf)
    assert first.counts == FitCounts(asked=6, distinct=6, fitted=6)
    assert len(shelf.kept) == 2
    second = learn(functions, workers=1, kept=shelf)
    assert second.counts == FitCounts(asked=9, distinct=9, fitted=3)
    assert same_bits(second, learn(functions, workers=1))
    assert learn(functions, workers=1, kept=shelf).counts.fitted == 0
    assert len(shelf.put_at) == 3


def test_kept_predictions_of_another_length_are_not_taken() -> None:
    function, shelf = function_of(), Shelf()
    shelf.kept[Addresses().of(function)] = np.zeros(29)
    learned = learn([function], workers=1, kept=shelf)
    assert learned.counts.fitted == 3
    assert learned.predictions[0] == pytest.approx(by_hand(function), rel=1e-9)


class PlugPulledError(Exception):
    """Somebody pulled the plug."""


@pytest.mark.parametrize("done", [0, 2, 3, 4, 8])
def test_an_interrupted_run_goes_on_with_the_same_bits(
    done: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    functions, shelf = [function_of(seed, learner=TREES) for seed in range(3)], Shelf()
    real, count = fold_fit.make_learner, iter(range(100))

    def breaks(learner: LearnerSpec, *, seed: int) -> RegressorMixin:
        if next(count) == done:
            raise PlugPulledError
        return real(learner, seed=seed)

    with monkeypatch.context() as patched:
        patched.setattr(fold_fit, "make_learner", breaks)
        with pytest.raises(PlugPulledError):
            learn(functions, workers=1, kept=shelf)
    assert len(shelf.kept) == done // 3  # functions of three folds that were whole
    resumed = learn(functions, workers=1, kept=shelf)
    assert resumed.counts == FitCounts(asked=9, distinct=9, fitted=9 - 3 * (done // 3))
    assert same_bits(resumed, learn(functions, workers=1))


class Nan(RegressorMixin, BaseEstimator):
    """Predicts nothing."""

    def fit(self, X: Floats, y: Floats) -> "Nan":  # noqa: ARG002
        return self

    def predict(self, X: Floats) -> Floats:
        return np.full(len(X), np.nan)


def test_a_learner_that_predicts_nothing_is_named_and_nothing_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fold_fit, "make_learner", lambda *_, **__: Nan())
    shelf = Shelf()
    with pytest.raises(DesignError) as caught:
        learn([function_of(5)], workers=1, kept=shelf)
    line = str(caught.value)
    assert line.startswith("design '5', outcome, fold 1 of 3, learner 'linear': expected 10 pred")
    assert "nan" in line
    assert "\n" not in line
    assert shelf.kept == {}


def test_any_number_of_workers_and_a_cluster_give_the_same_bits(tmp_path: Path) -> None:
    functions = [
        function_of(seed, learner=learner)
        for seed in range(2)
        for learner in (TREES, learner_spec("lightgbm", {"min_child_samples": 3}))
    ]
    here = learn(functions, workers=1)
    assert same_bits(here, learn(functions, workers=2))
    seen: list[tuple[int, int]] = []
    broken = function_of(2, learner=learner_spec("gradient_boosting", {"max_depth": "deep"}))
    with dask_processes(tmp_path) as running:
        for name in range(2):
            running.start_worker(f"worker {name}")
        running.wait_for_workers(2)
        with Client(running.address, set_as_default=False) as client:
            executor = client.get_executor()
            there = learn(functions, executor=executor, progress=lambda *done: seen.append(done))
            with pytest.raises(DesignError, match=r"'2', outcome, fold 1 of 3.*'max_depth'"):
                learn([broken], executor=executor)
    assert same_bits(here, there)
    assert there.counts == here.counts
    assert seen == [(done, 12) for done in range(1, 13)]


CHANGES: dict[str, Any] = {
    "target": lambda f: replace(f, target=np.nextafter(f.target, np.inf)),
    "one target": lambda f: replace(f, target=np.where(np.arange(30) == 29, 0.0, f.target)),
    "features": lambda f: replace(f, features=f.features * 2.0),
    "columns": lambda f: replace(f, features=f.features[:, ::-1]),
    "fewer columns": lambda f: replace(f, features=f.features[:, :1]),
    "shape": lambda f: replace(f, features=f.features.reshape(15, 4)),
    "transposed": lambda f: replace(f, features=f.features.reshape(2, 30).T),
    "rows": lambda f: replace(f, target=f.target[::-1], features=f.features[::-1]),
    "order of folds": lambda f: replace(f, folds=f.folds[::-1]),
    "folds": lambda f: replace(f, folds=tuple(random_folds(30, folds=3, seed=2, repetition=0))),
    "fewer folds": lambda f: replace(f, folds=f.folds[:2]),
    "trained on less": lambda f: replace(
        f, folds=((f.folds[0][0][1:], f.folds[0][1]), *f.folds[1:])
    ),
    "seed": lambda f: replace(f, seed=f.seed + 1),
    "learner": lambda f: replace(f, learner=LearnerSpec("lightgbm")),
    "settings": lambda f: replace(f, learner=learner_spec("linear", {"fit_intercept": False})),
    "kind of setting": lambda f: replace(f, learner=learner_spec("linear", {"fit_intercept": 0})),
    "precision": lambda f: replace(f, target=f.target.astype("float32")),
}


@pytest.mark.parametrize("name", LEARNERS)
def test_every_learners_functions_have_an_address(name: str) -> None:
    """Whatever the package is called that its library comes in."""
    function = function_of(learner=LearnerSpec(name))
    assert len(Addresses().of(function)) == 32


def test_addresses_differ_when_anything_differs() -> None:
    function, addresses = function_of(), Addresses()
    found = {name: addresses.of(change(function)) for name, change in CHANGES.items()}
    found["nothing"] = addresses.of(function)
    assert len(set(found.values())) == len(CHANGES) + 1
    assert all(len(address) == 32 for address in found.values())
    assert {name: Addresses().of(change(function)) for name, change in CHANGES.items()} | {
        "nothing": Addresses().of(function)
    } == found


def test_equal_content_in_other_arrays_has_the_same_address() -> None:
    function = function_of()
    copied = NuisanceFunction(
        target=np.ascontiguousarray(np.column_stack([function.target] * 2))[:, 0],
        features=np.asfortranarray(function.features),
        folds=tuple((train.copy(), test.copy()) for train, test in function.folds),
        learner=LearnerSpec("linear"),
        seed=7,
        where="elsewhere",
    )
    assert not copied.target.flags.c_contiguous
    assert Addresses().of(copied) == Addresses().of(function)
    shared = Addresses()
    assert shared.of(copied) == shared.of(function)


def test_an_address_is_that_of_the_content_though_arrays_come_and_go() -> None:
    addresses = Addresses()
    found = [addresses.of(function_of(seed % 3)) for seed in range(30)]
    assert len(set(found)) == 3
    assert found[:3] * 10 == found


FUNCTIONS = st.builds(
    function_of,
    st.integers(0, 2),
    folds=st.integers(2, 3),
    fold_seed=st.integers(0, 1),
    learner=st.sampled_from([LINEAR, TREES, learner_spec("ridge", {"cv": 3})]),
    learner_seed=st.integers(0, 1),
    n_rows=st.sampled_from([6, 7]),
)


@given(one=FUNCTIONS, two=FUNCTIONS)
def test_addresses_are_equal_exactly_where_functions_are(
    one: NuisanceFunction, two: NuisanceFunction
) -> None:
    equal = (
        np.array_equal(one.target, two.target)
        and np.array_equal(one.features, two.features)
        and len(one.folds) == len(two.folds)
        and all(
            np.array_equal(a, b)
            for ours, theirs in zip(one.folds, two.folds, strict=True)
            for a, b in zip(ours, theirs, strict=True)
        )
        and (one.learner, one.seed) == (two.learner, two.seed)
    )
    addresses = Addresses()
    assert (addresses.of(one) == addresses.of(two)) == equal


@pytest.mark.parametrize("workers", [1, 2])
def test_functions_arrive_once_each_as_they_are_learned(workers: int) -> None:
    functions = [function_of(seed % 3, learner=TREES) for seed in range(5)]
    shelf, seen = Shelf(), []
    learn(functions[:1], workers=1, kept=shelf)
    learned = learn(functions, workers=workers, kept=shelf, arrived=lambda *one: seen.append(one))
    assert sorted(position for position, _ in seen) == [0, 1, 2, 3, 4]
    assert {position for position, _ in seen[-2:]} == {0, 3}  # what was kept comes last
    for position, values in seen:
        np.testing.assert_array_equal(values, learned.predictions[position])

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone, is_regressor
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression, Ridge
from xgboost import XGBRegressor

from estimation.learning.learner_spec import LearnerSpec, learner_spec, with_settings
from estimation.learning.learners import RIDGE_PENALTIES, check_learner, make_learner, setting_names
from estimation.vocabulary import LEARNERS
from geo.errors import DesignError

ROOT = Path(__file__).resolve().parents[3]
PANEL = """
import hashlib, sys
import numpy as np
from estimation.learning.learners import make_learner
rng = np.random.default_rng(7)
dummies = np.repeat(np.eye(12), 8, axis=0)
X = np.hstack([rng.normal(size=(96, 4)), dummies])
y = X[:, 0] + np.sin(X[:, 1]) + rng.normal(size=96)
for name in sys.argv[1:]:
    predicted = make_learner(name, seed=3).fit(X, y).predict(X)
    print(name, hashlib.sha256(np.asarray(predicted, dtype="f8").tobytes()).hexdigest())
"""


def made_up() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    X = np.hstack([rng.normal(size=(96, 4)), np.repeat(np.eye(12), 8, axis=0)])
    return X, X[:, 0] + np.sin(X[:, 1]) + rng.normal(size=96)


@pytest.mark.parametrize("name", LEARNERS)
def test_every_learner_learns_and_says_nothing(name: str, capfd: pytest.CaptureFixture) -> None:
    learner = make_learner(name, seed=1)
    assert is_regressor(learner)
    X, y = made_up()
    predicted = clone(learner).fit(X, y).predict(X)
    assert np.mean((predicted - y) ** 2) < 0.8 * np.var(y)
    assert capfd.readouterr() == ("", "")


def test_the_same_bits_in_every_process_however_many_processors_it_may_use() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", PANEL, *LEARNERS],
            cwd=ROOT,
            env=os.environ | {"OMP_NUM_THREADS": threads, "PYTHONHASHSEED": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "4")
    }
    assert len(found) == 1
    X, y = made_up()
    here = make_learner("lightgbm", seed=3).fit(X, y).predict(X)
    assert f"lightgbm {hashlib.sha256(here.tobytes()).hexdigest()}" in found.pop()


@pytest.mark.parametrize("name", ["lightgbm", "xgboost", "random_forest"])
def test_one_thread_and_the_designs_seed(name: str) -> None:
    settings = make_learner(name, seed=6).get_params()
    assert (settings["n_jobs"], settings["random_state"]) == (1, 6)


def test_gradient_boosting_is_the_papers() -> None:
    learner = make_learner("gradient_boosting", seed=5)
    assert type(learner) is GradientBoostingRegressor
    settings = learner.get_params()
    assert (settings["n_estimators"], settings["max_depth"]) == (100, 3)
    assert (settings["learning_rate"], settings["random_state"]) == (0.1, 5)


def test_xgboost_and_lightgbm_are_the_libraries_defaults() -> None:
    X, y = made_up()
    theirs = XGBRegressor(n_jobs=1).fit(X, y).predict(X)
    assert np.array_equal(make_learner("xgboost", seed=0).fit(X, y).predict(X), theirs)
    plain = make_learner("lightgbm", seed=0).get_params()
    assert (plain["n_estimators"], plain["num_leaves"], plain["learning_rate"]) == (100, 31, 0.1)


def test_linear_is_least_squares_even_of_collinear_features() -> None:
    X, y = made_up()
    expected = LinearRegression().fit(X[:, :-1], y).predict(X[:, :-1])
    twice = np.hstack([X, X[:, :2]])
    found = make_learner("linear", seed=0).fit(twice, y).predict(twice)
    assert found == pytest.approx(expected, abs=1e-10)


def test_settings_reach_the_learner_itself_also_behind_standardisation() -> None:
    spec = learner_spec("lightgbm", {"num_leaves": 7, "learning_rate": 0.03})
    settings = make_learner(spec, seed=1).get_params()
    assert (settings["num_leaves"], settings["learning_rate"]) == (7, 0.03)
    lasso = make_learner(learner_spec("lasso", {"eps": 0.01}), seed=1)
    assert lasso.named_steps["lassocv"].eps == 0.01


@pytest.mark.parametrize("alphas", [[1.0], [1.0, 10.0]])
def test_a_list_of_penalties_may_have_one(alphas: list[float]) -> None:
    spec = learner_spec("ridge", {"alphas": alphas})
    check_learner(spec)
    X, y = made_up()
    assert np.isfinite(clone(make_learner(spec, seed=1)).fit(X, y).predict(X)).all()


def test_an_unknown_learner_is_refused_with_what_it_may_have_been() -> None:
    with pytest.raises(DesignError, match=r"'gradient_bosting'.*did you mean 'gradient_boosting'"):
        make_learner("gradient_bosting", seed=1)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"num_leafs": 7}, "setting 'num_leafs'.*no such setting; did you mean 'num_leaves'"),
        ({"n_jobs": 4}, "setting 'n_jobs'.*the program gives"),
        ({"random_state": 4}, "setting 'random_state'.*the design has a seed"),
        ({"num_leaves": -3}, r"lightgbm\(num_leaves=-3\), of which it says"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_in_one_line(
    settings: dict[str, object], words: str, capfd: pytest.CaptureFixture
) -> None:
    with pytest.raises(DesignError, match=words) as caught:
        check_learner(learner_spec("lightgbm", settings))
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("gradient_boosting", {"max_depth": "deep"}),
        ("random_forest", {"max_features": 0}),
        ("xgboost", {"max_depth": "deep"}),
        ("lasso", {"cv": 1}),
        ("ridge", {"alphas": ["a", 1.0]}),
    ],
)
def test_a_value_is_refused_with_the_learners_own_words(
    name: str, settings: dict[str, object]
) -> None:
    with pytest.raises(DesignError, match=f"learner '{name}', settings: expected values"):
        check_learner(learner_spec(name, settings))


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("xgboost", {"n_estimators": -1}, "all of 4000 rows that differ get one prediction"),
        ("xgboost", {"n_estimators": 0}, "all of 4000 rows that differ get one prediction"),
        ("random_forest", {"min_samples_leaf": 2001}, "all of 4000 rows that differ"),
        ("ridge", {"alphas": []}, "not one finite number a row"),
        ("xgboost", {"learning_rate": 1e30}, "not one finite number a row"),
    ],
)
def test_settings_with_which_nothing_is_learned_are_refused(
    name: str, settings: dict[str, object], words: str
) -> None:
    with pytest.raises(DesignError, match=words) as caught:
        check_learner(learner_spec(name, settings))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("lightgbm", {"min_child_samples": 1000}),
        ("lasso", {"alphas": [1.0]}),
        ("xgboost", {"booster": "gblinear"}),
        ("gradient_boosting", {"n_estimators": 1, "max_depth": 1}),
    ],
)
def test_settings_for_large_samples_and_weak_learners_pass(
    name: str, settings: dict[str, object]
) -> None:
    check_learner(learner_spec(name, settings))


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("xgboost", {"monotone_constraints": [1, 0]}),
        ("xgboost", {"interaction_constraints": "[[0, 1]]"}),
        ("random_forest", {"monotonic_cst": [1, 0, 0]}),
    ],
)
def test_settings_of_single_features_are_refused(name: str, settings: dict[str, object]) -> None:
    with pytest.raises(DesignError, match="expected settings that hold for all features"):
        check_learner(learner_spec(name, settings))


def test_ridge_leaves_out_one_row_at_a_time() -> None:
    """The penalty chosen is that of the brute force over rows, not over blocks of them."""
    X, y = made_up()
    X = (X - X.mean(0)) / X.std(0)
    chosen = make_learner("ridge", seed=0).fit(X, y)[-1].alpha_
    losses = {
        penalty: np.mean(
            [
                (Ridge(penalty).fit(X[rows], y[rows]).predict(X[[row]])[0] - y[row]) ** 2
                for row in range(y.size)
                for rows in [np.arange(y.size) != row]
            ]
        )
        for penalty in RIDGE_PENALTIES
    }
    assert chosen == min(losses, key=lambda penalty: losses[penalty])


@pytest.mark.parametrize("name", LEARNERS)
def test_learners_without_settings_and_with_their_own_defaults_pass(name: str) -> None:
    check_learner(LearnerSpec(name))
    names = setting_names(name)
    assert not {"n_jobs", "random_state", "verbose"} & set(names)


def test_specs_are_values() -> None:
    one = learner_spec("lightgbm", {"num_leaves": 7, "learning_rate": 0.1})
    same = learner_spec("lightgbm", {"learning_rate": 0.1, "num_leaves": 7})
    assert one == same
    assert hash(one) == hash(same)
    assert one.text == "lightgbm(learning_rate=0.1, num_leaves=7)"
    assert with_settings(one, {"num_leaves": 9}).text == "lightgbm(learning_rate=0.1, num_leaves=9)"
    assert learner_spec("ridge", {"alphas": [1, 2.5]}).settings == (("alphas", (1, 2.5)),)
    assert one != "lightgbm(learning_rate=0.1, num_leaves=7)"


def test_one_feature_all_features_and_true_are_three_settings() -> None:
    specs = {learner_spec("random_forest", {"max_features": value}) for value in (1, 1.0, True)}
    assert len(specs) == 3
    one, every = (
        make_learner(learner_spec("random_forest", {"max_features": value}), seed=0)
        for value in (1, 1.0)
    )
    assert isinstance(one, RandomForestRegressor)
    assert type(one.max_features) is int
    assert type(every.max_features) is float


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": 1}, [[1]], object()])
def test_values_that_are_no_settings_are_refused(value: object) -> None:
    with pytest.raises(DesignError, match="'ridge', setting 'alphas': expected a finite number"):
        learner_spec("ridge", {"alphas": value})

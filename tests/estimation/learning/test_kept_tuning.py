"""Tuned settings come back as they were, and only for what they were chosen for."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from estimation import tuned_settings
from estimation.estimate import estimate
from estimation.learning.kept_tuning import keep, recall, tuning_address
from estimation.learning.learner_spec import LearnerSpec, learner_spec
from estimation.learning.nuisance_function import Addresses
from estimation.learning.tuning import Tuned, TuningTask
from estimation.learning.tuning_budget import Budget
from tests.estimation.heterogeneity.made_up import DESIGN, made_up, with_effect


class Memory:
    """What is kept, as the store keeps it."""

    def __init__(self) -> None:
        self.entries: dict[str, np.ndarray] = {}

    def get(self, address: str) -> np.ndarray | None:
        return self.entries.get(address)

    def put(self, address: str, predictions: np.ndarray) -> None:
        self.entries[address] = predictions.copy()


def task(learner: LearnerSpec) -> TuningTask:
    rng = np.random.default_rng(1)
    y, d, X = rng.normal(size=12), rng.normal(size=12), rng.normal(size=(12, 2))
    cities = np.repeat(np.arange(4), 3)
    return TuningTask("uil", False, y, d, X, cities, learner, Budget(3, folds=2), 5, 6, "here")


@pytest.mark.parametrize(
    "settings",
    [
        {"n_estimators": 77, "max_depth": 2, "learning_rate": 0.1 / 3, "min_child_weight": 1.5,
         "subsample": 0.7, "colsample_bytree": 0.2, "reg_lambda": 1e-1},
        {},
    ],
)  # fmt: skip
def test_what_was_chosen_comes_back_to_the_bit(settings: dict[str, object]) -> None:
    asked, memory = task(LearnerSpec("xgboost")), Memory()
    found = Tuned("uil", learner_spec("xgboost", settings), 0.1 + 0.2, 0.1, 3)
    address = tuning_address(asked, Addresses())
    assert recall(asked, address, memory) is None
    keep(asked, found, address, memory)
    again = recall(asked, address, memory)
    assert again == found
    assert again.learner.text == found.learner.text


def test_fixed_settings_stay_as_the_study_has_them() -> None:
    asked, memory = task(learner_spec("random_forest", {"min_samples_leaf": 3})), Memory()
    chosen = learner_spec("random_forest", {"min_samples_leaf": 3, "max_features": 0.25})
    keep(asked, Tuned("uil", chosen, 2.0, 1.0, 3), "address", memory)
    assert recall(asked, "address", memory).learner == chosen
    memory.put("address", np.zeros(9))
    assert recall(asked, "address", memory) is None


def test_an_address_tells_everything_that_a_search_hangs_on() -> None:
    one = task(LearnerSpec("xgboost"))
    others = [
        one,
        replace(one, is_outcome=True),
        replace(one, X=one.X + 1),
        replace(one, clusters=one.clusters[::-1].copy() // 2),
        replace(one, learner=learner_spec("xgboost", {"max_depth": 2})),
        replace(one, budget=Budget(4, folds=2)),
        replace(one, budget=Budget(3, 9.0, folds=2)),
        replace(one, seed=1),
        replace(one, fold_seed=1),
    ]
    assert len({tuning_address(other, Addresses()) for other in others}) == len(others)
    assert tuning_address(replace(one, label="there"), Addresses()) == tuning_address(
        one, Addresses()
    )


def test_a_second_run_searches_nothing_and_gives_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    panel, memory = with_effect(made_up(n_cities=12), 0.5), Memory()
    design = replace(
        DESIGN, learner="lightgbm", tune=Budget(2, folds=2), settings=(("n_estimators", 5),),
        folds=2, variants=("within",),
    )  # fmt: skip
    first = estimate(panel, [design], workers=1, kept=memory)

    def never(_: TuningTask) -> Tuned:
        raise AssertionError

    monkeypatch.setattr(tuned_settings, "tune_nuisance", never)
    again = estimate(panel, [design], workers=1, kept=memory)
    assert again.fits.fitted == 0
    pd.testing.assert_frame_equal(again.tuning, first.tuning)
    pd.testing.assert_frame_equal(again.estimates, first.estimates)

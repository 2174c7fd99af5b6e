import pytest
from sklearn.base import is_regressor
from sklearn.ensemble import GradientBoostingRegressor

from estimation.designs import LEARNERS
from estimation.learners import make_learner
from geo.errors import DesignError


@pytest.mark.parametrize("name", LEARNERS)
def test_every_learner_can_be_made(name: str) -> None:
    assert is_regressor(make_learner(name, seed=1))


def test_gradient_boosting_is_the_papers() -> None:
    learner = make_learner("gradient_boosting", seed=5)
    assert type(learner) is GradientBoostingRegressor
    settings = learner.get_params()
    assert (settings["n_estimators"], settings["max_depth"]) == (100, 3)
    assert (settings["learning_rate"], settings["random_state"]) == (0.1, 5)


def test_the_forest_uses_one_thread_and_the_seed() -> None:
    settings = make_learner("random_forest", seed=6).get_params()
    assert (settings["n_jobs"], settings["random_state"]) == (1, 6)


def test_an_unknown_learner_is_refused() -> None:
    with pytest.raises(DesignError, match="'boosting'"):
        make_learner("boosting", seed=1)

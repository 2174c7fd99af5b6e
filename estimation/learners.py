"""Learners of the nuisance functions, by name, seeded and on one thread each."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sklearn.base import RegressorMixin
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LassoCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from estimation.designs import LEARNERS
from geo.errors import DesignError


def make_learner(name: str, *, seed: int) -> RegressorMixin:
    """An unfitted learner.

    Parameters
    ----------
    name : str
        ``gradient_boosting`` is the paper's: 100 trees of depth 3, learning rate 0.1, which are
        scikit-learn's defaults. ``lasso``: standardised features, the penalty chosen by 5
        contiguous blocks of the training rows, which are ordered by city. ``random_forest``: 500
        trees, leaves of 5 rows or more, a third of the features tried at a split.
    seed : int
        Seed of whatever the learner draws; 0 or more.

    Returns
    -------
    sklearn estimator
        With ``fit`` and ``predict``; it uses one thread.

    Raises
    ------
    DesignError
        The name is unknown.
    """
    if name not in _BUILDERS:
        raise DesignError(
            "learner",
            expected=f"one of {', '.join(LEARNERS)}",
            found=f"'{name}'",
            hint="correct the name",
        )
    return _BUILDERS[name](seed)


def _gradient_boosting(seed: int) -> RegressorMixin:
    return GradientBoostingRegressor(
        n_estimators=100, max_depth=3, learning_rate=0.1, random_state=seed
    )


def _lasso(seed: int) -> RegressorMixin:
    return make_pipeline(StandardScaler(), LassoCV(cv=5, max_iter=20_000, random_state=seed))


def _random_forest(seed: int) -> RegressorMixin:
    return RandomForestRegressor(
        n_estimators=500, min_samples_leaf=5, max_features=1 / 3, n_jobs=1, random_state=seed
    )


_BUILDERS: Mapping[str, Callable[[int], RegressorMixin]] = MappingProxyType(
    {"gradient_boosting": _gradient_boosting, "lasso": _lasso, "random_forest": _random_forest}
)

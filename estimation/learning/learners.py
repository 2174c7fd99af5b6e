"""Learners of the nuisance functions, by name, seeded and on one thread each.

One thread, because parallelism stands outside the learner: fits share the processors, and a learner
that starts threads of its own under that load takes many times as long.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from types import MappingProxyType
from warnings import catch_warnings, simplefilter

import numpy as np
from lightgbm import LGBMRegressor
from lightgbm.basic import LightGBMError
from sklearn.base import RegressorMixin
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LassoCV, LinearRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBRegressor

from estimation.learning.learner_spec import LearnerSpec
from estimation.vocabulary import LEARNERS
from geo.errors import DesignError

RIDGE_PENALTIES = tuple(float(penalty) for penalty in np.logspace(-2, 5, 15))
"""Penalties that ``ridge`` chooses from, for standardised features."""

FEW_ROWS, MANY_ROWS = 60, 4_000
"""Made-up rows on which settings are tried."""
NOTHING = 1e-9
"""Range of predictions, over the target's spread, that is taken for rounding."""

LEARNER_ERRORS = (ValueError, TypeError, ArithmeticError, np.linalg.LinAlgError, LightGBMError)
"""What learners raise at settings or data they cannot use; XGBoost's is a ``ValueError``."""

_GIVEN_BY_THE_PROGRAM = frozenset(
    {"random_state", "n_jobs", "verbose", "verbosity", "device", "deterministic", "force_row_wise"}
)
_ABOUT_SINGLE_FEATURES = frozenset(
    {
        "feature_types",
        "feature_weights",
        "interaction_constraints",
        "monotone_constraints",
        "monotonic_cst",
    }
)
"""Settings by position of a feature: variants and checks have features of their own."""


def make_learner(learner: str | LearnerSpec, *, seed: int) -> RegressorMixin:
    """An unfitted learner.

    Parameters
    ----------
    learner : str or LearnerSpec
        A name, or a name with settings.

        * ``gradient_boosting`` is the paper's: 100 trees of depth 3, learning rate 0.1, which are
          scikit-learn's defaults.
        * ``xgboost``: the library's defaults, the paper's check. It works in single precision.
        * ``lightgbm``: the library's defaults, deterministic.
        * ``random_forest``: 500 trees, leaves of 5 rows or more, a third of the features tried at
          a split.
        * ``lasso``: standardised features, the penalty chosen by 5 contiguous blocks of the
          training rows, which are ordered by city.
        * ``ridge``: standardised features, the penalty chosen by leaving out one row at a time, in
          closed form. Rows of one city depend on each other, so that a row left out is predicted
          from its neighbours and the penalty comes out too small; with few features for each row
          this matters little, as the penalty then changes the predictions little.
        * ``linear``: least squares with a constant; of collinear features the shortest solution.
    seed : int
        Seed of whatever the learner draws; 0 or more.

    Returns
    -------
    sklearn estimator
        With ``fit`` and ``predict``; it uses one thread.

    Raises
    ------
    DesignError
        The name is unknown, or the learner has no such setting.
    """
    spec = LearnerSpec(learner) if isinstance(learner, str) else learner
    if spec.name not in _BUILDERS:
        raise DesignError(
            "learner",
            expected=f"one of {', '.join(LEARNERS)}",
            found=f"'{spec.name}'",
            hint=_suggestion(spec.name, LEARNERS),
        )
    estimator = _BUILDERS[spec.name](seed)
    known = setting_names(spec.name)
    for key, _ in spec.settings:
        if key not in known:
            raise _unknown_setting(spec.name, key, known)
    # RidgeCV writes into a single penalty's list.
    estimator.set_params(
        **{key: list(value) if isinstance(value, tuple) else value for key, value in spec.settings}
    )
    if spec.name in _STANDARDISED:
        return make_pipeline(StandardScaler(), estimator)
    return estimator


def setting_names(name: str) -> tuple[str, ...]:
    """Names of the settings that a study may give a learner, in order.

    Seeds, threads and what is printed are the program's; settings of single features are nobody's.
    """
    refused = _GIVEN_BY_THE_PROGRAM | _ABOUT_SINGLE_FEATURES
    return tuple(sorted(set(_BUILDERS[name](0).get_params()) - refused))


def check_learner(spec: LearnerSpec) -> None:
    """Refuse a learner that cannot learn as it is set, before anything is estimated.

    Names are compared with the learner's; values are tried, by predicting made-up rows whose target
    hangs on the features. What learns nothing from 60 rows is given 4,000 before it is refused:
    leaves may be large. Settings that the learner takes and does not use are not found.

    Raises
    ------
    DesignError
        The learner or a setting is unknown, a value is refused, with the learner's own words, or
        the predictions are not finite or all the same.
    """
    make_learner(spec, seed=0)
    if not spec.settings:
        return
    found = _found_wrong(spec, FEW_ROWS) and _found_wrong(spec, MANY_ROWS)
    if found:
        raise DesignError(
            f"learner '{spec.name}', settings",
            expected="values with which the learner learns",
            found=f"{spec.text}, {found}",
            hint="correct the value",
        )


def _found_wrong(spec: LearnerSpec, n_rows: int) -> str:
    """What is wrong with a learner's predictions of made-up rows; empty if nothing is."""
    X = np.random.default_rng(0).normal(size=(n_rows, 3))
    # In large units, so that a penalty in those of the target does not take all of it.
    y = 100 * (X[:, 0] + np.abs(X[:, 1]))
    try:
        with catch_warnings(), _silent():
            simplefilter("ignore")
            predicted = np.asarray(make_learner(spec, seed=0).fit(X, y).predict(X), dtype=float)
    except (*LEARNER_ERRORS, AttributeError, LookupError) as error:
        return f"of which it says: {' '.join(str(error).split()) or type(error).__name__}"
    if predicted.shape != y.shape or not np.isfinite(predicted).all():
        return "with which predictions are not one finite number a row"
    if np.ptp(predicted) <= NOTHING * np.std(y):
        return f"with which all of {n_rows} rows that differ get one prediction"
    return ""


@contextmanager
def _silent() -> Iterator[None]:
    """LightGBM writes to the standard error, past Python, what it then raises."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _unknown_setting(name: str, key: str, known: tuple[str, ...]) -> DesignError:
    where = f"learner '{name}', setting '{key}'"
    if key in _GIVEN_BY_THE_PROGRAM:
        return DesignError(
            where,
            expected="settings of the learner itself",
            found="one that the program gives: seeds, threads and printing",
            hint="leave it out; the design has a seed",
        )
    if key in _ABOUT_SINGLE_FEATURES:
        return DesignError(
            where,
            expected="settings that hold for all features",
            found="one by position of a feature, which differs by variant and check",
            hint="leave it out",
        )
    return DesignError(
        where,
        expected=f"one of {', '.join(known)}",
        found="no such setting",
        hint=_suggestion(key, known),
    )


def _suggestion(word: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(word, known, n=3, cutoff=0.6)
    if not close:
        return "correct the name"
    return "did you mean " + " or ".join(f"'{match}'" for match in close) + "?"


def _gradient_boosting(seed: int) -> RegressorMixin:
    return GradientBoostingRegressor(
        n_estimators=100, max_depth=3, learning_rate=0.1, random_state=seed
    )


def _xgboost(seed: int) -> RegressorMixin:
    return XGBRegressor(n_jobs=1, random_state=seed, device="cpu", verbosity=0)


def _lightgbm(seed: int) -> RegressorMixin:
    # How histograms are built is otherwise chosen by timing both ways, and with it the last bit.
    return LGBMRegressor(
        n_jobs=1, random_state=seed, verbosity=-1, deterministic=True, force_row_wise=True
    )


def _lasso(seed: int) -> RegressorMixin:
    return LassoCV(cv=5, max_iter=20_000, random_state=seed)


def _ridge(seed: int) -> RegressorMixin:  # noqa: ARG001 - it draws nothing
    # The same numbers as by default, several times sooner with hundreds of features.
    return RidgeCV(alphas=RIDGE_PENALTIES, gcv_mode="svd")


def _linear(seed: int) -> RegressorMixin:  # noqa: ARG001 - it draws nothing
    return LinearRegression()


def _random_forest(seed: int) -> RegressorMixin:
    return RandomForestRegressor(
        n_estimators=500, min_samples_leaf=5, max_features=1 / 3, n_jobs=1, random_state=seed
    )


_BUILDERS: Mapping[str, Callable[[int], RegressorMixin]] = MappingProxyType(
    {
        "gradient_boosting": _gradient_boosting,
        "xgboost": _xgboost,
        "lightgbm": _lightgbm,
        "lasso": _lasso,
        "random_forest": _random_forest,
        "ridge": _ridge,
        "linear": _linear,
    }
)
_STANDARDISED = frozenset({"lasso", "ridge"})

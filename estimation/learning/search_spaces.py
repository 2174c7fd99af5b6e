"""Which settings of each learner tuning searches, and between which values.

``lasso`` and ``ridge`` choose their penalty themselves and ``linear`` has nothing to choose, so
they have no space. Forests keep their 500 trees: more never fit worse.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import optuna

from estimation.learning.learner_spec import LearnerSpec
from geo.errors import DesignError


@dataclass(frozen=True, slots=True)
class SearchRange:
    """The values of one setting: whole numbers if both ends are."""

    setting: str
    """Name of the setting."""
    low: int | float
    """Least value."""
    high: int | float
    """Greatest value."""
    log: bool = False
    """Whether values are drawn evenly on the log scale."""

    @property
    def is_whole(self) -> bool:
        """Whether its values are whole numbers."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def suggest(self, trial: optuna.Trial) -> int | float:
        """A value drawn by a trial's sampler."""
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(self.setting, self.low, self.high, log=self.log)
        return trial.suggest_float(self.setting, self.low, self.high, log=self.log)


SPACES: Mapping[str, tuple[SearchRange, ...]] = MappingProxyType(
    {
        "gradient_boosting": (
            SearchRange("n_estimators", 50, 500, log=True),
            SearchRange("learning_rate", 0.01, 0.3, log=True),
            SearchRange("max_depth", 1, 6),
            SearchRange("min_samples_leaf", 1, 50, log=True),
            SearchRange("subsample", 0.5, 1.0),
            SearchRange("max_features", 0.2, 1.0),
        ),
        "xgboost": (
            SearchRange("n_estimators", 50, 500, log=True),
            SearchRange("learning_rate", 0.01, 0.3, log=True),
            SearchRange("max_depth", 1, 8),
            SearchRange("min_child_weight", 1.0, 50.0, log=True),
            SearchRange("subsample", 0.5, 1.0),
            SearchRange("colsample_bytree", 0.2, 1.0),
            SearchRange("reg_lambda", 0.1, 100.0, log=True),
        ),
        "lightgbm": (
            SearchRange("n_estimators", 50, 500, log=True),
            SearchRange("learning_rate", 0.01, 0.3, log=True),
            SearchRange("num_leaves", 2, 63, log=True),
            SearchRange("min_child_samples", 5, 100, log=True),
            SearchRange("colsample_bytree", 0.2, 1.0),
            SearchRange("reg_lambda", 0.001, 100.0, log=True),
        ),
        "random_forest": (
            SearchRange("min_samples_leaf", 1, 50, log=True),
            SearchRange("max_features", 0.1, 1.0),
        ),
    }
)


def search_space(learner: LearnerSpec) -> tuple[SearchRange, ...]:
    """What tuning may change of a learner: its space without the settings that the study fixes.

    Raises
    ------
    DesignError
        Nothing is left to tune.
    """
    fixed = {key for key, _ in learner.settings}
    space = tuple(one for one in SPACES.get(learner.name, ()) if one.setting not in fixed)
    if not space:
        whole = learner.name not in SPACES
        raise DesignError(
            f"learner '{learner.name}', tuning",
            expected=f"a learner with settings to tune ({', '.join(SPACES)})",
            found="one that chooses for itself" if whole else "one with all of them fixed",
            hint="leave tuning out" if whole else "leave tuning out, or fix fewer settings",
        )
    return space

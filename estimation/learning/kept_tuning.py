"""Chosen settings as numbers, kept between runs under an address of what they were chosen for."""

from hashlib import blake2b
from importlib.metadata import version

import numpy as np

from estimation.learning.folds import city_folds
from estimation.learning.learn import Kept
from estimation.learning.learner_spec import with_settings
from estimation.learning.nuisance_function import Addresses, NuisanceFunction
from estimation.learning.search_spaces import search_space
from estimation.learning.tuning import Tuned, TuningTask
from estimation.samples.sample import Floats

_FIGURES = 3
"""Scores before and after, trials; the settings of the search space follow."""


def tuning_address(task: TuningTask, addresses: Addresses) -> str:
    """Where the result of a search is kept: 32 hexadecimal digits.

    Parameters
    ----------
    task : TuningTask
    addresses : Addresses
        Those of the run, which digest an array once.

    Returns
    -------
    str
        A digest of target, features, folds, learner, seed and budget, and of the libraries that
        search.
    """
    folds = city_folds(task.clusters, folds=task.budget.folds, seed=task.fold_seed, repetition=0)
    target = task.y if task.is_outcome else task.d
    function = NuisanceFunction(target, task.X, tuple(folds), task.learner, task.seed, task.label)
    libraries = [f"{name} {version(name)}" for name in ("optuna", "doubleml")]
    told = f"tuning|{addresses.of(function)}|{task.budget!r}|{libraries}"
    return blake2b(told.encode(), digest_size=16).hexdigest()


def recall(task: TuningTask, address: str, kept: Kept) -> Tuned | None:
    """What an earlier run chose; None if it did not."""
    space, numbers = search_space(task.learner), kept.get(address)
    if numbers is None or numbers.shape != (_FIGURES + len(space),):
        return None
    before, after, trials = numbers[:_FIGURES]
    chosen = {
        one.setting: int(value) if one.is_whole else float(value)
        for one, value in zip(space, numbers[_FIGURES:], strict=True)
        if not np.isnan(value)
    }
    return Tuned(
        target=task.target,
        learner=with_settings(task.learner, chosen),
        score_before=float(before),
        score_after=float(after),
        trials=int(trials),
    )


def keep(task: TuningTask, found: Tuned, address: str, kept: Kept) -> None:
    """Keep what was chosen."""
    kept.put(address, _numbers(task, found))


def _numbers(task: TuningTask, found: Tuned) -> Floats:
    """The figures, then the value of each setting searched; NaN where the given ones stayed."""
    chosen = dict(found.learner.settings)
    values = [chosen.get(one.setting, np.nan) for one in search_space(task.learner)]
    figures = [found.score_before, found.score_after, found.trials]
    return np.array([*figures, *values], dtype=np.float64)

"""Fits of a function: a learner on the training rows of a fold, its predictions of the others."""

from dataclasses import dataclass

from estimation.learning.folds import Fold
from estimation.learning.learner_spec import LearnerSpec
from estimation.learning.learners import make_learner
from estimation.learning.out_of_fold import fit_and_predict
from estimation.samples.sample import Floats


@dataclass(frozen=True, slots=True, eq=False)
class FoldFits:
    """Everything that fits of some folds need, picklable."""

    target: Floats
    """Shape (n,)."""
    features: Floats
    """Shape (n, p)."""
    folds: tuple[tuple[str, Fold], ...]
    """Names, for errors, and rows to train on and rows to predict."""
    learner: LearnerSpec
    """The learner, with its settings."""
    seed: int
    """The learner's seed, the same in every fold."""
    where: str
    """Design, variant and target, for errors."""


def run_fits(fits: FoldFits) -> tuple[Floats, ...]:
    """Fit and predict fold after fold.

    Parameters
    ----------
    fits : FoldFits

    Returns
    -------
    tuple of float array, each of shape (rows to predict,)

    Raises
    ------
    DesignError
        The learner fails, or gives something else than a finite number for every row.
    """
    return tuple(
        fit_and_predict(
            make_learner(fits.learner, seed=fits.seed),
            X=fits.features,
            target=fits.target,
            fold=fold,
            where=f"{fits.where}, {name}, learner '{fits.learner.name}'",
        )
        for name, fold in fits.folds
    )


def cost(fits: FoldFits) -> float:
    """A guess at the time of fits, only to begin with the longest."""
    slowness = {
        "random_forest": 50.0,
        "gradient_boosting": 20.0,
        "lasso": 5.0,
        "xgboost": 2.0,
        "lightgbm": 1.0,
    }
    return slowness.get(fits.learner.name, 1.0) * fits.features.size * len(fits.folds)

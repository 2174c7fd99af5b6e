"""One fit: a learner on the training rows of a fold, its predictions of the others."""

from dataclasses import dataclass

from estimation.learning.folds import Fold
from estimation.learning.learner_spec import LearnerSpec
from estimation.learning.learners import make_learner
from estimation.learning.out_of_fold import fit_and_predict
from estimation.samples.sample import Floats


@dataclass(frozen=True, slots=True, eq=False)
class FoldFit:
    """Everything one fit needs, picklable."""

    target: Floats
    """Shape (n,)."""
    features: Floats
    """Shape (n, p)."""
    fold: Fold
    """Rows to train on, rows to predict."""
    learner: LearnerSpec
    """The learner, with its settings."""
    seed: int
    """The learner's seed."""
    where: str
    """Design, variant, target and fold, for errors."""


def run_fit(fit: FoldFit) -> Floats:
    """Fit and predict.

    Parameters
    ----------
    fit : FoldFit

    Returns
    -------
    float array, shape (rows to predict,)

    Raises
    ------
    DesignError
        The learner fails, or gives something else than a finite number for every row.
    """
    return fit_and_predict(
        make_learner(fit.learner, seed=fit.seed),
        X=fit.features,
        target=fit.target,
        fold=fit.fold,
        where=f"{fit.where}, learner '{fit.learner.name}'",
    )


def cost(fit: FoldFit) -> float:
    """A guess at the time of a fit, only to begin with the longest."""
    slowness = {"random_forest": 50.0, "gradient_boosting": 20.0, "xgboost": 2.0, "lightgbm": 1.0}
    return slowness.get(fit.learner.name, 1.0) * fit.features.size

"""Two groups, two periods: the effect on the treated from changes of the outcome.

Sant'Anna and Zhao (2020), and what Callaway and Sant'Anna (2021) build group-time effects from.
Each estimator gives the influence of every city, so that errors may be clustered afterwards.
"""

from typing import Literal

import numpy as np
from scipy.special import expit

from estimation.samples.sample import Floats
from geo.errors import SampleError

Method = Literal["outcome_regression", "inverse_probability", "doubly_robust"]
METHODS: tuple[Method, ...] = ("doubly_robust", "outcome_regression", "inverse_probability")
TRIMMED = 0.995
"""Comparison cities as likely as this to be treated are given no weight, as `did` does."""


def two_by_two(
    change: Floats,
    treated: Floats,
    covariates: Floats,
    weights: Floats,
    *,
    method: Method,
    where: str,
) -> tuple[float, Floats]:
    """Effect on the treated between two years.

    Parameters
    ----------
    change : float array, shape (n,)
        Outcome of the later less that of the earlier year.
    treated : float array, shape (n,)
        1 for treated, 0 for comparison cities.
    covariates : float array, shape (n, p)
        Before treatment, without a constant; with p = 0 all methods are the difference of means.
    weights : float array, shape (n,)
    method : {"outcome_regression", "inverse_probability", "doubly_robust"}
        The last is Sant'Anna and Zhao's equation (3.1): right if either model is.
    where : str
        For errors.

    Returns
    -------
    (float, float array of shape (n,))
        The effect, and the influence of each city: the mean of its square over n is the variance.

    Raises
    ------
    SampleError
        The comparison cities are too few for the covariates, or the covariates tell exactly who is
        treated.
    """
    w = weights / weights.mean()
    X = np.column_stack([np.ones(change.size), covariates])
    if method == "outcome_regression":
        return _regression(change, treated, X, w, where)
    share, score = _propensity(treated, X, w, where)
    kept = np.where((treated == 0) & (share >= TRIMMED), 0.0, 1.0)
    odds = kept * w * share * (1 - treated) / (1 - share)
    if method == "inverse_probability":
        return _weighting(change, treated, X, w, odds, score)
    return _doubly_robust(change, treated, X, w, odds, score, where)


def _regression(
    change: Floats, D: Floats, X: Floats, w: Floats, where: str
) -> tuple[float, Floats]:
    left, fit = _outcome_model(change, D, X, w, where)
    weight = w * D
    mean = weight.mean()
    raised, expected = weight @ change / weight.sum(), weight @ (change - left) / weight.sum()
    own = weight * (change - raised)
    other = weight * (change - left - expected) + fit @ (weight @ X / len(X))
    return float(raised - expected), (own - other) / mean


def _weighting(
    change: Floats, D: Floats, X: Floats, w: Floats, odds: Floats, score: Floats
) -> tuple[float, Floats]:
    weight = w * D
    raised, expected = weight @ change / weight.sum(), odds @ change / odds.sum()
    own = weight * (change - raised) / weight.mean()
    moved = odds * (change - expected)
    other = (moved + score @ (moved @ X / len(X))) / odds.mean()
    return float(raised - expected), own - other


def _doubly_robust(
    change: Floats, D: Floats, X: Floats, w: Floats, odds: Floats, score: Floats, where: str
) -> tuple[float, Floats]:
    left, fit = _outcome_model(change, D, X, w, where)
    weight = w * D
    raised, expected = weight @ left / weight.sum(), odds @ left / odds.sum()
    n = len(X)
    own = (weight * (left - raised) - fit @ (weight @ X / n)) / weight.mean()
    moved = odds * (left - expected)
    other = (moved + score @ (moved @ X / n) - fit @ (odds @ X / n)) / odds.mean()
    return float(raised - expected), own - other


def _outcome_model(
    change: Floats, D: Floats, X: Floats, w: Floats, where: str
) -> tuple[Floats, Floats]:
    """Residuals of the comparison cities' regression for all, and its coefficients' influence."""
    n, weight = len(X), w * (1 - D)
    gram = (X * weight[:, None]).T @ X / n
    scale = np.sqrt(np.diag(gram))
    if not (scale > 0).all() or np.linalg.cond(gram / np.outer(scale, scale)) > 1e12:
        raise SampleError(
            where,
            expected="comparison cities enough for the covariates",
            found=f"{int((D == 0).sum())}, among whom covariates are collinear",
            hint="use fewer covariates, or not_yet_treated cities as controls, too",
        )
    inverse = np.linalg.inv(gram)
    slopes = inverse @ ((X * weight[:, None]).T @ change / n)
    left = change - X @ slopes
    return left, (X * (weight * left)[:, None]) @ inverse


def _propensity(D: Floats, X: Floats, w: Floats, where: str) -> tuple[Floats, Floats]:
    """Probability of treatment by a logit, and the influence of its coefficients, shape (n, k)."""
    centre, spread = X.mean(axis=0), X.std(axis=0)
    centre[0], spread[0] = 0.0, 1.0
    Z = (X - centre) / np.where(spread > 0, spread, 1.0)
    if np.linalg.matrix_rank(Z) < Z.shape[1]:
        raise SampleError(
            where,
            expected="covariates that differ from each other",
            found="covariates are collinear",
            hint="use fewer covariates",
        )
    slopes = np.zeros(X.shape[1])
    slopes[0] = np.log((w @ D) / (w @ (1 - D)))
    for _ in range(100):
        share = expit(Z @ slopes)
        hessian = (Z * (w * share * (1 - share))[:, None]).T @ Z
        gradient = Z.T @ (w * (D - share))
        if not np.isfinite(hessian).all() or np.linalg.cond(hessian) > 1e14:
            break
        step = np.linalg.solve(hessian, gradient)
        slopes += step / max(1.0, np.abs(step).max() / 5.0)
        if np.abs(step).max() < 1e-12:
            share = expit(Z @ slopes)
            hessian = (Z * (w * share * (1 - share))[:, None]).T @ Z
            influence = (Z * (w * (D - share))[:, None]) @ np.linalg.inv(hessian / len(Z))
            # Moments are formed with X: its coefficients are those of Z in other units.
            return np.asarray(share), influence @ _units(centre, spread)
    raise SampleError(
        where,
        expected="covariates that leave open who is treated",
        found="a logit without a solution: some combination tells it exactly",
        hint="use fewer covariates, or method = 'outcome_regression'",
    )


def _units(centre: Floats, spread: Floats) -> Floats:
    """Matrix that turns the influence of Z's coefficients into that of X's: rows times it."""
    size = np.where(spread > 0, spread, 1.0)
    matrix = np.diag(1.0 / size)
    matrix[1:, 0] = -centre[1:] / size[1:]
    return matrix

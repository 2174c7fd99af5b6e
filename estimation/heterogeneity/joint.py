"""Several effects at once, over repetitions: covariance, joint tests, curves. The rules are here.

Over R repetitions of cross-fitting, effects are medians, term by term. Three rules follow it:

- a standard error of one effect or combination, and with it every interval, is doubleml's
  (:func:`estimation.dml.aggregate`): ``(median(theta_r + 1.96 se_r) - median theta) / 1.96``;
- the covariance of several effects, for joint tests, is that of Chernozhukov et al. (2018, section
  3.4): of ``S_r + (theta_r - theta)(theta_r - theta)'`` the one whose operator norm is the median
  (of an even number the lower of the two in the middle): a covariance, which a patchwork of medians
  need not be;
- a critical value of a band, and the p value of a permutation, is the median over repetitions.

Everything here is clustered as the design says, in the variant ``faithful``, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from estimation.cross_fitting import Answer
from estimation.inference.bands import Band, multiplier_band, simulated_band
from estimation.inference.clustered import Covariance, one_way, two_way
from estimation.inference.difference import Wald, wald_test
from estimation.inference.intervals import UPPER_BOUND
from estimation.residuals import Residuals
from estimation.samples.sample import Floats

BAND_DRAWS = 1999
"""Draws of the bootstrap in each repetition of cross-fitting."""


@dataclass(frozen=True, slots=True, eq=False)
class Joint:
    """Effects per unit of their terms, and their covariance."""

    theta: Floats
    """The effects, shape (k,)."""
    matrix: Floats
    """Their covariance, shape (k, k)."""
    df: float
    """Degrees of freedom: clusters less one, of two ways the fewer."""


def joint_effects(answer: Answer) -> Joint:
    """The effects of an answer over its repetitions, jointly.

    Parameters
    ----------
    answer : Answer
        With one repetition or more, and k terms.

    Returns
    -------
    Joint
    """
    scale = _scale(answer)
    each = [_covariance(one, answer) for one in answer.residuals]
    thetas = np.array([one.theta * scale for one in each])
    matrices = np.array([one.matrix * np.outer(scale, scale) for one in each])
    theta = np.median(thetas, axis=0)
    away = thetas - theta
    spread = matrices + away[:, :, None] * away[:, None, :]
    norms = np.linalg.norm(spread, ord=2, axis=(1, 2))
    middle = np.argsort(norms, kind="stable")[(norms.size - 1) // 2]
    return Joint(theta, spread[middle], each[0].df)


def joint_test(answer: Answer, R: Floats) -> Wald:
    """Test linear restrictions ``R theta = 0`` of an answer's effects.

    Parameters
    ----------
    answer : Answer
    R : float array, shape (q, k)

    Returns
    -------
    Wald

    Raises
    ------
    SampleError
        There are more restrictions than clusters can tell apart.
    """
    joint = joint_effects(answer)
    return wald_test(
        joint.theta,
        joint.matrix,
        R,
        df=joint.df,
        where=f"{answer.inquiry.problem.where}, joint test",
    )


def curve(answer: Answer, L: Floats, *, seed: int, draws: int = BAND_DRAWS) -> Band:
    """Linear combinations of an answer's effects, with intervals and a uniform band.

    Parameters
    ----------
    answer : Answer
    L : float array, shape (m, k)
        A combination a row, of effects per unit of their terms.
    seed : int
        0 or more.
    draws : int
        Of the bootstrap, multipliers drawn for whole clusters; with two ways of clustering, draws
        from the effects' distribution.

    Returns
    -------
    Band
    """
    bands = [_band(one, answer, L, seed=seed, draws=draws) for one in answer.residuals]
    estimate = np.median([band.estimate for band in bands], axis=0)
    upper = np.median([band.estimate + UPPER_BOUND * band.std_error for band in bands], axis=0)
    error = (upper - estimate) / UPPER_BOUND
    pointwise = bands[0].pointwise
    critical = float(np.median([band.critical for band in bands]))
    return Band(
        estimate=estimate,
        std_error=error,
        low=estimate - pointwise * error,
        high=estimate + pointwise * error,
        uniform_low=estimate - critical * error,
        uniform_high=estimate + critical * error,
        pointwise=pointwise,
        critical=critical,
    )


def median_p(p_values: Sequence[float]) -> float:
    """The p value of a permutation over repetitions."""
    return float(np.median(p_values))


def _band(one: Residuals, answer: Answer, L: Floats, *, seed: int, draws: int) -> Band:
    groupings = answer.inquiry.problem.groupings
    covariance, scaled = _covariance(one, answer), L * _scale(answer)
    if groupings.shape[1] == 1:
        return multiplier_band(
            one.u, one.V, one.W, groupings[:, 0], scaled,
            matrix=covariance.matrix, seed=seed, draws=draws,
        )  # fmt: skip
    return simulated_band(
        covariance.theta, covariance.matrix, scaled, df=covariance.df, seed=seed, draws=draws
    )


def _covariance(one: Residuals, answer: Answer) -> Covariance:
    """Covariance of the fitted coefficients, CRV1 as in every row of the table of estimates."""
    groupings = answer.inquiry.problem.groupings.T
    if len(groupings) == 1:
        return one_way(one.u, one.V, one.W, groupings[0])
    return two_way(one.u, one.V, one.W, groupings[0], groupings[1])


def _scale(answer: Answer) -> Floats:
    """From fitted coefficients to effects per unit of their terms: the first scaling."""
    return next(iter(answer.inquiry.problem.terms.scalings.values()))

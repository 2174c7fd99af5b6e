"""How strong an omitted variable would have to be, from residuals alone.

Chernozhukov, Cinelli, Newey, Sharma and Syrgkanis (2022), "Long story short", for the partially
linear model. A variable that explains a share ``cf_y`` of the outcome's residual variance and
raises the variance of the Riesz representer by ``cf_d / (1 - cf_d)`` moves the effect by at most
``|rho| sqrt(cf_y cf_d / (1 - cf_d)) sqrt(sigma2 nu2)``. Estimates and bounds are doubleml's to the
last digits, and need no new fit. Two things differ. Errors may be clustered by city whatever the
folds, while doubleml 0.11.4 ties them to clustered folds. And the errors of the lower and the upper
bound are not exchanged: doubleml subtracts where the score of the effect has the opposite sign.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm
from scipy.stats import t as student

from estimation.inference.intervals import LEVEL, UPPER_BOUND
from estimation.rounding import is_rounding
from estimation.samples.sample import Floats, Integers
from geo.errors import DesignError, SampleError


@dataclass(frozen=True, slots=True)
class Scenario:
    """How strong an omitted variable is supposed to be.

    Raises
    ------
    DesignError
        A share is out of range.
    """

    cf_y: float
    """Share of the outcome's residual variance that it explains, from 0 to below 1."""
    cf_d: float
    """Share of the treatment's residual variance that it explains, from 0 to below 1."""
    rho: float = 1.0
    """Correlation of what it moves in outcome and treatment, from -1 to 1 and not 0; 1 is worst."""

    def __post_init__(self) -> None:
        for key, value in (("cf_y", self.cf_y), ("cf_d", self.cf_d)):
            if not 0 <= value < 1:
                raise _out_of_range(key, "a share of at least 0 and below 1", value)
        if not 0 < abs(self.rho) <= 1:
            raise _out_of_range("rho", "a correlation from -1 to 1 that is not 0", self.rho)


@dataclass(frozen=True, slots=True)
class ShortFit:
    """What sensitivity needs of one term in one repetition of cross-fitting."""

    theta: float
    """The effect without the omitted variable."""
    sigma2: float
    """Variance of the final regression's residual."""
    nu2: float
    """Second moment of the Riesz representer: one over the variance of the term's residual."""
    variance: float
    """Variance of the effect."""
    covariance: float
    """Covariance of the effect and the largest bias."""
    bias_variance: float
    """Variance of the largest bias."""
    clusters: int | None
    """Clusters of the variances; None for errors robust to heteroskedasticity alone."""

    @property
    def largest_bias(self) -> float:
        """Bias of a variable of strength one: ``sqrt(sigma2 nu2)``."""
        return float(np.sqrt(self.sigma2 * self.nu2))


@dataclass(frozen=True, slots=True)
class Bounds:
    """The effect's bounds under a scenario, aggregated over repetitions as doubleml does."""

    scenario: Scenario
    """What was supposed."""
    theta_lower: float
    """Lower bound of the effect: the median over repetitions."""
    theta_upper: float
    """Upper bound of the effect."""
    se_lower: float
    """Standard error of the lower bound."""
    se_upper: float
    """Standard error of the upper bound."""
    ci_lower: float
    """One-sided confidence limit of the lower bound: the median over repetitions."""
    ci_upper: float
    """One-sided confidence limit of the upper bound."""


@dataclass(frozen=True, slots=True)
class Robustness:
    """The strength ``cf_y = cf_d`` at which the effect, or its limit, meets a value."""

    null: float
    """The value, 0 for no effect."""
    rv: float
    """Strength at which the bound is the value."""
    rva: float
    """Strength at which the one-sided limit is the value; 0 if it is beyond it already."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """How strong an observed control is, in the same units, by leaving it out."""

    name: str
    """The control, or controls, left out."""
    cf_y: float
    """Gain in the explained share of the outcome's residual variance, from 0 to 1."""
    cf_d: float
    """Gain in the Riesz representer's variance, from 0 to 1."""
    delta_theta: float
    """Change of the effect when the control is left out."""


def short_fit(u: Floats, V: Floats, *, term: int = 0, clusters: Integers | None = None) -> ShortFit:
    """Summarise one repetition of cross-fitting for one term.

    Parameters
    ----------
    u : float array, shape (n,)
        Out-of-fold residual of the outcome.
    V : float array, shape (n, k)
        Out-of-fold residuals of the terms. Where there are several, they are solved jointly: what
        the others explain is taken out of outcome and term.
    term : int
        Which term.
    clusters : int64 array, shape (n,), optional
        City of each row, 0 or more; without it errors are robust to heteroskedasticity alone.

    Returns
    -------
    ShortFit

    Raises
    ------
    SampleError
        Nothing is left of the term.
    """
    others = np.delete(V, term, axis=1)
    v, y = V[:, term], u
    if others.shape[1]:
        slopes = np.linalg.lstsq(others, np.column_stack([v, u]), rcond=None)[0]
        v, y = v - others @ slopes[:, 0], u - others @ slopes[:, 1]
    if is_rounding(v, V[:, term]):
        raise SampleError(
            f"sensitivity, term {term + 1}",
            expected="variation that features and other terms do not explain",
            found="none",
            hint="leave the term out",
        )
    nu2 = 1 / float(np.mean(v**2))
    theta = nu2 * float(np.mean(v * y))
    squares = (y - theta * v) ** 2
    sigma2 = float(np.mean(squares))
    influence = nu2 * (y - theta * v) * v
    of_sigma2, of_nu2 = squares - sigma2, nu2 - v**2 * nu2**2
    of_bias = (sigma2 * of_nu2 + nu2 * of_sigma2) / (2 * np.sqrt(sigma2 * nu2))
    sums = np.column_stack([influence, of_bias])
    if clusters is not None:
        sums = np.column_stack([np.bincount(clusters, weights=column) for column in sums.T])
    spread = sums.T @ sums / v.size**2
    return ShortFit(
        theta=theta,
        sigma2=sigma2,
        nu2=nu2,
        variance=float(spread[0, 0]),
        covariance=float(spread[0, 1]),
        bias_variance=float(spread[1, 1]),
        clusters=None if clusters is None else int(np.unique(clusters).size),
    )


def bounds(repetitions: Sequence[ShortFit], scenario: Scenario, *, level: float = LEVEL) -> Bounds:
    """Bounds of the effect if a variable as strong as supposed were omitted.

    Parameters
    ----------
    repetitions : sequence of ShortFit
        One for each repetition of cross-fitting.
    scenario : Scenario
    level : float
        Level of each one-sided limit; with clusters from the t distribution with clusters - 1
        degrees of freedom, else from the normal.

    Returns
    -------
    Bounds
    """
    strength = np.array([_strength(scenario.cf_y, scenario.cf_d, scenario.rho)])
    found = {}
    for side, sign in (("lower", -1.0), ("upper", 1.0)):
        thetas, errors = _shifted(repetitions, strength, sign)
        theta = np.median(thetas, axis=0)
        beyond = np.median(thetas + UPPER_BOUND * errors, axis=0)
        limits = thetas + sign * _quantile(repetitions, level) * errors
        found[f"theta_{side}"] = float(theta[0])
        found[f"se_{side}"] = float((beyond - theta)[0] / UPPER_BOUND)
        found[f"ci_{side}"] = float(np.median(limits, axis=0)[0])
    return Bounds(scenario=scenario, **found)


def robustness(
    repetitions: Sequence[ShortFit], *, null: float = 0.0, rho: float = 1.0, level: float = LEVEL
) -> Robustness:
    """The least strength, the same in outcome and treatment, that would explain the effect away.

    Parameters
    ----------
    repetitions : sequence of ShortFit
    null : float
        The value that the effect is to meet.
    rho : float
        As in :class:`Scenario`.
    level : float
        Level of the one-sided limit of ``rva``.

    Returns
    -------
    Robustness
        Exact roots; doubleml's are those of a minimiser, good to five digits.
    """
    Scenario(0.0, 0.0, rho)
    sign = _towards(repetitions, null)
    quantile = _quantile(repetitions, level)

    def distance(strength: float, multiple: float) -> float:
        thetas, errors = _shifted(repetitions, np.array([strength]), sign)
        return float(np.median(-sign * (thetas + sign * multiple * errors - null)))

    farthest = max(abs(one.theta - null) / one.largest_bias for one in repetitions)
    reached = _root(lambda strength: distance(strength, 0.0), farthest)
    with_error = _root(lambda strength: distance(strength, quantile), reached)
    return Robustness(null, _share(reached / abs(rho)), _share(with_error / abs(rho)))


def benchmark(long: Sequence[ShortFit], short: Sequence[ShortFit], *, name: str) -> Benchmark:
    """How strong an observed control is, from fits with and without it.

    Parameters
    ----------
    long : sequence of ShortFit
        With all controls.
    short : sequence of ShortFit
        Without the control, on the same rows and folds, repetition by repetition.
    name : str
        What was left out.

    Returns
    -------
    Benchmark
        Medians over repetitions of doubleml's gain statistics. A control that explains nothing out
        of fold has 0.
    """
    pairs = list(zip(long, short, strict=True))
    in_y = [(without.sigma2 - whole.sigma2) / whole.sigma2 for whole, without in pairs]
    in_d = [(whole.nu2 - without.nu2) / without.nu2 for whole, without in pairs]
    return Benchmark(
        name=name,
        cf_y=float(np.median(np.clip(in_y, 0, 1))),
        cf_d=float(np.median(np.clip(in_d, 0, 1))),
        delta_theta=float(np.median([without.theta - whole.theta for whole, without in pairs])),
    )


def _strength(cf_y: Floats | float, cf_d: Floats | float, rho: float) -> Floats:
    return np.asarray(abs(rho) * np.sqrt(cf_y * cf_d / (1 - cf_d)), dtype=np.float64)


def _share(strength: float) -> float:
    """The share with ``share / sqrt(1 - share) = strength``."""
    square = strength**2
    return float((np.sqrt(square**2 + 4 * square) - square) / 2)


def _root(distance: Callable[[float], float], farthest: float) -> float:
    """Where a distance that falls with strength is zero; 0 if it is from the start."""
    if not distance(0.0) > 0:
        return 0.0
    if not distance(farthest) < 0:
        return farthest
    return float(brentq(distance, 0.0, farthest, xtol=1e-15, rtol=1e-14))


def _shifted(
    repetitions: Sequence[ShortFit], strength: Floats, sign: float
) -> tuple[Floats, Floats]:
    """Bound on one side and its standard error, shapes (repetitions, strengths)."""
    columns = np.array(
        [
            (one.theta, one.largest_bias, one.variance, one.covariance, one.bias_variance)
            for one in repetitions
        ]
    )
    theta, bias, variance, covariance, bias_variance = columns.T[:, :, None]
    shift = sign * strength[None, :]
    squared = variance + 2 * shift * covariance + shift**2 * bias_variance
    return theta + shift * bias, np.sqrt(np.maximum(squared, 0.0))


def _towards(repetitions: Sequence[ShortFit], null: float) -> float:
    """On which side of the effect a value lies: -1 below, 1 above."""
    return 1.0 if null > np.median([one.theta for one in repetitions]) else -1.0


def _quantile(repetitions: Sequence[ShortFit], level: float) -> float:
    clusters = repetitions[0].clusters
    return float(norm.ppf(level) if clusters is None else student.ppf(level, clusters - 1))


def _out_of_range(key: str, expected: str, value: float) -> DesignError:
    return DesignError(
        f"sensitivity, {key}", expected=expected, found=f"{value:g}", hint="correct the value"
    )

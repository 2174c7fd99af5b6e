"""Mediation from cross-products to everything that is told of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from estimation.inference.intervals import LEVEL
from estimation.mediation.bootstrap import Bootstrap, bootstrap
from estimation.mediation.delta import clustered_covariance
from estimation.mediation.figures import TOTAL, Layout, shares_of
from estimation.mediation.intervals import bca, bca_p_values, p_values, percentile
from estimation.mediation.keys import Method
from estimation.mediation.paths import least_own, paths_at
from estimation.mediation.rho import GRID, correlation_left
from estimation.mediation.system import Products
from estimation.samples.sample import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Mediation:
    """Total, direct and indirect effects through J mediators; F = 3 + 3 J figures.

    Figures stand in the order of :class:`estimation.mediation.figures.Layout`.
    """

    names: tuple[str, ...]
    """Names of the mediators."""
    method: Method
    """Which interval the shares' rule goes by."""
    bootstrap: Bootstrap
    """Figures of the sample and of the draws."""
    std_error: Floats
    """Standard deviation of the draws, shape (F,)."""
    p_percentile: Floats
    """Of zero, by the percentile interval, shape (F,)."""
    p_bca: Floats
    """Of zero, by the BCa interval, shape (F,)."""
    percentile: Floats
    """95 % percentile intervals, shape (F, 2)."""
    bca: Floats
    """95 % bias-corrected and accelerated intervals, shape (F, 2); NaN where there is none."""
    std_error_delta: Floats
    """Clustered errors by the delta method (of indirect effects Sobel's), shape (F,)."""
    std_error_jackknife: Floats
    """Errors by leaving out one cluster at a time (CRV3), shape (F,)."""
    least_own: float
    """The least share of its variation that treatment or a mediator has for itself."""
    zero_at: Floats
    """Correlation of errors at which each indirect effect is zero, shape (J,)."""
    rho: Floats
    """Correlations at which indirect effects are told, shape (M,)."""
    n: int
    """Rows."""
    clusters: int
    """Clusters."""

    @property
    def layout(self) -> Layout:
        """Where each figure stands."""
        return Layout(len(self.names))

    @property
    def estimate(self) -> Floats:
        """The figures, shape (F,)."""
        return self.bootstrap.estimate

    @property
    def intervals(self) -> Floats:
        """The intervals of the method asked for, shape (F, 2)."""
        return self.percentile if self.method == "percentile" else self.bca

    @property
    def total_is_near_zero(self) -> bool:
        """Whether the total's interval holds zero, or is unknown: then no share is told."""
        low, high = self.intervals[TOTAL]
        return not (low > 0 or high < 0)

    @property
    def shares(self) -> Floats:
        """Indirect effects over the total, all of them, then each, shape (1 + J, 5).

        Share, ends of its percentile interval, least and largest over repetitions.
        """
        estimate = shares_of(self.estimate[None, :], self.layout)[0]
        each = shares_of(self.bootstrap.each, self.layout)
        found = percentile(shares_of(self.bootstrap.draws, self.layout))
        return np.column_stack([estimate, found, each.min(axis=0), each.max(axis=0)])


@dataclass(frozen=True, slots=True, eq=False)
class RhoCurve:
    """One indirect effect along the correlation of errors, each array of shape (M,)."""

    effect: Floats
    """The effect."""
    std_error: Floats
    """Standard deviation of the draws."""
    interval: Floats
    """95 % percentile interval at one correlation, shape (M, 2)."""
    band: Floats
    """Band that holds the whole curve in 95 % of the draws, shape (M, 2)."""


def mediation(
    products: Sequence[Products], *, draws: int, seed: int, method: Method, where: str
) -> Mediation:
    """Estimate mediation.

    Parameters
    ----------
    products : sequence of Products
        One, or one for each repetition of cross-fitting.
    draws, seed, where
        As in :func:`estimation.mediation.bootstrap.bootstrap`.
    method : {"percentile", "bca"}

    Returns
    -------
    Mediation
        With several repetitions every figure is their median.

    Raises
    ------
    DesignError, SampleError
        As :func:`estimation.mediation.bootstrap.bootstrap`.
    """
    found = bootstrap(products, rho=GRID, draws=draws, seed=seed, where=where)
    count = products[0].sums.shape[0]
    errors = [np.sqrt(np.diag(clustered_covariance(one))) for one in products]
    zero_at = [correlation_left(paths_at(one))[0] for one in products]
    apart = found.without - found.estimate
    return Mediation(
        names=products[0].names,
        method=method,
        bootstrap=found,
        std_error=found.draws.std(axis=0, ddof=1),
        p_percentile=p_values(found.draws),
        p_bca=bca_p_values(found.estimate, found.draws, found.without),
        percentile=percentile(found.draws),
        bca=bca(found.estimate, found.draws, found.without),
        std_error_delta=np.median(errors, axis=0),
        std_error_jackknife=np.sqrt((count - 1) / count * (apart**2).sum(axis=0)),
        least_own=min(least_own(one) for one in products),
        zero_at=np.median(zero_at, axis=0),
        rho=GRID,
        n=products[0].n,
        clusters=count,
    )


def rho_curve(found: Mediation, mediator: int) -> RhoCurve:
    """How one indirect effect depends on the correlation of errors.

    Parameters
    ----------
    found : Mediation
    mediator : int
        Position of the mediator.

    Returns
    -------
    RhoCurve
        The band is the largest deviation, in standard errors, that 95 % of the draws stay below.
    """
    effect = found.bootstrap.rho_estimate[mediator]
    draws = found.bootstrap.rho_draws[:, mediator]
    error = draws.std(axis=0, ddof=1)
    largest = (np.abs(draws - effect) / error).max(axis=1)
    reach = np.quantile(largest, LEVEL, method="higher") * error
    return RhoCurve(
        effect, error, percentile(draws), np.column_stack([effect - reach, effect + reach])
    )

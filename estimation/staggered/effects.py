"""Effects with the influence of every cluster, from which errors, tests and bands follow."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc

from estimation.inference.bands import BLOCK, Band
from estimation.inference.intervals import LEVEL, quantile
from estimation.inference.streams import BANDS, check_draws, generator
from estimation.samples.sample import Floats, Integers
from geo.errors import SampleError

FEW_TREATED = 20
"""Treated clusters below which they alone are the degrees of freedom."""
ROUNDING = 1e-9
"""Share of the largest standard error below which one is rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """Some effects of one estimator on one sample."""

    estimate: Floats
    """The effects, shape (m,)."""
    influence: Floats
    """Influence of each cluster on each effect, shape (G, m): its cross-product is their
    covariance, small-sample factors included."""
    carried: NDArray[np.bool_]
    """Whether an effect rests on treated cities of a cluster, shape (G, m)."""

    @property
    def covariance(self) -> Floats:
        """Covariance of the effects, shape (m, m)."""
        return np.asarray(self.influence.T @ self.influence)

    @property
    def df(self) -> float:
        """Clusters less one: degrees of freedom of p values and intervals."""
        return float(self.influence.shape[0] - 1)

    @property
    def df_of_each(self) -> Floats:
        """Degrees of freedom of each effect, shape (m,).

        Fewer than :data:`FEW_TREATED` treated clusters make up most of the error: these less one.
        """
        few = self.carriers < FEW_TREATED
        return np.where(few, np.clip(self.carriers - 1.0, 1.0, self.df), self.df)

    @property
    def std_error(self) -> Floats:
        """Standard errors, shape (m,); NaN for what one treated cluster alone carries.

        The change of a single treated city is known without error to any estimator here; what is
        left is the error of those that it is compared with.
        """
        error = np.linalg.norm(self.influence, axis=0)
        return np.where(self.carriers >= 2, error, np.nan)

    @property
    def carriers(self) -> Integers:
        """Clusters of treated cities that each effect rests on, shape (m,)."""
        return np.asarray(self.carried.sum(axis=0), dtype=np.int64)

    def taken(self, places: Integers | list[int]) -> "Effects":
        """Some of the effects, by their places."""
        return Effects(self.estimate[places], self.influence[:, places], self.carried[:, places])

    def combined(self, L: Floats) -> "Effects":
        """Linear combinations of the effects.

        Parameters
        ----------
        L : float array, shape (q, m)
            A row for each combination.

        Returns
        -------
        Effects
            Each carried by the clusters of all effects in it.
        """
        carried = self.carried.astype(np.float64) @ (L != 0).T > 0
        return Effects(L @ self.estimate, self.influence @ L.T, carried)


@dataclass(frozen=True, slots=True)
class JointTest:
    """A Wald test that some effects are all nought."""

    statistic: float
    """F: the Wald statistic over the number of effects."""
    q: int
    """Effects that are told from each other (rank of their covariance)."""
    df: float
    """Degrees of freedom of its denominator: clusters less one; with few treated clusters these
    less the number of effects (Hotelling)."""
    p_value: float
    """By the F distribution."""


def joint_df(effects: Effects, rank: int) -> float:
    """Degrees of freedom of the denominator of a joint test; none above 0 where it is not made.

    Parameters
    ----------
    effects : Effects
        Tested together, all with errors.
    rank : int
        How many of them are told from each other.
    """
    treated = int(effects.carried.any(axis=1).sum())
    if treated < FEW_TREATED:
        return float(treated - rank)
    return effects.df if effects.df >= rank else 0.0


def joint_test(effects: Effects, *, where: str) -> JointTest:
    """Test that all effects are nought.

    Parameters
    ----------
    effects : Effects
    where : str
        For errors.

    Returns
    -------
    JointTest

    Raises
    ------
    SampleError
        No effect has an error, or there are no more clusters than effects.
    """
    known = effects.taken(np.flatnonzero(effects.std_error > 0))
    if known.estimate.size == 0:
        raise SampleError(
            where,
            expected="an effect with a standard error",
            found="none",
            hint="use more cities, or a wider window",
        )
    scale = known.std_error
    correlation = known.covariance / np.outer(scale, scale)
    rank = int(np.linalg.matrix_rank(correlation, tol=1e-8, hermitian=True))
    treated = int(known.carried.any(axis=1).sum())
    few = treated < FEW_TREATED
    df = joint_df(known, rank)
    if df <= 0:
        clusters = treated if few else int(known.df) + 1
        raise SampleError(
            where,
            expected=f"more {'treated ' if few else ''}clusters than the {rank} effects tested "
            "together",
            found=f"{clusters}",
            hint="narrow the window",
        )
    t = known.estimate / scale
    wald = float(t @ np.linalg.pinv(correlation, rcond=1e-8, hermitian=True) @ t)
    statistic = wald / rank * (df / (treated - 1) if few else 1.0)
    return JointTest(statistic, rank, df, float(fdtrc(rank, df, statistic)))


def uniform_band(effects: Effects, *, seed: int, draws: int = 9999) -> Band:
    """Intervals and a uniform band by the multiplier bootstrap over clusters.

    Callaway and Sant'Anna (2021), Algorithm 1, with normal multipliers: each draw gives every
    cluster a weight; the band's half-width is a quantile of the largest absolute statistic.

    Parameters
    ----------
    effects : Effects
        m effects.
    seed : int
        0 or more.
    draws : int

    Returns
    -------
    Band
        Intervals by Student's distribution. An effect without a standard error
        has neither, and no say in the band.

    Raises
    ------
    DesignError
        No draws.
    """
    check_draws(draws, "uniform band")
    std_error = effects.std_error
    known = std_error > ROUNDING * np.nanmax(std_error, initial=0.0)
    shape = effects.influence[:, known] / std_error[known]
    rng = generator(seed, BANDS)
    largest = np.zeros(draws)
    if known.any():
        parts = [
            np.abs(rng.normal(size=(min(BLOCK, draws - at), len(shape))) @ shape).max(axis=1)
            for at in range(0, draws, BLOCK)
        ]
        largest = np.concatenate(parts)
    pointwise = quantile(0.5 + LEVEL / 2, df=effects.df)
    critical = max(pointwise, float(np.quantile(largest, LEVEL, method="higher")))
    each = np.array([quantile(0.5 + LEVEL / 2, df=one) for one in effects.df_of_each])
    half, uniform = each * std_error, np.maximum(critical, each) * std_error
    return Band(
        estimate=effects.estimate,
        std_error=std_error,
        low=effects.estimate - half,
        high=effects.estimate + half,
        uniform_low=effects.estimate - uniform,
        uniform_high=effects.estimate + uniform,
        pointwise=pointwise,
        critical=critical,
    )

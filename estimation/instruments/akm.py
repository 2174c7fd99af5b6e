"""Standard errors of shift-share designs: AKM and AKM0 (Adao, Kolesar and Morales 2019).

Units with similar shares share the shocks of the residual, too, which neither robust nor regional
clusters know. What controls leave of the exposure z is regressed on the shares: the slopes ``X_k``
stand for the shocks. Then, with the residual e and rows weighted,
``V = sum_c (sum_{k in c} X_k sum_i s_ik e_i)^2 / (z'x)^2``, c clusters of sectors (their sections
IV.A and IV.C). AKM0 imposes the null in e (their Remark 6): its set solves a quadratic and may be
unbounded where the instrument is weak or shocks are few.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from estimation.inference.anderson_rubin import Shape, quadratic_set
from estimation.inference.intervals import LEVEL, interval, quantile, two_sided
from estimation.inference.moments import sum_by
from estimation.instruments.partialled import Partialled
from estimation.one_thread import one_thread
from estimation.samples.sample import Floats, Integers
from geo.errors import SampleError

COLLINEAR = 1e-12
"""Share of a column's square below which the columns before it determine it."""


@dataclass(frozen=True, slots=True)
class ShiftShareErrors:
    """An effect with its AKM and AKM0 inference; both normal, as in the paper."""

    theta: float
    """The effect."""
    std_error: float
    """AKM standard error."""
    p_value: float
    """AKM, of no effect."""
    ci_low: float
    """Lower end of the AKM 95 % interval."""
    ci_high: float
    """Upper end."""
    p_value_null: float
    """AKM0, of no effect."""
    shape_null: Shape
    """What the AKM0 95 % set is: an interval, all but what is between its ends, or the line."""
    low_null: float
    """Lower end of the AKM0 set."""
    high_null: float
    """Upper end."""
    n_shocks: int
    """Shocks with some share."""
    n_clusters: int
    """Clusters of shocks; shocks where they stand alone."""

    @property
    def std_error_null(self) -> float:
        """Length of the AKM0 interval over twice its quantile; infinite where it is none."""
        if self.shape_null != "interval":
            return np.inf
        return (self.high_null - self.low_null) / (2 * quantile(0.5 + LEVEL / 2))


def akm(
    p: Partialled,
    shares: Floats,
    clusters: Integers | None = None,
    *,
    level: float = LEVEL,
    where: str = "AKM",
) -> ShiftShareErrors:
    """AKM and AKM0 inference for an effect of a shift-share regressor or instrument.

    Parameters
    ----------
    p : Partialled
        n rows, one instrument: the shift-share one (the treatment itself for least squares).
    shares : float array, shape (n, K)
        Share of each row in each shock; in a panel a shock is a sector in a year. Columns of
        zeros say nothing and are left out.
    clusters : int64 array, shape (K,), optional
        Cluster of each shock, for example its sector; shocks are independent when left out.
    level : float
        Of the intervals.
    where : str
        What an error names.

    Returns
    -------
    ShiftShareErrors

    Raises
    ------
    SampleError
        There are several instruments, fewer rows than shocks, fewer than two clusters, or shares
        that are linear functions of each other.
    """
    if p.Z.shape[1] != 1:
        raise SampleError(
            where, expected="one instrument", found=f"{p.Z.shape[1]}", hint="name one of them"
        )
    there = np.flatnonzero(shares.any(axis=0))
    place = shock_clusters(clusters, there)
    count = int(place.max(initial=-1)) + 1
    if count < 2:
        raise SampleError(
            f"{where}, clusters of shocks",
            expected="two or more",
            found=f"{count}",
            hint="name smaller clusters of sectors",
        )
    moved, reduced = float(p.Z[:, 0] @ p.x), float(p.Z[:, 0] @ p.y)
    theta = reduced / moved
    in_y, in_x, in_e = _sums(p, shares[:, there], place, theta, where=where).T
    std_error = float(np.linalg.norm(in_e)) / abs(moved)
    _, p_value, _, _ = interval(theta, std_error)
    reach = quantile(0.5 + level / 2)
    shape, low, high = _null_imposed(in_x, in_e, moved, reach)
    return ShiftShareErrors(
        theta=theta,
        std_error=std_error,
        p_value=p_value,
        ci_low=theta - reach * std_error,
        ci_high=theta + reach * std_error,
        p_value_null=two_sided(reduced / float(np.linalg.norm(in_y))),
        shape_null=shape,
        low_null=theta + low,
        high_null=theta + high,
        n_shocks=int(there.size),
        n_clusters=count,
    )


def shock_clusters(clusters: Integers | None, there: Integers) -> Integers:
    """Cluster of each of the shocks that are there, from 0; each by itself where none are given."""
    if clusters is None:
        return np.arange(there.size)
    return np.unique(clusters[there], return_inverse=True)[1].reshape(-1)


def _sums(p: Partialled, shares: Floats, place: Integers, theta: float, *, where: str) -> Floats:
    """Sums over each cluster's shocks of their slopes times what their shares hold, shape (G, 3).

    Of the outcome, the treatment and the residual: rounding of the fit is left in the residual's
    cross-products, so they are summed of it alone.
    """
    scaled = shares * p.scale[:, None]
    columns = np.column_stack([p.y, p.x, p.y - theta * p.x])
    with one_thread():
        slopes = on_shares(scaled, p.Z[:, 0], where=where)
        return sum_by(slopes[:, None] * (scaled.T @ columns), place, int(place.max()) + 1)


def _null_imposed(
    in_x: Floats, in_e: Floats, moved: float, reach: float
) -> tuple[Shape, float, float]:
    """The AKM0 set in deviations from the estimate.

    ``(moved d)^2 <= reach^2 sum (in_e - d in_x)^2``.
    """
    form = np.array(
        [
            [-(reach**2) * (in_e @ in_e), -(reach**2) * (in_e @ in_x)],
            [-(reach**2) * (in_e @ in_x), moved**2 - reach**2 * (in_x @ in_x)],
        ]
    )
    return quadratic_set(form)


def on_shares(shares: Floats, z: Floats, *, where: str) -> Floats:
    """Slopes of least squares of a column on shares, without a constant.

    Normal equations of columns of length one, solved by Cholesky and refined twice: as good as QR
    where columns are far from collinear, and many times as fast.

    Parameters
    ----------
    shares : float array, shape (n, K)
        No column is zero.
    z : float array, shape (n,)
    where : str
        What an error names.

    Returns
    -------
    float array, shape (K,)

    Raises
    ------
    SampleError
        There are more columns than rows, or columns are linear functions of each other.
    """
    n, count = shares.shape
    if count > n:
        raise SampleError(
            f"{where}, shares",
            expected=f"no more shocks than rows ({n})",
            found=f"{count} shocks",
            hint="merge sectors; the shock-level regression needs no such limit",
        )
    lengths = np.linalg.norm(shares, axis=0)
    columns = shares / lengths
    try:
        factor = cho_factor(columns.T @ columns)
    except LinAlgError as error:
        raise _collinear(where, count) from error
    if np.diag(factor[0]).min() ** 2 < COLLINEAR:
        raise _collinear(where, count)
    slopes = cho_solve(factor, columns.T @ z)
    for _ in range(2):
        slopes = slopes + cho_solve(factor, columns.T @ (z - columns @ slopes))
    return np.asarray(slopes / lengths)


def _collinear(where: str, count: int) -> SampleError:
    return SampleError(
        f"{where}, shares",
        expected=f"shares of {count} shocks, none a linear function of others",
        found="shares that others determine",
        hint="merge or leave out sectors that say the same",
    )

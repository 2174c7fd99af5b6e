"""Formal tests that effects differ: Wald tests with the clustered covariance.

Groups fixed in time are split on the residuals (``split_by_group``); for periods or a group that a
city leaves, the product of treatment and group is formed in levels and is a term of its own.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, fdtrc

from estimation.inference.group_labels import group_of_cities
from estimation.samples.sample import Floats, Integers
from geo.errors import SampleError

RANK = 1e-10
"""Smallest eigenvalue of the restrictions' correlation that still counts as one restriction."""


@dataclass(frozen=True, slots=True)
class Wald:
    """A joint test of q linear restrictions ``R theta = r``."""

    estimate: Floats
    """``R theta - r``, shape (q,)."""
    std_error: Floats
    """Their standard errors, shape (q,)."""
    statistic: float
    """The Wald statistic over q, an F statistic."""
    q: int
    """Restrictions."""
    df: float
    """Denominator's degrees of freedom: clusters less one; infinite for chi squared over q."""
    p_value: float
    """From F(q, df); for q = 1 that of t(df)."""


def wald_test(
    theta: Floats,
    matrix: Floats,
    R: Floats,
    *,
    df: float,
    r: Floats | None = None,
    where: str = "joint test",
) -> Wald:
    """Test linear restrictions of the effects jointly.

    Parameters
    ----------
    theta : float array, shape (k,)
        The effects.
    matrix : float array, shape (k, k)
        Their covariance.
    R : float array, shape (q, k)
        Restrictions, one a row.
    df : float
        Clusters less one (for two ways the fewer); infinite for the normal distribution.
    r : float array, shape (q,), optional
        What ``R theta`` is under the null; zero by default.
    where : str
        What an error names.

    Returns
    -------
    Wald

    Raises
    ------
    SampleError
        There are more restrictions than degrees of freedom, or the covariance does not tell them
        apart.
    """
    gap = R @ theta - (0.0 if r is None else r)
    spread = R @ matrix @ R.T
    q, std_error = gap.size, np.sqrt(np.clip(np.diag(spread), 0.0, None))
    if q > df or not _full_rank(spread, std_error):
        raise SampleError(
            where,
            expected=f"{q} restrictions that {df + 1:g} clusters can tell apart",
            found="a covariance of lower rank",
            hint="test fewer groups or terms at once, or use more cities",
        )
    statistic = float(gap @ np.linalg.solve(spread, gap)) / q
    p_value = chdtrc(q, q * statistic) if np.isinf(df) else fdtrc(q, df, statistic)
    return Wald(gap, std_error, statistic, q, df, float(p_value))


def equality_test(
    theta: Floats, matrix: Floats, *, df: float, where: str = "difference of groups"
) -> Wald:
    """Test that two or more effects are all the same.

    Parameters
    ----------
    theta : float array, shape (J,)
        The effects, for example of J groups.
    matrix : float array, shape (J, J)
        Their covariance.
    df : float
        As in :func:`wald_test`.
    where : str
        What an error names.

    Returns
    -------
    Wald
        ``estimate`` is each effect less the first, J - 1 of them.

    Raises
    ------
    SampleError
        As :func:`wald_test`.
    """
    R = np.column_stack([-np.ones(theta.size - 1), np.eye(theta.size - 1)])
    return wald_test(theta, matrix, R, df=df, where=where)


def split_by_group(
    v: Floats, groups: Integers, clusters: Integers, *, where: str = "groups"
) -> Floats:
    """One column for each group of cities: the term's residual in the group, zero elsewhere.

    Regressing u on the columns gives each group's effect, and their joint covariance.

    Parameters
    ----------
    v : float array, shape (n,)
        Residual of the term (or of its instrument).
    groups, clusters : int64 array, shape (n,)
        Group and city of each row; a city is in one group.
    where : str
        What an error names.

    Returns
    -------
    float array, shape (n, J)
        Groups in ascending order.

    Raises
    ------
    SampleError
        As :func:`estimation.inference.group_labels.group_of_cities`.
    """
    group_of_cities(groups, clusters, where=where)
    return np.where(groups[:, None] == np.unique(groups), v[:, None], 0.0)


def _full_rank(spread: Floats, std_error: Floats) -> bool:
    if not (std_error > 0).all():
        return False
    return bool(np.linalg.eigvalsh(spread / np.outer(std_error, std_error))[0] > RANK)

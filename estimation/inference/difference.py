"""Formal tests that effects differ: Wald tests with the clustered covariance."""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, fdtrc

from estimation.samples.sample import Floats
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


def _full_rank(spread: Floats, std_error: Floats) -> bool:
    if not (std_error > 0).all():
        return False
    return bool(np.linalg.eigvalsh(spread / np.outer(std_error, std_error))[0] > RANK)

"""The Anderson-Rubin test of one instrumented effect, and its confidence set by inversion.

Anderson and Rubin (1949), with clustered errors: if the effect is ``theta0``, the instrument does
not move ``u - theta0 v``. The test is valid however weak the instrument. Its statistic is
``(pi_u - theta0 pi_v)^2`` over ``(1, -theta0) S (1, -theta0)'``, with both reduced forms and their
covariance S, so that the set of nulls that are not rejected solves a quadratic inequality: an
interval, all but an interval, or the line.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import stdtr

from estimation.inference.intervals import LEVEL, quantile
from estimation.inference.moments import cluster_moments
from estimation.samples.sample import Floats, Integers

Shape = Literal["interval", "complement", "line"]
"""What the confidence set is: ``low`` to ``high``, all but what is between them, or everything."""


@dataclass(frozen=True, slots=True)
class AndersonRubin:
    """The test of one null and the confidence set."""

    statistic: float
    """F with 1 and ``df`` degrees of freedom."""
    p_value: float
    """Of the null."""
    df: float
    """The fewest clusters less one."""
    shape: Shape
    """What the 95 % set is."""
    low: float
    """Its lower end; of a complement the end of its lower part; -inf for the line."""
    high: float
    """Its upper end; of a complement the start of its upper part; inf for the line."""


def anderson_rubin(
    u: Floats,
    v: Floats,
    w: Floats,
    groupings: Integers,
    *,
    null: float = 0.0,
    where: str = "Anderson-Rubin test",
) -> AndersonRubin:
    """Test an effect and invert the test.

    Parameters
    ----------
    u, v, w : float arrays, shape (n,)
        Residuals of outcome, treatment and instrument.
    groupings : int64 array, shape (n, 1) or (n, 2)
        Clusters, one column for each way. Two ways are added and their intersection taken off, as
        :func:`estimation.inference.clustered.two_way` does, factors ``G / (G - 1)`` in each.
    null : float
        The effect that is tested.
    where : str
        What an error names.

    Returns
    -------
    AndersonRubin

    Raises
    ------
    SampleError
        A residual is not finite, there are fewer than two clusters, or nothing is left of the
        instrument.
    """
    ways = [_reduced_forms(u, v, w, column, where=where) for column in groupings.T]
    slopes, matrix = ways[0][0], np.sum([matrix for _, matrix, _ in ways], axis=0)
    counts = [count for _, _, count in ways]
    if len(ways) > 1:
        pairs = np.unique(groupings, axis=0, return_inverse=True)[1].reshape(-1)
        less = matrix - _reduced_forms(u, v, w, pairs.astype(np.int64), where=where)[1]
        scale = np.sqrt(np.diag(matrix))
        if np.linalg.eigvalsh(less / np.outer(scale, scale))[0] > 0:
            matrix = less
    df = float(min(counts) - 1)
    direction = np.array([1.0, -null])
    statistic = float((direction @ slopes) ** 2 / (direction @ matrix @ direction))
    reach = quantile(0.5 + LEVEL / 2, df=df) ** 2
    shape, low, high = quadratic_set(np.outer(slopes, slopes) - reach * matrix)
    p_value = float(2 * stdtr(df, -np.sqrt(statistic)))
    return AndersonRubin(statistic, p_value, df, shape, low, high)


def _reduced_forms(
    u: Floats, v: Floats, w: Floats, clusters: Integers, *, where: str
) -> tuple[Floats, Floats, int]:
    """Slopes of outcome and treatment on the instrument, their CRV1 covariance, and clusters."""
    each = [cluster_moments(column, w, None, clusters, where=where) for column in (u, v)]
    influence = np.column_stack([moments.influence[:, 0] for moments in each])
    count = each[0].codes.size
    slopes = np.array([float(moments.theta[0]) for moments in each])
    return slopes, count / (count - 1) * (influence.T @ influence), count


def quadratic_set(form: Floats) -> tuple[Shape, float, float]:
    """Where ``(1, -theta) form (1, -theta)'`` is at most 0: ``a theta^2 - 2 b theta + c``.

    Parameters
    ----------
    form : float array, shape (2, 2)
        Symmetric; at most 0 for some theta, so that the set is not empty.

    Returns
    -------
    (shape, low, high)
        As in :class:`AndersonRubin`.
    """
    a, b, c = float(form[1, 1]), float(form[0, 1]), float(form[0, 0])
    root = b * b - a * c
    if a < 0 and root <= 0:
        return "line", -np.inf, np.inf
    if a == 0:
        end = c / (2 * b) if b else np.inf
        return ("interval", end, np.inf) if b > 0 else ("interval", -np.inf, end)
    ends = sorted((b + sign * np.sqrt(max(root, 0.0))) / a for sign in (-1.0, 1.0))
    return "interval" if a > 0 else "complement", float(ends[0]), float(ends[1])

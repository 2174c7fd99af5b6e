"""Rotemberg weights: which shocks a shift-share estimate comes from.

With each shock's share as an instrument of its own, ``beta = sum_k alpha_k beta_k``: the estimate
is a weighted sum of just-identified ones, ``alpha_k = g_k s_k'x / sum_j g_j s_j'x`` (Goldsmith-
Pinkham, Sorkin and Swift 2020, Proposition 3). Weights sum to one and may be negative.
"""

from dataclasses import dataclass

import numpy as np

from estimation.inference.moments import sum_by
from estimation.instruments.partialled import Partialled
from estimation.samples.sample import Floats, Integers


@dataclass(frozen=True, slots=True, eq=False)
class Rotemberg:
    """Weights and just-identified effects of shocks, or of groups of them."""

    alpha: Floats
    """Weights, shape (K,), summing to one."""
    beta: Floats
    """Effect with the share of this shock alone as the instrument, shape (K,); NaN where it does
    not move the treatment."""

    @property
    def positive(self) -> float:
        """Sum of the weights above zero."""
        return float(self.alpha[self.alpha > 0].sum())

    @property
    def negative(self) -> float:
        """Sum of the weights below zero."""
        return float(self.alpha[self.alpha < 0].sum())

    def top(self, count: int = 5) -> Integers:
        """Positions of the largest weights, the largest first."""
        return np.argsort(-self.alpha, kind="stable")[:count]


def rotemberg(
    p: Partialled,
    shares: Floats,
    shocks: Floats,
    groups: Integers | None = None,
) -> Rotemberg:
    """Rotemberg weights of a shift-share estimate.

    Parameters
    ----------
    p : Partialled
        n rows.
    shares : float array, shape (n, K)
    shocks : float array, shape (K,) or (n, K)
        One for each column, or one for each row and column (leave-one-out shocks).
    groups : int64 array, shape (K,), optional
        Group of each shock, 0 to G - 1, for example the sector of a sector's years: weights are
        summed, and the group's shares times shocks are one instrument. Each alone when left out.

    Returns
    -------
    Rotemberg
        K, or G, weights.
    """
    parts = shares * shocks
    moved, reduced = ((parts * p.scale[:, None]).T @ column for column in (p.x, p.y))
    # What rounding leaves of a shock without a share in what the controls leave is no effect.
    least = 1e-13 * ((np.abs(parts) * p.scale[:, None]).T @ np.abs(p.x))
    if groups is not None:
        count = int(groups.max()) + 1
        columns = np.column_stack([moved, reduced, least])
        moved, reduced, least = sum_by(columns, groups, count).T
    with np.errstate(divide="ignore", invalid="ignore"):
        beta = np.where(np.abs(moved) > least, reduced / moved, np.nan)
    return Rotemberg(moved / moved.sum(), beta)

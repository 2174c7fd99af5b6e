"""Errors of averages over cohorts of a few cities.

Within a cohort of one city nothing tells its noise, within one of two only half of it: averages
that lean on the spread inside cohorts have errors far too small. Effects of small cohorts are
compared with their common average instead, as Borusyak, Jaravel and Spiess (2024, section 4.3)
advise: where cohorts differ, errors become too long for the cities at hand. Each distance is
lengthened for the share that a cluster has in the average itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estimation.samples.sample import Floats, Integers
from estimation.staggered.cohorts import cluster_sums

FEW = 10
"""Clusters below which a cohort is compared with others."""
LEAST = 3
"""Clusters below which a year since adoption is taken together with the one nearer to adoption."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Cohorts in years since adoption, m of them; or their single city-years."""

    cohort: Floats
    """Year of adoption, shape (m,)."""
    since: Floats
    """Years since adoption, shape (m,)."""
    carried: NDArray[np.bool_]
    """Whether a cluster has treated cities there, shape (G, m)."""


def pooled_cohorts(cells: Cells) -> tuple[Floats, Floats]:
    """Cohorts of few clusters, and those whose common average they are compared with.

    Parameters
    ----------
    cells : Cells

    Returns
    -------
    (float array, float array)
        The second has the first among them, and the next larger cohorts until there are
        :data:`FEW` clusters; both empty where no cohort is small.
    """
    cohorts = np.unique(cells.cohort)
    if cohorts.size == 0:
        return cohorts, cohorts
    clusters = np.column_stack(
        [cells.carried[:, cells.cohort == one].any(axis=1) for one in cohorts]
    )
    count = clusters.sum(axis=0)
    order = np.argsort(count, kind="stable")
    small = int((count < FEW).sum())
    if small == 0:
        return cohorts[:0], cohorts[:0]
    last = small
    while last < cohorts.size and clusters[:, order[:last]].any(axis=1).sum() < FEW:
        last += 1
    return cohorts[order[:small]], cohorts[order[:last]]


def pools(cells: Cells) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Cells of small cohorts, and those they are compared with, year by year since adoption.

    Parameters
    ----------
    cells : Cells

    Yields
    ------
    (bool array, bool array), each of shape (m,)
        Years with fewer than :data:`LEAST` clusters go with the next one nearer to adoption.
    """
    small, members = pooled_cohorts(cells)
    inside, own = np.isin(cells.cohort, members), np.isin(cells.cohort, small)
    for years in _stretches(cells, inside):
        chosen = inside & np.isin(cells.since, years)
        yield chosen & own, chosen


def _stretches(cells: Cells, inside: NDArray[np.bool_]) -> Iterator[list[float]]:
    """Years since adoption that are taken together: from adoption outwards on either side."""
    at = np.unique(cells.since[inside])
    for side in (at[at >= 0], at[at < 0][::-1]):
        together: list[float] = []
        full = False
        for one in side:
            clusters = cells.carried[:, inside & (cells.since == one)].any(axis=1).sum()
            if full and clusters >= LEAST:
                yield together
                together = []
            together.append(float(one))
            full = full or bool(clusters >= LEAST)
        if together:
            yield together


def apart(share: Floats) -> Floats:
    """What a distance from an average is multiplied by for having a share in it.

    Parameters
    ----------
    share : float array
        Share in the average; 1 leaves no distance, and nothing to multiply.
    """
    return np.asarray(1.0 / np.sqrt(np.where(share < 1 - 1e-9, 1.0 - share, 1.0)))


def with_pools(estimate: Floats, influence: Floats, cells: Cells, weight: Floats) -> Floats:
    """Influence on effects of cohorts and years, for errors of averages over cohorts.

    Parameters
    ----------
    estimate : float array, shape (m,)
    influence : float array, shape (G, m)
        From the spread inside cohorts.
    cells : Cells
    weight : float array, shape (G, m)
        Weight of each cluster's treated cities in each cell.

    Returns
    -------
    float array, shape (G, m)
        The same where no cohort is small.
    """
    found = influence.copy()
    size = weight.sum(axis=0)
    for own, chosen in pools(cells):
        total = size[chosen].sum()
        centre = float(size[chosen] @ estimate[chosen]) / total
        factor = apart(weight[:, chosen].sum(axis=1) / total)
        inside = weight[:, own] / size[own]
        moved = (influence[:, own] + inside * (estimate[own] - centre)) * factor[:, None]
        found[:, own] = np.where(inside > 0, moved, influence[:, own])
    return found


def pooled_residuals(
    residual: Floats, square: Floats, cells: Cells, cluster: Integers
) -> tuple[Floats, NDArray[np.bool_]]:
    """Residuals of city-years of small cohorts, from the common average of these.

    Parameters
    ----------
    residual : float array, shape (n, m)
        Effects, less what is known of them.
    square : float array, shape (n, m)
        Squares of their weights in m sums: weights of the average.
    cells : Cells
        The n city-years.
    cluster : int64 array, shape (n,)

    Returns
    -------
    (float array of shape (n, m), bool array of shape (n,))
        Residuals, and whose they are.
    """
    found, whose = residual.copy(), np.zeros(len(residual), dtype=np.bool_)
    for own, chosen in pools(cells):
        total = square[chosen].sum(axis=0)
        known = np.where(total > 0, total, 1.0)
        centre = (square[chosen] * residual[chosen]).sum(axis=0) / known
        share = cluster_sums(np.where(chosen[:, None], square, 0.0), cluster) / known
        found[own] = (residual[own] - centre) * apart(share)[cluster[own]]
        whose |= own
    return found, whose

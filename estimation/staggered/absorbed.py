"""Least squares with city and year effects, and the influence of every cluster."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estimation.samples.sample import Floats, Integers
from estimation.staggered.cohorts import StaggeredPanel, cluster_sums
from geo.errors import SampleError

CLEAR = 1e-4
"""Share above which cross-products tell that much is left: their rounding is far below."""
COLLINEAR = 1e-9
"""Share of a column's length that must be left after those before it."""
INVOLVED = 1e-6
"""Share of a determined column above which another one has a part in it."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The city-years of a panel that have outcome and covariates, n of them."""

    place: Integers
    """City and position of the year of each, shape (n, 2)."""
    y: Floats
    """Outcome, shape (n,)."""
    X: Floats
    """Covariates, shape (n, p)."""
    city: Integers
    """Position of the city, shape (n,)."""
    at: Integers
    """Position of the year, shape (n,)."""
    weight: Floats
    """Weight of the city, shape (n,)."""
    cluster: Integers
    """Cluster, shape (n,)."""
    since: Floats
    """Years since adoption, shape (n,); ``-inf`` for cities that never adopt."""
    adopted: Floats
    """Year of adoption, shape (n,)."""


def rows_of(panel: StaggeredPanel) -> Rows:
    """A matrix of cities and years as a long table, by city and year.

    Parameters
    ----------
    panel : StaggeredPanel

    Returns
    -------
    Rows
    """
    there = panel.there & ~np.isnan(panel.covariates).any(axis=2)
    city, at = np.nonzero(there)
    adopted = panel.adopted[city]
    return Rows(
        place=np.column_stack([city, at]),
        y=panel.outcome[there],
        X=panel.covariates[there],
        city=city,
        at=at,
        weight=panel.weights[city],
        cluster=panel.cluster[city],
        since=panel.years[at] - adopted,
        adopted=adopted,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """Coefficients of k columns."""

    estimate: Floats
    """Coefficients, shape (k,); NaN for one that the data do not tell: its column is determined by
    others, or has a part in one that is."""
    influence: Floats
    """Influence of each cluster, shape (G, k), with the factor G/(G-1) (n-1)/(n-K)."""
    used: NDArray[np.bool_]
    """Which of the columns beside them entered, shape (p,): not those that city and year effects,
    or others before them, determine."""


def absorbed_slopes(D: Floats, rows: Rows, *, others: Floats, where: str) -> Slopes:
    """Weighted least squares of the outcome on columns, with city and year effects.

    Parameters
    ----------
    D : float array, shape (n, k)
        Columns whose coefficients are wanted.
    rows : Rows
    others : float array, shape (n, p)
        Columns beside them.
    where : str
        For errors.

    Returns
    -------
    Slopes
        Errors as reghdfe and fixest make them where cities are inside clusters: K counts columns
        and years, not cities.

    Raises
    ------
    SampleError
        Nothing is told of any column, or no row is over.
    """
    dummies = (rows.at[:, None] == np.unique(rows.at)[None, 1:]).astype(np.float64)
    Z = np.column_stack([dummies, others, D])
    root = np.sqrt(rows.weight)
    both = demeaned_by(np.column_stack([rows.y, Z]), rows.city, rows.weight) * root[:, None]
    y, A = both[:, 0], both[:, 1:]
    length = np.linalg.norm(Z * root[:, None], axis=0)
    A = A / np.where(length > 0, length, 1.0)
    kept = independent(A)
    told = _identified(A, kept)
    n, K, count = len(y), int(kept.sum()) + 1, D.shape[1]
    if n <= K or not told[-count:].any():
        raise SampleError(
            where,
            expected="variation left after city and year effects",
            found=f"{n} city-years for {K} coefficients",
            hint="narrow the window, or use more cities",
        )
    A = A[:, kept]
    bread = np.linalg.inv(A.T @ A)
    slopes = bread @ (A.T @ y)
    G = int(rows.cluster.max()) + 1
    scores = cluster_sums(A * (y - A @ slopes)[:, None], rows.cluster)
    factor = np.sqrt(G / (G - 1) * (n - 1) / (n - K))
    estimate, influence = np.full(Z.shape[1], np.nan), np.zeros((G, Z.shape[1]))
    estimate[kept] = slopes / length[kept]
    influence[:, kept] = factor * (scores @ bread) / length[kept]
    estimate[~told], influence[:, ~told] = np.nan, 0.0
    used = kept[dummies.shape[1] : dummies.shape[1] + others.shape[1]]
    return Slopes(estimate[-count:], influence[:, -count:], used)


def _identified(A: Floats, kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Columns whose coefficient is the same in every least squares solution, shape (k,).

    A column that others determine leaves open what it and they do, each alone; those that have no
    part in it are told as before.
    """
    length = np.linalg.norm(A, axis=0)
    dropped = np.flatnonzero(~kept & (length > COLLINEAR))
    told = kept.copy()
    if dropped.size:
        parts = np.linalg.lstsq(A[:, kept], A[:, dropped], rcond=None)[0]
        share = np.abs(parts) * length[kept][:, None] / length[dropped]
        told[np.flatnonzero(kept)[(share > INVOLVED).any(axis=1)]] = False
    return told


def independent(A: Floats) -> NDArray[np.bool_]:
    """Columns of length up to 1 that those before them do not determine.

    Where the cross-products leave no doubt they are enough; else the columns themselves decide.

    Parameters
    ----------
    A : float array, shape (n, k)

    Returns
    -------
    bool array, shape (k,)
    """
    try:
        pivots = np.diag(np.linalg.cholesky(A.T @ A))
    except np.linalg.LinAlgError:
        pivots = np.zeros(A.shape[1])
    if pivots.min(initial=1.0) > CLEAR:
        return np.ones(A.shape[1], dtype=bool)
    return np.asarray(np.abs(np.diag(np.linalg.qr(A, mode="r"))) > COLLINEAR)


def demeaned_by(columns: Floats, city: Integers, weight: Floats) -> Floats:
    """Columns less their weighted means by city.

    Parameters
    ----------
    columns : float array, shape (n, m)
    city : int64 array, shape (n,)
    weight : float array, shape (n,)

    Returns
    -------
    float array, shape (n, m)
    """
    sums = cluster_sums(np.column_stack([columns * weight[:, None], weight]), city)
    total = np.where(sums[:, -1:] > 0, sums[:, -1:], 1.0)
    return np.asarray(columns - (sums[:, :-1] / total)[city])

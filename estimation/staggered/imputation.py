"""The imputation estimator of Borusyak, Jaravel and Spiess (2024)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from estimation.samples.sample import Floats, Integers
from estimation.staggered.absorbed import (
    INVOLVED,
    Rows,
    absorbed_slopes,
    demeaned_by,
    independent,
    rows_of,
)
from estimation.staggered.cohorts import StaggeredPanel, cluster_sums
from estimation.staggered.effects import Effects
from estimation.staggered.small_cohorts import Cells, pooled_residuals
from estimation.staggered.sun_abraham import EventStudy
from geo.errors import SampleError

NOT_IMPUTED = (
    "city-years under the policy left out: no untreated rows tell what they would be without it"
)
"""Said of city-years that cannot be imputed, after their number."""


@dataclass(frozen=True, slots=True, eq=False)
class Imputed:
    """Effects of single city-years, and what weighted sums of them need."""

    rows: Rows
    """City-years used: all untreated ones, and those under the policy that can be imputed."""
    under: NDArray[np.bool_]
    """Under the policy, or within the years of anticipation, shape (n,)."""
    effect: Floats
    """Outcome less what is imputed, shape (n,); residuals where untreated."""
    left_out: int
    """City-years under the policy that untreated rows say nothing about."""
    others: Floats
    """Year dummies and covariates of the model of untreated outcomes, shape (n, q)."""
    used: NDArray[np.bool_]
    """Which covariates are among them, shape (p,): not those that city and year effects, or others
    before them, determine among untreated rows."""


def imputed(panel: StaggeredPanel, *, anticipation: int = 0) -> Imputed:
    """Fit city and year effects (and covariates) on untreated rows, and impute the rest.

    Their Theorem 2, steps 1 and 2.

    Parameters
    ----------
    panel : StaggeredPanel
    anticipation : int
        Years before adoption that count as treated.

    Returns
    -------
    Imputed

    Raises
    ------
    SampleError
        No city-year under the policy can be imputed.
    """
    rows = rows_of(panel)
    under = rows.since >= -anticipation
    part, known = _connected(rows, ~under)
    kept = ~under | known
    left_out = int((~kept).sum())
    kept &= _contributing(rows, part, kept, under)
    used, under = _kept(rows, kept), under[kept]
    _check_some(panel, under)
    dummies = (used.at[:, None] == np.unique(used.at)[None, 1:]).astype(np.float64)
    model = _covariates_used(used, ~under, dummies)
    others = np.column_stack([dummies, used.X[:, model]])
    left = _left(np.column_stack([used.y, used.X[:, ~model]]), others, used, ~under)
    # What untreated rows do not tell of a covariate must not be needed under the policy either.
    size = np.abs(used.X[:, ~model]).max(axis=0, initial=1e-300)
    told = ~under | (np.abs(left[:, 1:]) <= INVOLVED * size).all(axis=1)
    _check_some(panel, under & told)
    scale = np.maximum(np.abs(others[~under]).max(axis=0, initial=0.0), 1e-300)
    return Imputed(
        rows=_counted(_kept(used, told)),
        under=under[told],
        effect=left[told, 0],
        left_out=left_out + int((~told).sum()),
        others=(others / scale)[told],
        used=model,
    )


def _connected(rows: Rows, free: NDArray[np.bool_]) -> tuple[Integers, NDArray[np.bool_]]:
    """Part of the panel that each row's city is of, and whether its year is of the same one.

    Effects of cities and years are known relative to each other where a chain of untreated rows
    leads from one to the other: they are of one part.
    """
    N, T = int(rows.city.max()) + 1, int(rows.at.max()) + 1
    ends = (rows.city[free], N + rows.at[free])
    links = csr_array((np.ones(int(free.sum())), ends), shape=(N + T, N + T))
    _, part = connected_components(links, directed=False)
    own = part[rows.city].astype(np.int64)
    return own, np.asarray(own == part[N + rows.at])


def _contributing(
    rows: Rows, part: Integers, kept: NDArray[np.bool_], under: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Rows that can have a say in some effect.

    Single ones of a city have none; nor, without covariates, a part of the panel in which nothing
    is imputed.
    """
    several = np.bincount(rows.city, weights=kept)[rows.city] > 1
    if rows.X.shape[1]:
        return np.asarray(several)
    return np.asarray(several & np.isin(part, part[kept & under]))


def _counted(rows: Rows) -> Rows:
    """Rows with clusters counted anew."""
    _, cluster = np.unique(rows.cluster, return_inverse=True)
    return replace(rows, cluster=cluster.astype(np.int64))


def _check_some(panel: StaggeredPanel, under: NDArray[np.bool_]) -> None:
    if not under.any():
        raise SampleError(
            f"{panel.label}, imputation",
            expected="city-years under the policy whose city and year have untreated rows, too",
            found="none that a chain of such rows connects",
            hint="add cities that adopt later or never, and years before adoption",
        )


def _covariates_used(rows: Rows, free: NDArray[np.bool_], dummies: Floats) -> NDArray[np.bool_]:
    """Covariates that effects and those before them leave something of in untreated rows."""
    if rows.X.shape[1] == 0:
        return np.zeros(0, dtype=np.bool_)
    Z, weight = np.column_stack([dummies, rows.X])[free], rows.weight[free]
    root = np.sqrt(weight)[:, None]
    length = np.linalg.norm(Z * root, axis=0)
    A = demeaned_by(Z, rows.city[free], weight) * root / np.where(length > 0, length, 1.0)
    return independent(A)[dummies.shape[1] :]


def _left(columns: Floats, others: Floats, rows: Rows, free: NDArray[np.bool_]) -> Floats:
    """Columns less what city effects and others, fitted on untreated rows, make of them."""
    weight, city = rows.weight[free], rows.city[free]
    m = columns.shape[1]
    both = demeaned_by(np.column_stack([columns, others])[free], city, weight)
    root = np.sqrt(weight)[:, None]
    scale = np.maximum(np.abs(others[free]).max(axis=0, initial=0.0), 1e-300)
    slopes = np.linalg.lstsq(both[:, m:] / scale * root, both[:, :m] * root, rcond=1e-11)[0]
    left = columns - (others / scale) @ slopes
    means = cluster_sums(np.column_stack([weight[:, None] * left[free], weight]), city)
    level = means[:, :m] / np.where(means[:, m:] > 0, means[:, m:], 1.0)
    short = int(rows.city.max()) + 1 - len(level)
    return np.asarray(left - np.vstack([level, np.zeros((short, m))])[rows.city])


def imputed_effects(found: Imputed, weights: Floats, *, explained: Floats | None = None) -> Effects:
    """Weighted sums of imputed effects, with conservative clustered errors.

    Their Theorem 3 and Proposition 6: residuals under the policy are effects less the average of
    their cohort and year since adoption, weighted by the squares of the estimator's weights.

    Parameters
    ----------
    found : Imputed
    weights : float array, shape (n, m)
        Of each city-year in each sum; 0 where untreated.
    explained : float array, shape (n, m), optional
        What a model of the effects makes of each, up to a constant of its cohort and year: no part
        of the residuals. None takes effects of a cohort and year as the same.

    Returns
    -------
    Effects
        m sums.
    """
    rows, under = found.rows, found.under
    v = weights + _on_untreated(found, weights)
    residual = np.tile(found.effect[:, None], (1, v.shape[1]))
    if explained is not None:
        residual = residual - np.where(under[:, None], explained, 0.0)
    cohort = _cohort_years(rows)
    square = np.where(under[:, None], v**2, 0.0)
    pooled, small = _pooled(found, residual, square)
    sums = cluster_sums(np.column_stack([square * residual, square]), cohort)
    m = v.shape[1]
    average = np.divide(
        sums[:, :m], sums[:, m:], out=np.zeros((len(sums), m)), where=sums[:, m:] > 0
    )
    residual = residual - np.where(under[:, None], average[cohort], 0.0)
    residual[small] = pooled[small]
    return Effects(
        weights.T @ found.effect,
        cluster_sums(v * residual, rows.cluster),
        cluster_sums((weights != 0).astype(np.float64), rows.cluster) > 0,
    )


def _pooled(found: Imputed, residual: Floats, square: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Residuals under the policy of small cohorts, and whose they are."""
    rows, under = found.rows, found.under
    G = int(rows.cluster.max()) + 1
    carried = np.zeros((G, int(under.sum())), dtype=np.bool_)
    carried[rows.cluster[under], np.arange(carried.shape[1])] = True
    # Averages after adoption leave years of anticipation out: their signs set stretches apart.
    cells = Cells(rows.adopted[under], rows.since[under], carried)
    own, whose = pooled_residuals(residual[under], square[under], cells, rows.cluster[under])
    made, small = residual.copy(), np.zeros(under.size, dtype=np.bool_)
    made[under], small[under] = own, whose
    return made, small


def imputation(panel: StaggeredPanel, *, anticipation: int = 0, leads: int = 5) -> EventStudy:
    """Average effects after adoption by imputation, and a pre-trend test on untreated rows.

    Years since adoption before 0 are their equation (8): a regression among untreated rows alone,
    with a dummy for each of the last years before adoption; earlier years are the reference.

    Parameters
    ----------
    panel : StaggeredPanel
    anticipation : int
        Years before adoption in which cities may react already; they count as treated.
    leads : int
        Years before that to test, 0 or more; fewer where cities have no earlier ones.

    Returns
    -------
    EventStudy
        The average over city-years from the year of adoption on.

    Raises
    ------
    SampleError
        Nothing can be imputed.
    """
    found = imputed(panel, anticipation=anticipation)
    since, weight = found.rows.since, found.rows.weight
    at = np.unique(since[found.under])
    chosen = [weight * (since == one) * found.under for one in at]
    chosen.append(weight * (since >= 0) * found.under)
    if not chosen[-1].any():
        raise SampleError(
            f"{panel.label}, imputation",
            expected="city-years after adoption that can be imputed",
            found="none",
            hint="add cities that adopt later or never",
        )
    effects = imputed_effects(found, np.column_stack([one / one.sum() for one in chosen]))
    after = effects.taken(list(range(at.size)))
    before, leading = _leads(found, panel, leads)
    notes: tuple[str, ...] = ()
    if found.left_out:
        notes = (f"{found.left_out} {NOT_IMPUTED}",)
    return EventStudy(
        overall=effects.taken([at.size]),
        at=np.concatenate([before, at]),
        by=after if leading is None else _beside(leading, after),
        reference=np.array([before.min() - 1 if before.size else -1.0 - anticipation]),
        rows=found.rows.y.size,
        cities=int(np.unique(found.rows.city).size),
        used=found.used,
        notes=notes,
    )


def _leads(found: Imputed, panel: StaggeredPanel, leads: int) -> tuple[Floats, Effects | None]:
    """Effects of the last years before adoption, among untreated rows, but the earliest."""
    rows = _kept(found.rows, ~found.under)
    there = np.unique(rows.since[np.isfinite(rows.since)])
    at = there[1:][-leads:] if leads else there[:0]
    if at.size == 0:
        return at[:0], None
    dummies = (rows.since[:, None] == at).astype(np.float64)
    try:
        fit = absorbed_slopes(dummies, rows, others=rows.X, where=f"{panel.label}, imputation")
    except SampleError:
        return at[:0], None
    told = ~np.isnan(fit.estimate)
    carried = _padded(cluster_sums(dummies[:, told], rows.cluster), found) > 0
    # Clusters without an untreated row have no influence here, but stand in the same order.
    effects = Effects(fit.estimate[told], _padded(fit.influence[:, told], found), carried)
    return at[told], effects


def _padded(influence: Floats, found: Imputed) -> Floats:
    """Influence with a row for every cluster of the panel."""
    count = int(found.rows.cluster.max()) + 1
    return np.vstack([influence, np.zeros((count - len(influence), influence.shape[1]))])


def _beside(first: Effects, second: Effects) -> Effects:
    return Effects(
        np.concatenate([first.estimate, second.estimate]),
        np.column_stack([first.influence, second.influence]),
        np.column_stack([first.carried, second.carried]),
    )


def _on_untreated(found: Imputed, weights: Floats) -> Floats:
    """Weights of untreated outcomes in the imputed sums, shape (n, m).

    ``-Z0 (Z0'W Z0)^-1 Z1'w`` with city effects eliminated: the city's part by its mean, the rest by
    what is left after these.
    """
    rows, free, Z = found.rows, ~found.under, found.others
    N = int(rows.city.max()) + 1
    w0 = np.where(free, rows.weight, 0.0)
    total = np.bincount(rows.city, weights=w0, minlength=N)
    total = np.where(total > 0, total, 1.0)[:, None]
    means = cluster_sums(np.vstack([Z * w0[:, None], np.zeros((0, Z.shape[1]))]), rows.city) / total
    centred = (Z - means[rows.city]) * w0[:, None]
    gram = centred.T @ Z
    by_city = cluster_sums(weights, rows.city)
    target = Z.T @ weights - means.T @ by_city
    slopes = np.linalg.pinv(gram, rcond=1e-11, hermitian=True) @ target
    level = by_city / total - means @ slopes
    return -(level[rows.city] + Z @ slopes) * w0[:, None]


def _cohort_years(rows: Rows) -> Integers:
    pairs = np.column_stack([rows.adopted, rows.at.astype(np.float64)])
    _, cohort = np.unique(pairs, axis=0, return_inverse=True)
    return np.asarray(cohort, dtype=np.int64).ravel()


def _kept(rows: Rows, kept: NDArray[np.bool_]) -> Rows:
    columns: Sequence[str] = Rows.__dataclass_fields__.keys()  # type: ignore[assignment]
    return replace(rows, **{name: getattr(rows, name)[kept] for name in columns})

"""The interaction-weighted estimator of Sun and Abraham (2021)."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from estimation.samples.sample import Floats
from estimation.staggered.absorbed import Rows, absorbed_slopes, rows_of
from estimation.staggered.cohorts import NEVER, StaggeredPanel, base_year, cluster_sums
from estimation.staggered.effects import Effects
from estimation.staggered.small_cohorts import Cells, with_pools
from geo.errors import SampleError


@dataclass(frozen=True, slots=True, eq=False)
class EventStudy:
    """Effects by years since adoption, and their average after adoption."""

    overall: Effects
    """One effect: the average over city-years under the policy."""
    at: Floats
    """Years since adoption, ascending, shape (k,); the reference is not among them."""
    by: Effects
    """Effects there, k of them."""
    reference: Floats
    """Years since adoption that the others are compared with."""
    rows: int
    """City-years used."""
    cities: int
    """Cities used."""
    used: NDArray[np.bool_]
    """Which covariates play a part, shape (p,): not those that city and year effects, or others,
    determine."""
    notes: tuple[str, ...] = ()
    """What a reader must know."""


def sun_abraham(panel: StaggeredPanel, *, anticipation: int = 0) -> EventStudy:
    """Cohorts' effects by years since adoption, averaged by the cohorts' shares in each.

    The regression is their equation (25): city and year effects, and a dummy for each cohort and
    year since adoption but the last before it. Cities that never adopt are the comparison; without
    them the last cohort is, up to the year before it adopts (their section 4.1). Shares of cohorts
    are taken as given, as `fixest` does.

    Parameters
    ----------
    panel : StaggeredPanel
        No city always treated. Covariates enter linearly, in all years.
    anticipation : int
        Years before adoption in which cities may react already.

    Returns
    -------
    EventStudy

    Raises
    ------
    SampleError
        Nothing can be compared.
    """
    used, notes = _with_comparison(panel, anticipation)
    used, skipped = _with_reference(_with_several_rows(used), anticipation)
    rows = rows_of(used)
    cohort, since = _cells(used, rows, anticipation)
    if since.size == 0 or not (since >= 0).any():
        raise SampleError(
            f"{panel.label}, sun_abraham",
            expected="a cohort with years before and after adoption",
            found="none",
            hint="choose earlier and later years",
        )
    member = (rows.adopted[:, None] == cohort) & (rows.since[:, None] == since)
    where = f"{panel.label}, sun_abraham"
    fit = absorbed_slopes(member.astype(np.float64), rows, others=rows.X, where=where)
    told = ~np.isnan(fit.estimate)
    if not (since[told] >= 0).any():
        raise SampleError(
            where,
            expected="a cohort-year after adoption that clean comparisons tell",
            found="none",
            hint="add cities that never adopt, with years before and after",
        )
    if not told.all():
        rest = _without(used, rows, member[:, ~told].any(axis=1))
        again = sun_abraham(rest, anticipation=anticipation)
        unknown = _unknown(int(member[:, ~told].sum()), int((~told).sum()))
        return replace(again, notes=(*notes, *skipped, unknown, *again.notes))
    weight = cluster_sums(rows.weight[:, None] * member, rows.cluster)
    influence = with_pools(fit.estimate, fit.influence, Cells(cohort, since, weight > 0), weight)
    cells = Effects(fit.estimate, influence, weight > 0)
    size = weight.sum(axis=0)
    at = np.unique(since)
    by = _weighted(cells, [size * (since == one) for one in at])
    return EventStudy(
        overall=_weighted(cells, [size * (since >= 0)]),
        at=at,
        by=by,
        reference=np.array([-1.0 - anticipation]),
        rows=rows.y.size,
        cities=int(np.unique(rows.city).size),
        used=fit.used,
        notes=(*notes, *skipped),
    )


def _weighted(cells: Effects, sizes: list[Floats]) -> Effects:
    return cells.combined(np.array([one / one.sum() for one in sizes]))


def _with_comparison(
    panel: StaggeredPanel, anticipation: int
) -> tuple[StaggeredPanel, tuple[str, ...]]:
    """The panel with cities that never adopt, or with the last cohort in their place."""
    if np.isinf(panel.adopted).any():
        return panel, ()
    last = panel.cohorts[-1]
    clean = panel.years + anticipation < last
    if panel.cohorts.size < 2 or clean.sum() < 2:
        raise SampleError(
            f"{panel.label}, sun_abraham",
            expected="cities that never adopt, or a cohort that adopts last",
            found=f"{panel.cohorts.size} cohorts, none of them untreated for two years",
            hint="add cities that never adopt",
        )
    kept = replace(
        panel,
        outcome=panel.outcome[:, clean],
        years=panel.years[clean],
        covariates=panel.covariates[:, clean],
        adopted=np.where(panel.adopted == last, NEVER, panel.adopted),
    )
    there = np.asarray(kept.there.any(axis=1))
    note = f"no city never adopts: compared with cohort {last:g}, in years before it adopts"
    return kept.taken(there), (note,)


def _with_reference(
    panel: StaggeredPanel, anticipation: int
) -> tuple[StaggeredPanel, tuple[str, ...]]:
    """The panel without cohorts that have no row in the year of reference, and what they were.

    Without it they have no dummies: under the policy they would stand as controls.
    """
    there = panel.there & ~np.isnan(panel.covariates).any(axis=2)
    lacking = []
    for one in panel.cohorts:
        start = base_year(panel.years, float(one), anticipation)
        if start is None or not there[panel.adopted == one, start].any():
            lacking.append(float(one))
    if not lacking:
        return panel, ()
    out = np.isin(panel.adopted, lacking)
    notes = tuple(
        f"cohort {one:g} left out ({int((panel.adopted == one).sum())} cities): no row of the last "
        "year before it acts on the policy"
        for one in lacking
    )
    if out.all():
        raise SampleError(
            f"{panel.label}, sun_abraham",
            expected="cohorts with a row of the last year before adoption",
            found="none",
            hint="choose years that hold it",
        )
    return panel.taken(~out), notes


def _with_several_rows(panel: StaggeredPanel) -> StaggeredPanel:
    """The panel without cities of one row, whose own effect takes it up."""
    there = panel.there & ~np.isnan(panel.covariates).any(axis=2)
    several = np.asarray(there.sum(axis=1) > 1)
    return panel if several.all() or not several.any() else panel.taken(several)


def _without(panel: StaggeredPanel, rows: Rows, out: NDArray[np.bool_]) -> StaggeredPanel:
    """The panel without some of its rows."""
    outcome = panel.outcome.copy()
    outcome[rows.place[out, 0], rows.place[out, 1]] = np.nan
    return replace(panel, outcome=outcome)


def _unknown(rows: int, cells: int) -> str:
    why = "nothing clean compares them with the last year before adoption"
    return f"{rows} city-years ({cells} cohort-years) not told: {why}"


def _cells(panel: StaggeredPanel, rows: Rows, anticipation: int) -> tuple[Floats, Floats]:
    """Cohort and years since adoption of each dummy."""
    cohort, since = [], []
    for one in panel.cohorts:
        start = base_year(panel.years, float(one), anticipation)
        there = np.unique(rows.since[rows.adopted == one])
        own = there if start is None else there[there != panel.years[start] - one]
        cohort += [float(one)] * own.size
        since += own.tolist()
    return np.array(cohort), np.array(since)

"""The interaction-weighted estimator of Sun and Abraham (2021)."""

from dataclasses import dataclass, replace

import numpy as np

from estimation.samples.sample import Floats
from estimation.staggered.absorbed import Rows, absorbed_slopes, rows_of
from estimation.staggered.cohorts import NEVER, StaggeredPanel, base_year
from estimation.staggered.effects import Effects
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
    rows = rows_of(used)
    cohort, since, skipped = _cells(used, rows, anticipation)
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
    cohort, since, member = cohort[told], since[told], member[:, told]
    carried = [np.unique(rows.cluster[one]).size for one in member.T]
    cells = Effects(fit.estimate[told], fit.influence[:, told], np.array(carried, dtype=np.int64))
    size = rows.weight @ member
    at = np.unique(since)
    by = _weighted(cells, [size * (since == one) for one in at])
    return EventStudy(
        overall=_weighted(cells, [size * (since >= 0)]),
        at=at,
        by=by,
        reference=np.array([-1.0 - anticipation]),
        rows=rows.y.size,
        cities=int(np.unique(rows.city).size),
        notes=(*notes, *skipped),
    )


def _weighted(cells: Effects, sizes: list[Floats]) -> Effects:
    """Averages of cells; each is carried by the clusters of all its cells."""
    L = np.array([one / one.sum() for one in sizes])
    carried = np.array([int(cells.carried[row > 0].sum()) for row in L], dtype=np.int64)
    return replace(cells.combined(L), carried=carried)


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


def _cells(
    panel: StaggeredPanel, rows: Rows, anticipation: int
) -> tuple[Floats, Floats, tuple[str, ...]]:
    """Cohort and years since adoption of each dummy, and cohorts without a reference."""
    cohort, since, skipped = [], [], []
    for one in panel.cohorts:
        start = base_year(panel.years, float(one), anticipation)
        there = np.unique(rows.since[rows.adopted == one])
        reference = None if start is None else panel.years[start] - one
        if reference is None or reference not in there:
            skipped.append(f"cohort {one:g} has no year before adoption to compare with")
            continue
        own = there[there != reference]
        cohort += [float(one)] * own.size
        since += own.tolist()
    return np.array(cohort), np.array(since), tuple(skipped)

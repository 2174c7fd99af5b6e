"""Group-time effects of Callaway and Sant'Anna (2021): one for each cohort and year."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from estimation.samples.sample import Floats, Integers
from estimation.staggered.cohorts import StaggeredPanel, base_year, cluster_sums
from estimation.staggered.effects import Effects
from estimation.staggered.small_cohorts import Cells, pooled_cohorts, with_pools
from estimation.staggered.two_by_two import Method, two_by_two
from geo.errors import SampleError

Control = Literal["never_treated", "not_yet_treated"]
Base = Literal["universal", "varying"]


@dataclass(frozen=True, slots=True, eq=False)
class GroupTime:
    """Effects by cohort and year, and what their averages need."""

    effects: Effects
    """m effects, one for each pair."""
    across: Effects
    """The same with the errors of averages over cohorts: where these are small, of the distances
    from their common average (:mod:`estimation.staggered.small_cohorts`)."""
    cohort: Floats
    """Year of adoption of each, shape (m,)."""
    year: Integers
    """Calendar year of each, shape (m,)."""
    size: Floats
    """Share of each pair's cohort among all cities, shape (m,)."""
    size_influence: Floats
    """Influence of each cluster on these shares, shape (G, m)."""
    small: NDArray[np.bool_]
    """Whether each is of a small cohort, shape (m,)."""
    cities: int
    """Cities that some effect is of, or compared with."""
    rows: int
    """Their city-years that enter one."""
    base: NDArray[np.bool_]
    """Whether the year is the one that the cohort is compared with: nought by construction."""
    untold: tuple[str, ...]
    """Cohorts, or cohorts and years, without an effect, and why."""
    anticipation: int = 0
    """Years before adoption in which cities may react already."""

    @property
    def since(self) -> Floats:
        """Years since adoption, shape (m,)."""
        return np.asarray(self.year - self.cohort, dtype=np.float64)


def group_time(
    panel: StaggeredPanel,
    *,
    control: Control = "never_treated",
    anticipation: int = 0,
    method: Method = "doubly_robust",
    base: Base = "universal",
) -> GroupTime:
    """Callaway and Sant'Anna's group-time average treatment effects, their Theorem 1.

    Each compares the change since the year before adoption (and anticipation) of a cohort with
    that of cities not under the policy, over cities that have both years. Covariates are those of
    the base year, before any treatment.

    Parameters
    ----------
    panel : StaggeredPanel
        As from :func:`estimation.staggered.cohorts.with_clean_start`: no city always treated.
    control : {"never_treated", "not_yet_treated"}
        Whom a cohort is compared with.
    anticipation : int
        Years before adoption in which cities may react already, 0 or more.
    method : {"doubly_robust", "outcome_regression", "inverse_probability"}
    base : {"universal", "varying"}
        Before adoption, changes since the universal base year, or since the year before (as `did`
        does by default: pseudo-effects of one year each).

    Returns
    -------
    GroupTime
        With a universal base its year has the effect 0 without error.

    Raises
    ------
    SampleError
        No city adopts, or none can be compared with.
    """
    _check(panel, control)
    cells, untold = [], []
    for cohort in panel.cohorts:
        first = base_year(panel.years, float(cohort), anticipation)
        if first is None:
            untold.append(f"cohort {cohort:g}: no year before it acts on the policy")
            continue
        for at in range(panel.years.size):
            after = panel.years[at] >= cohort
            start = first if after or base == "universal" else at - 1
            if start < 0:
                continue
            try:
                cells.append(_cell(panel, float(cohort), start, at, control, anticipation, method))
            except SampleError as error:
                year = panel.years[at]
                untold.append(f"cohort {cohort:g}, year {year}: {error.found}")
    if not cells:
        raise SampleError(
            f"{panel.label}, callaway_santanna",
            expected="a cohort with a year before adoption, and cities to compare it with",
            found="; ".join(untold[:3]) or "none",
            hint="set control = 'not_yet_treated', or choose earlier years",
        )
    used = _used(panel, cells)
    part = np.asarray(used.any(axis=1))
    if part.any() and not part.all():
        # Cities that nothing is told of are no part of shares and clusters either.
        found = group_time(
            panel.taken(part), control=control, anticipation=anticipation, method=method, base=base
        )
        return replace(found, untold=tuple(untold))
    cohort = np.array([cell.cohort for cell in cells])
    size, moved = _sizes(panel, cohort)
    effects, across, small = _effects(panel, cells)
    return GroupTime(
        effects=effects,
        across=across,
        small=small,
        cohort=cohort,
        year=np.array([cell.year for cell in cells], dtype=np.int64),
        size=size,
        size_influence=cluster_sums(moved, panel.cluster),
        cities=int(part.sum()),
        rows=int(used.sum()),
        base=np.array([cell.base for cell in cells]),
        untold=tuple(untold),
        anticipation=anticipation,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Cell:
    cohort: float
    year: int
    effect: float
    influence: Floats
    used: NDArray[np.bool_]
    years: tuple[int, int]

    @property
    def base(self) -> bool:
        """Whether it is the year that the cohort is compared with."""
        return self.years[0] == self.years[1]


def _effects(
    panel: StaggeredPanel, cells: list[_Cell]
) -> tuple[Effects, Effects, NDArray[np.bool_]]:
    """Effects of all cells, with the errors of each, those of averages, and which are pooled."""
    own_cities = [cell.used & (panel.adopted == cell.cohort) for cell in cells]
    weight = cluster_sums(
        np.column_stack([one * panel.weights for one in own_cities]), panel.cluster
    )
    own = Effects(
        np.array([cell.effect for cell in cells]),
        cluster_sums(np.column_stack([cell.influence for cell in cells]), panel.cluster),
        weight > 0,
    )
    # The year of reference is nought by construction: it says nothing of the others.
    told = np.flatnonzero([not cell.base for cell in cells])
    cohort, year = (np.array([getattr(one, name) for one in cells]) for name in ("cohort", "year"))
    places = Cells(cohort[told], (year - cohort)[told], own.carried[:, told])
    influence = own.influence.copy()
    influence[:, told] = with_pools(
        own.estimate[told], own.influence[:, told], places, weight[:, told]
    )
    small = np.isin(cohort, pooled_cohorts(places)[0])
    return own, replace(own, influence=influence), small


def _cell(
    panel: StaggeredPanel,
    cohort: float,
    start: int,
    at: int,
    control: Control,
    anticipation: int,
    method: Method,
) -> _Cell:
    """One cohort in one year; influence of each of the N cities, over N."""
    N, year = len(panel.adopted), int(panel.years[at])
    own = panel.adopted == cohort
    influence = np.zeros(N)
    if start == at:
        return _Cell(cohort, year, 0.0, influence, own, (start, at))
    others = np.isinf(panel.adopted)
    if control == "not_yet_treated":
        later = max(panel.years[at], panel.years[start]) + anticipation
        others = (panel.adopted > later) & ~own
    X = panel.covariates[:, start]
    change = panel.outcome[:, at] - panel.outcome[:, start]
    used = (own | others) & ~np.isnan(change) & ~np.isnan(X).any(axis=1)
    if not (used & own).any() or not (used & others).any():
        who = "no city of the cohort" if not (used & own).any() else "no city to compare with"
        raise SampleError(panel.label, expected="both", found=who, hint="use more cities")
    n = int(used.sum())
    effect, of_city = two_by_two(
        change[used],
        own[used].astype(np.float64),
        X[used],
        panel.weights[used],
        method=method,
        where=f"{panel.label}, callaway_santanna, cohort {cohort:g}, year {year}",
    )
    influence[used] = of_city / n
    return _Cell(cohort, year, effect, influence, used, (start, at))


def _used(panel: StaggeredPanel, cells: list[_Cell]) -> NDArray[np.bool_]:
    """City-years that enter some effect, shape (N, T)."""
    used = np.zeros(panel.outcome.shape, dtype=np.bool_)
    for cell in cells:
        if not cell.base:
            used[:, cell.years] |= cell.used[:, None]
    return used


def _sizes(panel: StaggeredPanel, cohort: Floats) -> tuple[Floats, Floats]:
    """Share of each effect's cohort, and each city's influence on it over N."""
    w = panel.weights / panel.weights.mean()
    member = (panel.adopted[:, None] == cohort[None, :]) * w[:, None]
    share = member.mean(axis=0)
    return share, (member - share) / len(w)


def _check(panel: StaggeredPanel, control: Control) -> None:
    where = f"{panel.label}, callaway_santanna"
    if panel.cohorts.size == 0:
        raise SampleError(
            where,
            expected="cities that adopt after their first year",
            found="none",
            hint="choose earlier years, or correct the year of adoption",
        )
    if control == "never_treated" and not np.isinf(panel.adopted).any():
        raise SampleError(
            where,
            expected="cities that never adopt",
            found="none",
            hint="set control = 'not_yet_treated'",
        )

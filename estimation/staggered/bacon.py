"""What linear two-way fixed effects of a staggered policy average: Goodman-Bacon (2021)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estimation.samples.sample import Floats
from estimation.staggered.cohorts import StaggeredPanel
from geo.errors import SampleError

CLEAN_NEVER = "treated against never treated"
CLEAN_LATER = "earlier against later treated"
FORBIDDEN_EARLIER = "later against earlier treated"
FORBIDDEN_ALWAYS = "treated against always treated"
TYPES = (CLEAN_NEVER, CLEAN_LATER, FORBIDDEN_EARLIER, FORBIDDEN_ALWAYS)
FORBIDDEN = (FORBIDDEN_EARLIER, FORBIDDEN_ALWAYS)
"""Comparisons whose control cities are under the policy already: their own effect, where it
changes, is subtracted."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two groups compared before and after one of them adopts."""

    kind: str
    """One of :data:`TYPES`."""
    treated: float
    """Year of adoption of those that adopt."""
    control: float
    """Year of adoption of those compared with; ``inf`` for never, ``-inf`` for always."""
    estimate: float
    """Difference in differences of the two."""
    weight: float
    """Its share in the two-way fixed effects estimate."""


@dataclass(frozen=True, slots=True)
class Decomposition:
    """A two-way fixed effects estimate as a weighted average of comparisons."""

    comparisons: tuple[Comparison, ...]
    """Each pair of groups; weights sum to one."""
    total: float
    """Their weighted sum."""
    two_way: float
    """The two-way fixed effects estimate on the same cities, made by regression."""
    cities: int
    """Cities with a row in every year, which it is of."""
    left_out: int
    """Cities without."""

    def of_kind(self, kind: str) -> tuple[float, float]:
        """Weight of the comparisons of a kind, and their average estimate (NaN for none)."""
        chosen = [one for one in self.comparisons if one.kind == kind]
        weight = sum(one.weight for one in chosen)
        if not weight > 0:
            return 0.0, float("nan")
        return weight, sum(one.weight * one.estimate for one in chosen) / weight

    @property
    def forbidden(self) -> float:
        """Weight of the comparisons with cities that are under the policy already."""
        return sum(one.weight for one in self.comparisons if one.kind in FORBIDDEN)


def bacon_decomposition(panel: StaggeredPanel) -> Decomposition:
    """Goodman-Bacon's Theorem 1, on the cities that have every year.

    Parameters
    ----------
    panel : StaggeredPanel
        Always treated cities included; covariates are not used.

    Returns
    -------
    Decomposition
        The sum is exact: the theorem is one of algebra.

    Raises
    ------
    SampleError
        No city has every year, or all have the same path of the policy.
    """
    whole = np.asarray(panel.there.all(axis=1))
    if not whole.any():
        raise SampleError(
            f"{panel.label}, Bacon decomposition",
            expected="cities with a row in every year",
            found="none",
            hint="choose years that cities have in common",
        )
    kept = panel.taken(whole)
    groups = _groups(kept)
    variance, two_way = _two_way(kept)
    if not variance > 1e-12:
        raise SampleError(
            f"{panel.label}, Bacon decomposition",
            expected="cities that adopt in different years, or never",
            found="nothing left of the policy after city and year effects",
            hint="choose other years or cities",
        )
    rows = [
        Comparison(kind, treated, control, estimate, weight / variance)
        for kind, treated, control, estimate, weight in _pairs(
            groups, kept.years.astype(np.float64)
        )
    ]
    return Decomposition(
        comparisons=tuple(rows),
        total=sum(one.weight * one.estimate for one in rows),
        two_way=two_way,
        cities=int(whole.sum()),
        left_out=int((~whole).sum()),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    adopted: float
    share: float
    path: Floats
    under: Floats


def _groups(panel: StaggeredPanel) -> list[_Group]:
    """Groups by year of adoption, earliest first, with their mean outcome by year."""
    adopted = np.where(panel.adopted <= panel.years[0], -np.inf, panel.adopted)
    adopted = np.where(adopted > panel.years[-1], np.inf, adopted)
    weight = panel.weights / panel.weights.sum()
    return [
        _Group(
            float(one),
            float(weight[adopted == one].sum()),
            np.average(panel.outcome[adopted == one], axis=0, weights=weight[adopted == one]),
            (panel.years >= one).astype(np.float64),
        )
        for one in np.unique(adopted)
    ]


def _pairs(groups: list[_Group], years: Floats) -> Iterator[tuple[str, float, float, float, float]]:
    """Kind, treated, control, estimate and weight times the policy's variance, for each pair."""
    for place, early in enumerate(groups):
        for late in groups[place + 1 :]:
            both = early.share + late.share
            part = early.share * late.share / both**2
            a, b = early.under.mean(), late.under.mean()
            fixed_early, fixed_late = np.isneginf(early.adopted), np.isposinf(late.adopted)
            if fixed_early and fixed_late:
                continue
            if not fixed_early:
                kind = CLEAN_NEVER if fixed_late else CLEAN_LATER
                before, after = years < early.adopted, (years >= early.adopted) & (late.under == 0)
                estimate = _double(early.path - late.path, before, after)
                weight = both**2 * part * (a - b) * (1 - a)
                yield kind, early.adopted, late.adopted, estimate, weight
            if not fixed_late:
                kind = FORBIDDEN_ALWAYS if fixed_early else FORBIDDEN_EARLIER
                before = (early.under == 1) & (years < late.adopted)
                estimate = _double(late.path - early.path, before, years >= late.adopted)
                weight = both**2 * part * b * (a - b)
                yield kind, late.adopted, early.adopted, estimate, weight


def _double(gap: Floats, before: NDArray[np.bool_], after: NDArray[np.bool_]) -> float:
    return float(gap[after].mean() - gap[before].mean())


def _two_way(panel: StaggeredPanel) -> tuple[float, float]:
    """Variance of the policy left after city and year effects, and the estimate by regression."""
    weight = (panel.weights / panel.weights.sum())[:, None]
    D, y = panel.treated.astype(np.float64), panel.outcome
    left = D - D.mean(axis=1, keepdims=True)
    left = left - (weight * left).sum(axis=0)
    variance = float((weight * left**2).sum() / D.shape[1])
    product = float((weight * left * y).sum() / D.shape[1])
    return variance, product / variance if variance > 1e-12 else float("nan")

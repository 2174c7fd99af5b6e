"""A policy that changes the slope of a treatment: by years since adoption, and by clean controls.

The outcome is a line in a treatment d; from adoption on, the policy may shift the line (an effect
on the level, told at the mean of d) and turn it (an effect on the slope: the amplification). Both
are always estimated together, with d centred, so that neither is taken for the other.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estimation.rounding import SHARE
from estimation.samples.sample import Floats
from estimation.staggered.absorbed import absorbed_slopes, rows_of
from estimation.staggered.cohorts import StaggeredPanel, cluster_sums
from estimation.staggered.effects import Effects
from estimation.staggered.imputation import Imputed, imputed, imputed_effects
from geo.errors import SampleError


@dataclass(frozen=True, slots=True, eq=False)
class SlopeStudy:
    """Changes of slope and level by years since adoption."""

    at: Floats
    """Years since adoption, ascending, shape (k,)."""
    slope: Effects
    """Change of the treatment's slope in each, k effects."""
    level: Effects
    """Change of the outcome at the mean treatment, k effects."""
    rows: int
    """City-years used."""
    used: NDArray[np.bool_]
    """Which covariates play a part, shape (p,)."""


def slope_event_study(
    panel: StaggeredPanel,
    treatment: Floats,
    *,
    window: tuple[int, int] | None = None,
    anticipation: int = 0,
) -> SlopeStudy:
    """Slopes by years since adoption, in one regression with city and year effects.

    ``y = a_city + b_year + c d + sum over e of (l_e + s_e d) 1{years since adoption = e} + X g``,
    products formed in levels; the last year before adoption is the reference. Years beyond the
    window are told together with its ends. Like two-way fixed effects it compares with adopters,
    too, and mixes cohorts whose slopes differ: :func:`clean_slope` does not.

    Parameters
    ----------
    panel : StaggeredPanel
        No city always treated; its covariates enter linearly, the treatment is not among them.
    treatment : float array, shape (N, T)
        d; NaN only where the outcome is.
    window : (int, int), optional
        First and last year since adoption with a slope of its own.
    anticipation : int

    Returns
    -------
    SlopeStudy

    Raises
    ------
    SampleError
        There is no year on one side of the reference.
    """
    rows = rows_of(panel)
    d = treatment[rows.place[:, 0], rows.place[:, 1]]
    d = d - np.average(d, weights=rows.weight)
    ends = window or (-np.inf, np.inf)
    since = np.where(np.isfinite(rows.since), np.clip(rows.since, *ends), np.nan)
    reference = -1.0 - anticipation
    at = np.unique(since[~np.isnan(since)])
    at = at[at != reference]
    where = f"{panel.label}, slope by years since adoption"
    if not (at < reference).any() or not (at >= 0).any():
        raise SampleError(
            where,
            expected="years on both sides of the last year before adoption",
            found=", ".join(f"{one:g}" for one in at) or "none",
            hint="widen the window, or choose more years",
        )
    event = (since[:, None] == at).astype(np.float64)
    D = np.column_stack([event * d[:, None], event])
    fit = absorbed_slopes(D, rows, others=np.column_stack([d, rows.X]), where=where)
    carried = cluster_sums(event, rows.cluster) > 0
    whole = Effects(fit.estimate, fit.influence, np.tile(carried, 2))
    told = np.flatnonzero(~np.isnan(fit.estimate).reshape(2, at.size).any(axis=0))
    return SlopeStudy(
        at[told], whole.taken(told), whole.taken(at.size + told), rows.y.size, fit.used[1:]
    )


@dataclass(frozen=True, slots=True, eq=False)
class CleanSlope:
    """The amplification by imputation: overall, and by years since adoption."""

    slope: Effects
    """One effect: the change of the slope under the policy."""
    level: Effects
    """One effect: the policy's average effect, at the mean treatment of city-years under it."""
    study: SlopeStudy
    """Both by years since adoption, from adoption on."""
    left_out: int
    """City-years under the policy that cannot be imputed."""


def clean_slope(
    panel: StaggeredPanel,
    treatment: Floats,
    *,
    window: tuple[int, int] | None = None,
    anticipation: int = 0,
) -> CleanSlope:
    """How the policy's effect on a city-year changes with its treatment, from untreated rows alone.

    City and year effects, the treatment's slope and covariates are fitted on city-years that are
    not under the policy (Borusyak, Jaravel and Spiess 2024); the effects imputed for the others are
    then regressed on the treatment. No city under the policy is a control. What it takes is that
    the untreated slope is the same in all cities and years.

    Parameters
    ----------
    panel, treatment, window, anticipation
        As for :func:`slope_event_study`; years after the window have no slope of their own.

    Returns
    -------
    CleanSlope

    Raises
    ------
    SampleError
        Nothing can be imputed, or the treatment does not vary among what is.
    """
    both = np.concatenate([treatment[:, :, None], panel.covariates], axis=2)
    found = imputed(_with_covariates(panel, both), anticipation=anticipation)
    rows = found.rows
    d = rows.X[:, 0]
    last = np.inf if window is None else window[1]
    after = found.under & (rows.since >= 0)
    at = [
        one
        for one in np.unique(rows.since[after & (rows.since <= last)])
        if np.unique(d[after & (rows.since == one)]).size > 1
    ]
    weights = [_slope_weights(found, d, after)]
    weights += [_slope_weights(found, d, after & (rows.since == one)) for one in at]
    shares = [_shares(found, after), *(_shares(found, after & (rows.since == one)) for one in at)]
    # A treatment that differs within a cohort and year moves effects there by its slope: that is
    # what is estimated, and no noise.
    lines = np.column_stack([float(one @ found.effect) * d for one in weights])
    effects = imputed_effects(
        found, np.column_stack([*weights, *shares]), explained=np.tile(lines, 2)
    )
    k = len(at)
    study = SlopeStudy(
        np.array(at),
        effects.taken(list(range(1, 1 + k))),
        effects.taken(list(range(k + 2, 2 * k + 2))),
        rows.y.size,
        found.used[1:],
    )
    return CleanSlope(effects.taken([0]), effects.taken([k + 1]), study, found.left_out)


def _with_covariates(panel: StaggeredPanel, covariates: Floats) -> StaggeredPanel:
    return StaggeredPanel(
        panel.outcome,
        panel.years,
        panel.adopted,
        panel.cluster,
        covariates,
        panel.weights,
        panel.label,
    )


def _shares(found: Imputed, chosen: NDArray[np.bool_]) -> Floats:
    weight = np.where(chosen, found.rows.weight, 0.0)
    return np.asarray(weight / weight.sum())


def _slope_weights(found: Imputed, d: Floats, chosen: NDArray[np.bool_]) -> Floats:
    """Weights of effects in their least squares slope on d."""
    share = _shares(found, chosen)
    centred = np.where(chosen, d - share @ d, 0.0)
    variance = float(share @ centred**2)
    if not variance > SHARE * float(np.max(d**2)):
        raise SampleError(
            "slope under the policy",
            expected="a treatment that differs among city-years under the policy",
            found="one value",
            hint="name another treatment",
        )
    return np.asarray(share * centred / variance)

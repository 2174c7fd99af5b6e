"""A policy adopted in different years: what the estimators made for it say of a design."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from estimation.designs import Design, design_label
from estimation.parts.adoption_checks import (
    honest_rows,
    power_rows,
    pre_trend_rows,
    with_errors,
)
from estimation.parts.adoption_notes import limits
from estimation.parts.adoption_rows import About, check_row, curve_rows, estimate_rows
from estimation.parts.linear_part import LinearSetting
from estimation.parts.part import Told
from estimation.results import Check, CurvePoint, Estimate
from estimation.samples.adoption import adopted_in
from estimation.samples.sample import Floats, Integers, Sample
from estimation.staggered.averages import averages
from estimation.staggered.bacon import FORBIDDEN, TYPES, bacon_decomposition
from estimation.staggered.cohorts import StaggeredPanel, staggered_panel, with_clean_start
from estimation.staggered.effects import Effects
from estimation.staggered.group_time import GroupTime, group_time
from estimation.staggered.imputation import imputation
from estimation.staggered.keys import Adoption
from estimation.staggered.sun_abraham import EventStudy, sun_abraham
from estimation.vocabulary import LINEAR
from geo.errors import SampleError


@dataclass(frozen=True, slots=True)
class StaggeredAdoption:
    """Effects of a policy on the outcome's level."""

    adoption: Adoption
    """What the design says of it."""
    name: ClassVar[str] = "staggered_adoption"

    def tell(self, setting: LinearSetting) -> Told:
        """Bacon's decomposition, then each estimator with its event study, checks and bounds.

        Raises
        ------
        SampleError
            Years of adoption or the policy cannot be used at all.
        """
        panel = panel_of(setting.sample, setting.design, self.adoption)
        told = [_bacon(setting.design, panel)]
        clean, left_out = with_clean_start(panel, anticipation=self.adoption.anticipation)
        told.append(Told(notes=limits(setting.sample, setting.design, panel, clean, left_out)))
        for estimator in self.adoption.estimators:
            try:
                told.append(_ESTIMATORS[estimator](setting.design, self.adoption, clean))
            except SampleError as error:
                where = f"{design_label(setting.design)}: {estimator} not told"
                told.append(Told(notes=(f"{where}: {error}",)))
        return together(told)


def panel_of(sample: Sample, design: Design, adoption: Adoption) -> StaggeredPanel:
    """A design's sample as a matrix of cities and years.

    Parameters
    ----------
    sample : Sample
    design : Design
    adoption : Adoption

    Returns
    -------
    StaggeredPanel
        Clustered as the design says where that is one way in which no city changes its cluster;
        else by city.

    Raises
    ------
    SampleError
        See :func:`estimation.samples.adoption.adopted_in`.
    """
    X = [column_of(sample, design, name) for name in adoption.covariates]
    cluster = sample.groupings[:, 0] if len(sample.grouping_names) == 1 else sample.city
    several = np.unique(np.column_stack([sample.city, cluster]), axis=0)
    return staggered_panel(
        sample.outcome,
        sample.city,
        sample.year,
        adopted_in(sample, design),
        cluster=cluster if len(several) == len(sample.cities) else sample.city,
        covariates=np.column_stack(X) if X else None,
        label=design_label(design),
    )


def column_of(sample: Sample, design: Design, name: str) -> Floats:
    """A column of the sample, whatever its part in the design."""
    return sample.treatment if name == design.treatment else sample.column(name)


def about(
    design: Design,
    variant: str,
    panel: StaggeredPanel,
    rows: int,
    note: str = "",
    covariates: tuple[str, ...] = (),
) -> About:
    """What the rows of an estimator share."""
    by_city = int(panel.cluster.max()) + 1 == len(panel.cluster)
    se_type = "city" if by_city else design.cluster[0]
    return About(design, variant, rows, se_type, note, covariates)


def with_part(names: tuple[str, ...], used: NDArray[np.bool_]) -> tuple[str, ...]:
    """Covariates that play a part in an estimator."""
    return tuple(name for name, one in zip(names, used, strict=True) if one)


def without_part(
    design: Design, variant: str, names: tuple[str, ...], used: NDArray[np.bool_]
) -> tuple[str, ...]:
    """A note on covariates that play none."""
    idle = with_part(names, ~used)
    if not idle:
        return ()
    why = "city and year effects, or other covariates, determine what enters"
    return (f"{design_label(design)}: {variant}: no part of {', '.join(idle)}: {why}",)


def _unused(design: Design, variant: str, panel: StaggeredPanel, cities: int) -> tuple[str, ...]:
    """A note on cities that an estimator has no use for."""
    gone = len(panel.adopted) - cities
    if not gone:
        return ()
    why = "no row to compare with another one"
    noun = "city has" if gone == 1 else "cities have"
    return (f"{design_label(design)}: {variant}: {gone} {noun} no part: {why}",)


def together(told: list[Told]) -> Told:
    """What several have to tell, in order."""
    return Told(
        estimates=tuple(row for one in told for row in one.estimates),
        checks=tuple(row for one in told for row in one.checks),
        curves=tuple(row for one in told for row in one.curves),
        notes=tuple(note for one in told for note in one.notes),
    )


def inside(at: Floats, window: tuple[int, int] | None) -> Integers:
    """Places of the years since adoption that are told."""
    low, high = window or (-np.inf, np.inf)
    return np.flatnonzero((at >= low) & (at <= high)).astype(np.int64)


def _bacon(design: Design, panel: StaggeredPanel) -> Told:
    shared = about(design, LINEAR, panel, int(panel.there.sum()))
    label = design_label(design)
    try:
        found = bacon_decomposition(panel)
    except SampleError as error:
        return Told(notes=(f"{label}: Bacon decomposition not told: {error}",))
    rows: list[Check] = []
    for kind in TYPES:
        weight, estimate = found.of_kind(kind)
        if weight > 0:
            note = "share of these comparisons; reference is their average estimate"
            if kind in FORBIDDEN:
                note += "; forbidden: the controls are under the policy already"
            rows.append(check_row(shared, "bacon", kind, "weight", weight, reference=estimate,
                                  note=note))  # fmt: skip
    rows.append(
        check_row(
            shared,
            "bacon",
            "forbidden comparisons",
            "share of all weight",
            found.forbidden,
            note="comparisons with cities under the policy already: right only where effects "
            "never change once they are there",
        )
    )
    rows.append(
        check_row(
            shared,
            "bacon",
            "all comparisons",
            "weighted sum",
            found.total,
            reference=found.two_way,
            note=f"reference is two-way fixed effects of the policy alone on the {found.cities} "
            "cities with every year, which it decomposes exactly",
        )
    )
    notes = []
    if found.left_out:
        notes.append(
            f"{label}: Bacon decomposition of the {found.cities} cities with every year: "
            f"{found.left_out} have gaps"
        )
    return Told(checks=tuple(rows), notes=tuple(notes))


def _callaway_santanna(design: Design, adoption: Adoption, panel: StaggeredPanel) -> Told:
    cells = group_time(
        panel,
        control=adoption.control,
        anticipation=adoption.anticipation,
        method=adoption.method,
    )
    note = f"compared with cities {adoption.control.replace('_', ' ')}"
    if adoption.covariates:
        note += f"; {adoption.method.replace('_', ' ')}"
    variant = "callaway_santanna"
    shared = about(design, variant, panel, cells.rows, note, adoption.covariates)
    name = design.treatment
    simple, dynamic = averages(cells, "simple"), averages(cells, "dynamic", window=adoption.window)
    group, calendar = averages(cells, "group"), averages(cells, "calendar")
    rows: list[Estimate] = [
        *estimate_rows(shared, simple.overall, part="att", terms=[name]),
        *estimate_rows(shared, dynamic.overall, part="att_dynamic", terms=[name]),
        *estimate_rows(shared, group.overall, part="att_group", terms=[name]),
        *estimate_rows(shared, calendar.overall, part="att_calendar", terms=[name]),
        *estimate_rows(
            shared, group.by, part="group", terms=[f"{name}, cohort {one:g}" for one in group.at]
        ),
        *estimate_rows(
            shared, calendar.by, part="calendar", terms=[f"{name}, {one:g}" for one in calendar.at]
        ),
    ]
    reference = -1.0 - adoption.anticipation
    # The year of reference is on the curve, and nothing to test.
    study = _study(
        shared, dynamic.by, dynamic.at, reference=reference, honest=True, nought=reference
    )
    untold = (*_untold(design, cells), *_unused(design, variant, panel, cells.cities))
    return together([Told(estimates=tuple(rows)), study, Told(notes=untold)])


def _untold(design: Design, cells: GroupTime) -> tuple[str, ...]:
    if not cells.untold:
        return ()
    first = "; ".join(cells.untold[:3])
    more = f" and {len(cells.untold) - 3} more" if len(cells.untold) > 3 else ""
    return (f"{design_label(design)}: callaway_santanna: not told: {first}{more}",)


def _sun_abraham(design: Design, adoption: Adoption, panel: StaggeredPanel) -> Told:
    found = sun_abraham(panel, anticipation=adoption.anticipation)
    return _event_study(design, adoption, panel, "sun_abraham", found)


def _imputation(design: Design, adoption: Adoption, panel: StaggeredPanel) -> Told:
    leads = 5 if adoption.window is None else max(-adoption.window[0] - adoption.anticipation, 0)
    found = imputation(panel, anticipation=adoption.anticipation, leads=leads)
    return _event_study(design, adoption, panel, "imputation", found)


def _said(design: Design, variant: str, notes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{design_label(design)}: {variant}: {note}" for note in notes)


def _event_study(
    design: Design, adoption: Adoption, panel: StaggeredPanel, variant: str, found: EventStudy
) -> Told:
    covariates = with_part(adoption.covariates, found.used)
    shared = about(design, variant, panel, found.rows, covariates=covariates)
    rows = estimate_rows(shared, found.overall, part="att", terms=[design.treatment])
    places = inside(found.at, adoption.window)
    honest = variant == "sun_abraham" and "callaway_santanna" not in adoption.estimators
    # Leads of the imputation estimator are of another regression, with another reference.
    reference = (
        float(found.reference[0]) if variant != "imputation" else 0.0 - adoption.anticipation
    )
    by, at = found.by.taken(places), found.at[places]
    study = _study(shared, by, at, reference=reference, honest=honest)
    notes = (
        *_said(design, variant, found.notes),
        *_unused(design, variant, panel, found.cities),
        *without_part(design, variant, adoption.covariates, found.used),
    )
    return together([Told(estimates=tuple(rows)), study, Told(notes=notes)])


def _study(
    about_it: About,
    by: Effects,
    at: Floats,
    *,
    reference: float,
    honest: bool,
    nought: float = np.nan,
) -> Told:
    """An event study: rows, curve, test of pre-trends (years before the reference).

    Power and honest bounds are told of one estimator, whose effects all have one base year: those
    of Sun and Abraham are the same without covariates, and imputation's leads another regression.
    Years up to the first without a standard error are theirs. The year ``nought``, if it is told,
    has no effect by construction: the curve alone shows it.
    """
    name = about_it.design.treatment
    curve: tuple[CurvePoint, ...] = curve_rows(about_it, by, at, curve="event_study")
    places = np.flatnonzero(at != nought)
    by, at = by.taken(places), at[places]
    terms = [f"{name}, {one:+g} years" for one in at]
    rows, notes = pre_trend_rows(about_it, by, at, reference=reference)
    if honest:
        firm, years, without = with_errors(by, at, reference=reference)
        bounds, why = honest_rows(about_it, firm, years, reference=reference)
        rows += [*power_rows(about_it, firm, years, reference=reference), *bounds]
        notes += [*_narrowed(about_it, without), *why]
    return Told(
        estimates=tuple(estimate_rows(about_it, by, part="event_study", terms=terms)),
        checks=tuple(rows),
        curves=curve,
        notes=tuple(notes),
    )


def _narrowed(about_it: About, without: tuple[float, ...]) -> list[str]:
    if not without:
        return []
    label = f"{design_label(about_it.design)}: {about_it.variant}"
    years = ", ".join(f"{one:+g}" for one in without)
    why = "one there, or nearer to adoption, has no standard error"
    return [f"{label}: power of the pre-trend test and honest bounds without years {years}: {why}"]


_ESTIMATORS = {
    "callaway_santanna": _callaway_santanna,
    "sun_abraham": _sun_abraham,
    "imputation": _imputation,
}

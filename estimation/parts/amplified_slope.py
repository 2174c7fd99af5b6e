"""A policy that amplifies the slope of a treatment: what its adoption says of a design."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from estimation.designs import Design, design_label
from estimation.linear.other_terms import with_terms
from estimation.linear.rows import linear_estimate, linear_rows
from estimation.parts.adoption import (
    about,
    inside,
    panel_of,
    together,
    with_part,
    without_part,
)
from estimation.parts.adoption_checks import power_rows, pre_trend_rows, with_errors
from estimation.parts.adoption_rows import curve_rows, estimate_rows
from estimation.parts.linear_part import LinearSetting
from estimation.parts.part import Told
from estimation.problems.terms import treatment_terms
from estimation.samples.adoption import policy_name
from estimation.samples.sample import Floats, Sample
from estimation.staggered.cohorts import StaggeredPanel, with_clean_start
from estimation.staggered.imputation import NOT_IMPUTED
from estimation.staggered.keys import Adoption
from estimation.staggered.slopes import SlopeStudy, clean_slope, slope_event_study
from estimation.vocabulary import LINEAR
from geo.errors import SampleError

LEVEL_NOTE = (
    "effect of the policy on the LEVEL, at the mean of the treatment: not the amplification"
)
SLOPE_NOTE = "change of the treatment's SLOPE under the policy: the amplification"


@dataclass(frozen=True, slots=True)
class AmplifiedSlope:
    """Effects of a policy on the slope of a treatment, told apart from those on the level."""

    adoption: Adoption
    """What the design says of it."""
    name: ClassVar[str] = "amplified_slope"

    def tell(self, setting: LinearSetting) -> Told:
        """Two-way fixed effects of treatment, policy and product; slopes by years since adoption.

        Raises
        ------
        SampleError
            Years of adoption or the policy cannot be used, or nothing is left of the product.
        """
        design, sample = setting.design, setting.sample
        panel = panel_of(sample, design, self.adoption)
        clean, left_out = with_clean_start(panel, anticipation=self.adoption.anticipation)
        told = [_two_way(sample, design, panel)]
        label = design_label(design)
        told.append(Told(notes=(f"{label}: {_apart(design)}",)))
        if left_out.always_treated:
            note = (
                f"{left_out.always_treated} always treated cities left out of slopes by years "
                "since adoption"
            )
            told.append(Told(notes=(f"{label}: {note}",)))
        kept = ~(panel.adopted <= panel.years[np.argmax(panel.there, axis=1)])
        d = _matrix(sample.treatment, sample, panel)[kept]
        others = list(_covariates(design)[len(self.adoption.covariates) :])
        columns = [*(sample.column(one) for one in others), *_slopes(sample, design)]
        matrices = [_matrix(one, sample, panel)[kept] for one in columns]
        clean = _with_controls(clean, matrices)
        for one in (_by_years, _clean):
            try:
                told.append(one(design, self.adoption, clean, d))
            except SampleError as error:
                told.append(Told(notes=(f"{label}: amplification not told: {error}",)))
        return together(told)


def _covariates(design: Design) -> tuple[str, ...]:
    """Columns beside the treatment: those that adoption names, and the design's controls."""
    named = () if design.adoption is None else design.adoption.covariates
    return (*named, *(one for one in design.controls if one not in named))


def _apart(design: Design) -> str:
    policy = policy_name(design)
    return (
        f"'{design.treatment} x {policy}' (part amplification) is the change of the slope of "
        f"{design.treatment} under the policy; '{policy}' (part level) is a shift of the outcome "
        f"at the mean of {design.treatment}: the two are different effects"
    )


def _two_way(sample: Sample, design: Design, panel: StaggeredPanel) -> Told:
    """Two-way fixed effects of treatment, policy and their product, formed in levels."""
    policy = policy_name(design)
    product = f"{design.treatment} x {policy}"
    under = panel.treated[sample.city, np.searchsorted(panel.years, sample.year)].astype(np.float64)
    turned = (sample.treatment - sample.treatment.mean()) * under
    own = replace(
        sample,
        others=np.column_stack([sample.others, under, turned]),
        other_names=(
            *("" if one == policy else one for one in sample.other_names),
            policy,
            product,
        ),
    )
    fit = linear_estimate(own, with_terms(design, (design.treatment, policy, product)))
    parts = {
        design.treatment: ("slope", "slope of the treatment without the policy"),
        policy: ("level", LEVEL_NOTE),
        product: ("amplification", SLOPE_NOTE),
    }
    rows = []
    for row in linear_rows(fit):
        if row.term not in parts:  # slopes by labels, which the design's own rows tell
            continue
        part, note = parts[row.term]
        rows.append(replace(row, part=part, note=f"{note}; {row.note}"))
    return Told(estimates=tuple(rows))


def _slopes(sample: Sample, design: Design) -> list[Floats]:
    """How the treatment's slope differs by labels whether or not the policy is there, (n,) each."""
    terms = treatment_terms(sample, design)
    return [terms.levels[:, terms.names.index(name)] for name in terms.slopes]


def _matrix(column: Floats, sample: Sample, panel: StaggeredPanel) -> Floats:
    """A column of the sample as a matrix of cities and years."""
    matrix = np.full(panel.outcome.shape, np.nan)
    at = np.searchsorted(panel.years, sample.year)
    matrix[sample.city, at] = column
    return matrix


def _with_controls(clean: StaggeredPanel, columns: list[Floats]) -> StaggeredPanel:
    """The panel with further covariates, a matrix of cities and years each."""
    if not columns:
        return clean
    more = np.stack(columns, axis=2)
    return replace(clean, covariates=np.concatenate([clean.covariates, more], axis=2))


def _by_years(design: Design, adoption: Adoption, panel: StaggeredPanel, d: Floats) -> Told:
    """The slope by years since adoption, and the test that it did not move before."""
    found = slope_event_study(panel, d, window=adoption.window, anticipation=adoption.anticipation)
    shared = about(design, LINEAR, panel, found.rows)
    reference = -1.0 - adoption.anticipation
    rows, notes = pre_trend_rows(
        shared, found.slope, found.at, reference=reference, check="slope_pre_trend"
    )
    firm, years, _ = with_errors(found.slope, found.at, reference=reference)
    rows += power_rows(shared, firm, years, reference=reference, check="slope_pre_trend")
    level, more = pre_trend_rows(
        shared, found.level, found.at, reference=reference, check="level_pre_trend"
    )
    told = _points(design, adoption, panel, LINEAR, found)
    return together([told, Told(checks=(*rows, *level), notes=(*notes, *more))])


def _clean(design: Design, adoption: Adoption, panel: StaggeredPanel, d: Floats) -> Told:
    """The amplification where no city under the policy is a control."""
    found = clean_slope(panel, d, window=adoption.window, anticipation=adoption.anticipation)
    policy = policy_name(design)
    names = _covariates(design)
    own = found.study.used[: len(names)]  # behind them stand slopes by labels
    used = with_part(names, own)
    shared = about(design, "imputation", panel, found.study.rows, SLOPE_NOTE, used)
    rows = [
        *estimate_rows(
            shared, found.slope, part="amplification", terms=[f"{design.treatment} x {policy}"]
        ),
        *estimate_rows(
            replace(
                shared,
                note="effect of the policy on the LEVEL, at the mean treatment of city-years under "
                "it: not the amplification",
            ),
            found.level,
            part="level",
            terms=[policy],
        ),
    ]
    notes = without_part(design, "imputation", names, own)
    if found.left_out:
        notes += (f"{design_label(design)}: imputation: {found.left_out} {NOT_IMPUTED}",)
    points = _points(design, adoption, panel, "imputation", found.study)
    return together([Told(estimates=tuple(rows), notes=notes), points])


def _points(
    design: Design, adoption: Adoption, panel: StaggeredPanel, variant: str, study: SlopeStudy
) -> Told:
    """Slopes by years since adoption as rows and a curve."""
    places = inside(study.at, adoption.window)
    slope, at = study.slope.taken(places), study.at[places]
    names = _covariates(design)
    used = with_part(names, study.used[: len(names)])
    shared = about(design, variant, panel, study.rows, SLOPE_NOTE, used)
    product = f"{design.treatment} x {policy_name(design)}"
    return Told(
        estimates=tuple(
            estimate_rows(
                shared,
                slope,
                part="event_study",
                terms=[f"{product}, {one:+g} years" for one in at],
            )
        ),
        curves=curve_rows(shared, slope, at, curve="slope_event_study"),
    )

"""A design ready to be fitted: its samples, its variants, its linear fit, all checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from estimation.cross_fitting import Inquiry
from estimation.designs import Design, design_label
from estimation.heterogeneity.moderator import check_moderator
from estimation.heterogeneity.slopes import check_labels
from estimation.inference.few_clusters import are_few
from estimation.instruments.copies import check_no_copies
from estimation.instruments.keys import instruments_of
from estimation.learning.learner_spec import LearnerSpec, learner_spec
from estimation.learning.learners import check_learner
from estimation.linear.group_model import check_groups_told
from estimation.linear.rows import LinearEstimate, linear_estimate, linear_warnings
from estimation.mediation.sample import linear_products
from estimation.parts.group_answers import group_work
from estimation.parts.part import Setting
from estimation.problems.moving import CARRIED, check_moving, moving_clusters
from estimation.problems.problem import Problem, pose
from estimation.problems.terms import treatment_terms
from estimation.problems.transforms import TRANSFORMS
from estimation.samples.adoption import adopted_in
from estimation.samples.rules import STAGE
from estimation.samples.sample import Sample, build_sample, check_size, fixed_in_time, moves_within
from estimation.samples.subsamples import sample_of_variant
from estimation.vocabulary import DICTIONARIES, LINEAR, LINEAR_LEARNERS, OWN_LEARNERS, VARIANTS
from geo.audit import AuditRow
from geo.errors import SampleError

NEEDS_CONTROLS = tuple(name for name in TRANSFORMS if name != "faithful")
"""Variants in which nothing but years is left to learn without controls."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A design ready to be fitted."""

    design: Design
    """The design."""
    settings: Mapping[str, Setting]
    """Each variant that learns."""
    linear: LinearEstimate | None
    """Linear two-way fixed effects; None where they are not wanted, or a note says why."""
    notes: tuple[str, ...]
    """What is not run, and where clusters are few."""
    audit: tuple[AuditRow, ...]
    """What was left out."""


def plan_design(panel: pd.DataFrame, design: Design, *, beside: bool = True) -> Plan:
    """Samples, transforms and linear fit of a design.

    Parameters
    ----------
    panel : pandas.DataFrame
        One row for every city and year; it is not changed.
    design : Design
    beside : bool
        Whether linear fixed effects are made for designs that do not name them, too.

    Returns
    -------
    Plan

    Raises
    ------
    DesignError, SampleError, DomainError, DuplicateCityYearError
        See :func:`estimation.samples.sample.build_sample`; or a variant has too little to work
        with.
    """
    if design.learner is not None:
        check_learner(learner_spec(design.learner, dict(design.settings)))
    whole = build_sample(panel, design)
    wanted = [variant for variant in VARIANTS if variant in design.variants]
    ways = dict.fromkeys(name == "faithful" for name in wanted)
    samples = {way: _sample(whole, design, faithful=way) for way in ways}
    if False in samples and "city" in design.absorbed:
        _refuse_fixed(samples[False], design, wanted)
    if design.groups is not None and LINEAR in wanted:
        check_groups_told(samples[False], design, design.groups)
    learned = [name for name in wanted if name in TRANSFORMS]
    run = [name for name in learned if design.controls or name not in NEEDS_CONTROLS]
    settings = {name: _setting(samples[name == "faithful"], design, name) for name in run}
    linear, why_not = None, ""
    if False not in samples and beside:
        linear, why_not = _beside_the_papers(whole, design, samples)
    elif beside or LINEAR in wanted:
        linear = linear_estimate(samples[False], design)
    if linear is not None and design.mediators is not None:
        linear_products(linear.sample, design)
    lost = [row for setting in settings.values() for row in _lost(setting)]
    said = dict.fromkeys(row for sample in samples.values() for row in sample.audit)
    left_out = [name for name in learned if name not in run]
    return Plan(
        design=design,
        settings=settings,
        linear=linear,
        notes=(
            *_notes(design, left_out=left_out, why_not=why_not),
            *_few_clusters(samples[min(samples)]),
            *(() if linear is None else linear_warnings(linear)),
        ),
        audit=(*said, *lost),
    )


def _sample(whole: Sample, design: Design, *, faithful: bool) -> Sample:
    sample = sample_of_variant(whole, design, faithful=faithful)
    if design.adoption is not None:
        adopted_in(sample, design)  # what cannot be a year of adoption, or a policy, ends the run
    check_size(sample, design)
    check_labels(sample, design)
    check_no_copies(sample, design)
    return sample


def _beside_the_papers(
    whole: Sample, design: Design, samples: dict[bool, Sample]
) -> tuple[LinearEstimate | None, str]:
    """Linear fixed effects where nothing that was asked for needs their sample, or why not."""
    try:
        sample = _sample(whole, design, faithful=False)
        fixed = fixed_in_time(sample, design)
        if fixed:
            return None, f"{', '.join(fixed)} constant within every city"
        linear = linear_estimate(sample, design)
    except SampleError as error:
        return None, f"expected {error.expected}, found {error.found}"
    samples[False] = sample
    return linear, ""


def learner_of(design: Design, variant: str) -> LearnerSpec:
    """The learner of a variant: its own where none is named; a dictionary is for linear ones only.

    Returns
    -------
    LearnerSpec
    """
    unfit = variant in DICTIONARIES and design.learner not in LINEAR_LEARNERS
    if design.learner is None or unfit:
        return learner_spec(OWN_LEARNERS[variant])
    return learner_spec(design.learner, dict(design.settings))


def _setting(sample: Sample, design: Design, variant: str) -> Setting:
    check_moderator(sample, design)
    transformed = TRANSFORMS[variant](sample)
    where = f"{design_label(design)}, {variant}"
    problem = pose(sample, transformed, treatment_terms(sample, design), design, where=where)
    _check_cities(design, problem)
    if variant != "faithful":
        _check_moves(sample, design, problem)
    check_moving(
        moving_clusters(problem, sample.year[problem.rows], in_levels=variant == "faithful"),
        [f"column '{name}'" for name in problem.terms.names],
        where=where,
        hint=CARRIED,
    )
    setting = Setting(
        design=design,
        variant=variant,
        sample=sample,
        transformed=transformed,
        main=Inquiry(
            problem=problem,
            learner=learner_of(design, variant),
            folds=design.folds,
            repetitions=1 if variant == "faithful" else design.repetitions,
            seed=design.seed,
            by_city=variant != "faithful",
        ),
    )
    if design.groups is not None:
        group_work(setting, design.groups).clusters()
    return setting


def _refuse_fixed(sample: Sample, design: Design, wanted: Sequence[str]) -> None:
    fixed = fixed_in_time(sample, design)
    others = [variant for variant in wanted if variant != "faithful"]
    if fixed:
        raise SampleError(
            f"{sample.label}, column '{fixed[0]}'",
            expected=f"a treatment that changes within some city (for {', '.join(others)})",
            found="the same value in every year of each city",
            hint="name another treatment or only the variant 'faithful'",
        )


def _check_cities(design: Design, problem: Problem) -> None:
    cities = np.unique(problem.clusters).size
    if cities < design.folds:
        raise SampleError(
            problem.where,
            expected=f"at least as many cities as folds ({design.folds})",
            found=f"{cities} cities with usable rows",
            hint="use fewer folds, or leave the variant out",
        )


def _check_moves(sample: Sample, design: Design, problem: Problem) -> None:
    """Refuse a term or instrument of which the transform leaves nothing but rounding."""
    names, levels_of, changes = list(problem.terms.names), [*problem.terms.levels.T], [*problem.D.T]
    if problem.Z is not None:
        (instrument,) = instruments_of(design)
        names.append(instrument)
        levels_of.append(sample.column(instrument))
        changes.append(problem.Z[:, 0])
    for name, levels, changed in zip(names, levels_of, changes, strict=True):
        smallest = 1e-12 * np.abs(levels).max()
        if np.ptp(changed) <= smallest or not moves_within(sample.city, levels):
            raise SampleError(
                f"{problem.where}, column '{name}'",
                expected="a column that changes within cities",
                found="no change after the transform",
                hint="name another column or leave the variant out",
            )


def _lost(setting: Setting) -> tuple[AuditRow, ...]:
    """What a transform could not use."""
    where, data = setting.main.problem.where, setting.transformed
    rows = []
    if data.gaps:
        detail = f"{data.gaps} gaps of more than a year are not bridged"
        rows.append(AuditRow(STAGE, "gaps_not_bridged", where, detail, data.gaps))
    if data.lost_cities:
        detail = f"{data.lost_cities} cities have too few years for this variant"
        rows.append(AuditRow(STAGE, "cities_without_rows", where, detail, data.lost_cities))
    return tuple(rows)


def _notes(design: Design, *, left_out: Sequence[str], why_not: str) -> tuple[str, ...]:
    label = design_label(design)
    notes = []
    if left_out:
        notes.append(
            f"{label}: {', '.join(left_out)} not run: without controls nothing is left to learn "
            "but years; linear two-way fixed effects is shown instead"
        )
    if design.slopes:
        notes.append(
            f"{label}: slopes of {design.treatment} differ by {', '.join(design.slopes)}; its own "
            "row is their average over the rows of the sample"
        )
    if why_not:
        notes.append(f"{label}: linear two-way fixed effects not shown: {why_not}")
    return tuple(notes)


def _few_clusters(sample: Sample) -> tuple[str, ...]:
    """A note for each way to cluster that has few clusters."""
    counts = [np.unique(column).size for column in sample.groupings.T]
    return tuple(
        f"{sample.label}: {count} clusters ({name}) are few for clustered standard errors"
        for name, count in zip(sample.grouping_names, counts, strict=True)
        if are_few(count)
    )

"""A design ready to be fitted: its samples, its variants, its linear fit, all checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from estimation.cross_fitting import Inquiry
from estimation.designs import Design, design_label
from estimation.fixed_effects import LinearFit, two_way_fixed_effects
from estimation.heterogeneity.moderator import check_moderator
from estimation.learner_spec import LearnerSpec, learner_spec
from estimation.parts.part import Setting
from estimation.problem import Problem, pose
from estimation.recommended import recommendation
from estimation.sample import Sample, build_sample, check_size, varies_within_city
from estimation.sample_rules import STAGE
from estimation.subsamples import sample_of_variant
from estimation.terms import treatment_terms
from estimation.transforms import TRANSFORMS
from estimation.vocabulary import DICTIONARIES, LINEAR, LINEAR_LEARNERS, VARIANTS
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
    linear: LinearFit | None
    """Linear two-way fixed effects; None where the treatment is constant within cities."""
    notes: tuple[str, ...]
    """What is not run, and what is provisional."""
    audit: tuple[AuditRow, ...]
    """What was left out."""


def plan_design(panel: pd.DataFrame, design: Design) -> Plan:
    """Samples, transforms and linear fit of a design.

    Parameters
    ----------
    panel : pandas.DataFrame
        One row for every city and year; it is not changed.
    design : Design

    Returns
    -------
    Plan

    Raises
    ------
    DesignError, SampleError, DomainError, DuplicateCityYearError
        See :func:`estimation.sample.build_sample`; or a variant has too little to work with.
    """
    whole = build_sample(panel, design)
    samples = {
        faithful: sample_of_variant(whole, design, faithful=faithful) for faithful in (True, False)
    }
    for sample in samples.values():
        check_size(sample, design)
    wanted = [variant for variant in VARIANTS if variant in design.variants]
    varies = varies_within_city(samples[False])
    if not varies:
        _refuse_constant(samples[False], design, wanted)
    learned = [name for name in wanted if name in TRANSFORMS]
    run = [name for name in learned if design.controls or name not in NEEDS_CONTROLS]
    settings = {name: _setting(samples[name == "faithful"], design, name) for name in run}
    lost = [row for setting in settings.values() for row in _lost(setting)]
    said = dict.fromkeys(row for sample in samples.values() for row in sample.audit)
    return Plan(
        design=design,
        settings=settings,
        linear=two_way_fixed_effects(samples[False]) if varies else None,
        notes=_notes(design, left_out=[name for name in learned if name not in run], varies=varies),
        audit=(*said, *lost),
    )


def learner_of(design: Design, variant: str) -> LearnerSpec:
    """The learner of a variant: a dictionary is for linear learners, lasso unless another is named.

    Returns
    -------
    LearnerSpec
    """
    if variant in DICTIONARIES and design.learner not in LINEAR_LEARNERS:
        return learner_spec("lasso")
    return learner_spec(design.learner, dict(design.settings))


def _setting(sample: Sample, design: Design, variant: str) -> Setting:
    check_moderator(sample, design)
    transformed = TRANSFORMS[variant](sample)
    where = f"{design_label(design)}, {variant}"
    problem = pose(sample, transformed, treatment_terms(sample, design), design, where=where)
    _check_problem(design, problem)
    return Setting(
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


def _refuse_constant(sample: Sample, design: Design, wanted: Sequence[str]) -> None:
    others = [variant for variant in wanted if variant != "faithful"]
    if others:
        raise SampleError(
            f"{sample.label}, column '{design.treatment}'",
            expected=f"a treatment that changes within some city (for {', '.join(others)})",
            found="the same value in every year of each city",
            hint="name another treatment or only the variant 'faithful'",
        )


def _check_problem(design: Design, problem: Problem) -> None:
    cities = np.unique(problem.clusters).size
    if cities < design.folds:
        raise SampleError(
            problem.where,
            expected=f"at least as many cities as folds ({design.folds})",
            found=f"{cities} cities with usable rows",
            hint="use fewer folds, or leave the variant out",
        )
    for name, column in zip(problem.terms.names, problem.D.T, strict=True):
        if not np.ptp(column) > 0:
            raise SampleError(
                f"{problem.where}, column '{name}'",
                expected="a treatment that varies",
                found="none after the transform",
                hint="name another treatment or leave the variant out",
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


def _notes(design: Design, *, left_out: Sequence[str], varies: bool) -> tuple[str, ...]:
    label = design_label(design)
    notes = []
    if left_out:
        notes.append(
            f"{label}: {', '.join(left_out)} not run: without controls nothing is left to learn "
            "but years; linear two-way fixed effects is shown instead"
        )
    notes += [
        f"{label}: {variant} is provisionally recommended, until the simulation protocol has decided"
        for variant in design.variants
        if recommendation(variant) == "provisional" and variant not in left_out
    ]
    if not varies:
        notes.append(
            f"{label}: linear two-way fixed effects not shown: the treatment is constant within "
            "every city"
        )
    return tuple(notes)
